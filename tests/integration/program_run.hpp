// Short runs with programs of the user's, their results, and what is left of the programs.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "program.hpp"

namespace asyncbench::test {

class ProgramTest : public ::testing::Test {
 protected:
  // A short run of the work with its result.
  Ended run(std::vector<std::string> more, std::vector<std::string> work) {
    std::vector<std::string> arguments = std::move(work);
    for (const char* const word : {"--connections", "4", "--duration", "200ms", "--warmup", "50ms",
                                   "--trials", "1", "--cpu-idle", "default", "--force", "--out"}) {
      arguments.emplace_back(word);
    }
    arguments.push_back(out_);
    arguments.insert(arguments.end(), more.begin(), more.end());
    return run_program(std::move(arguments), {.folder = folder_.path()});
  }

  std::string file_with(const std::string& name, const std::string& text) {
    const std::filesystem::path path = folder_.path() / name;
    std::ofstream(path) << text;
    return path;
  }

  nlohmann::json result() const {
    std::ifstream in(out_);
    return nlohmann::json::parse(in);
  }

  nlohmann::json only_trial() const {
    const nlohmann::json whole = result();
    for (const nlohmann::json& trial : whole.at("cells").at(0).at("trials")) {
      if (trial.at("kind") == "timed") return trial;
    }
    return {};
  }

  static std::int64_t cpu_ns_of(const nlohmann::json& trial) {
    const nlohmann::json& subject = trial.at("subject");
    return subject.at("cpu_user_ns").get<std::int64_t>() +
           subject.at("cpu_system_ns").get<std::int64_t>();
  }

  // The test's programs and their orphans: their command lines name the test's folder.
  int programs_left() const {
    int left = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc")) {
      std::ifstream in(entry.path() / "cmdline");
      const std::string line((std::istreambuf_iterator<char>(in)), {});
      // asyncbench itself has the folder on its command line, too.
      const bool is_python = line.substr(0, line.find('\0')).find("python") != line.npos;
      left += is_python && line.find(folder_.path().string()) != line.npos ? 1 : 0;
    }
    return left;
  }

  void wait_for_programs(int wanted) const {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (programs_left() < wanted && std::chrono::steady_clock::now() < limit) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    ASSERT_GE(programs_left(), wanted);
  }

  ScratchFolder folder_;
  std::string out_ = folder_.path() / "r.json";
};

}  // namespace asyncbench::test
