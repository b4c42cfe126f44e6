// Who may include whom. CMake's include roots make it so for the harness's own headers; this reads
// the sources, so that a relative path or a wider include root cannot go round them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace asyncbench {
namespace {

namespace fs = std::filesystem;
using ::testing::IsEmpty;

// The parts of the harness that each part may include, beside what those may include.
const std::map<std::string, std::set<std::string>> kUses = {
    {"core", {}},
    {"http", {"core"}},
    {"load", {"core"}},
    {"measure", {"core"}},
    {"workloads", {"http", "load", "measure"}},
    {"programs", {"workloads"}},
    {"result", {"measure"}},
    {"run", {"programs", "result"}},
    {"analyze", {"result"}},
    {"report", {"analyze"}},
    {"cli", {"run", "report"}},
};

bool may_use(const std::string& part, const std::string& other) {
  if (part == other) return true;
  return std::ranges::any_of(kUses.at(part),
                             [&](const std::string& used) { return may_use(used, other); });
}

struct Include {
  fs::path file;      // from the project's folder: harness/run/plan.cpp
  fs::path included;  // as written: run/plan.hpp
};

std::string part_of(const fs::path& path, int depth) {
  return (path.begin() == path.end()) ? "" : std::next(path.begin(), depth)->string();
}

// A strategy's folder holds its own headers, included without a folder, and sees core; http too
// where it brings its own HTTP.
bool strategy_may_include(const fs::path& included, bool speaks_exchange) {
  if (!included.has_parent_path()) return true;
  const std::string part = part_of(included, 0);
  return part == "core" || (part == "http" && speaks_exchange);
}

bool allowed(const Include& include, bool speaks_exchange) {
  const auto steps = std::ranges::distance(include.included);
  const std::string first = part_of(include.included, 0);
  if (std::ranges::find(include.included, "..") != include.included.end()) return false;
  const bool in_harness = part_of(include.file, 0) == "harness";
  if (in_harness) {
    const std::string own = part_of(include.file, 1);
    return steps > 1 && kUses.contains(first) && may_use(own, first);
  }
  // registry.cpp is the list of them all.
  if (std::ranges::distance(include.file) == 2) return first == "strategies" || first == "core";
  return strategy_may_include(include.included, speaks_exchange);
}

// A header of the project is one in quotes, or one under a folder that is named like ours.
std::vector<fs::path> own_includes_of(const std::string& source) {
  static const std::regex line(R"re((?:^|\n)[ \t]*#[ \t]*include[ \t]*([<"])([^>"\n]+))re");
  std::vector<fs::path> found;
  for (std::sregex_iterator match(source.begin(), source.end(), line), end; match != end; ++match) {
    const fs::path path = (*match)[2].str();
    const std::string first = part_of(path, 0);
    const bool ours = kUses.contains(first) || first == "strategies" || first == "harness";
    if ((*match)[1] == "\"" || ours) found.push_back(path);
  }
  return found;
}

std::string text_of(const fs::path& file) {
  std::ifstream stream(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// Every source file under `folder` of the project, as paths from the project's folder.
std::vector<fs::path> sources_under(const std::string& folder) {
  std::vector<fs::path> files;
  const fs::path project = PROJECT_FOLDER;
  for (const auto& entry : fs::recursive_directory_iterator(project / folder)) {
    const std::string extension = entry.path().extension();
    if (extension == ".cpp" || extension == ".hpp" || extension == ".in") {
      files.push_back(fs::relative(entry.path(), project));
    }
  }
  return files;
}

std::set<fs::path> folders_that_speak_exchange(const std::vector<fs::path>& files) {
  std::set<fs::path> folders;
  for (const fs::path& file : files) {
    if (text_of(PROJECT_FOLDER / file).find("op::Exchange") != std::string::npos) {
      folders.insert(file.parent_path());
    }
  }
  return folders;
}

std::vector<std::string> broken_rules(const std::vector<fs::path>& files) {
  const std::set<fs::path> exchanging = folders_that_speak_exchange(files);
  std::vector<std::string> broken;
  for (const fs::path& file : files) {
    const bool speaks_exchange = exchanging.contains(file.parent_path());
    for (const fs::path& included : own_includes_of(text_of(PROJECT_FOLDER / file))) {
      if (!allowed({file, included}, speaks_exchange)) {
        broken.push_back(file.string() + " may not include " + included.string());
      }
    }
  }
  return broken;
}

TEST(IncludeRules, HarnessPartsSeeOnlyThePartsBelowThem) {
  const std::vector<fs::path> files = sources_under("harness");
  EXPECT_GT(files.size(), 50u);
  EXPECT_THAT(broken_rules(files), IsEmpty());
}

TEST(IncludeRules, StrategiesSeeCoreAloneAndHttpForExchange) {
  const std::vector<fs::path> files = sources_under("strategies");
  EXPECT_GT(files.size(), 20u);
  EXPECT_THAT(broken_rules(files), IsEmpty());
}

TEST(IncludeRules, EveryPartOfTheHarnessHasItsRule) {
  for (const auto& entry : fs::directory_iterator(fs::path(PROJECT_FOLDER) / "harness")) {
    if (entry.is_directory()) {
      EXPECT_TRUE(kUses.contains(entry.path().filename())) << entry;
    }
  }
}

TEST(IncludeRules, BreachesAreSeen) {
  constexpr bool kExchange = true;
  const std::vector<std::pair<Include, bool>> breaches = {
      {{"harness/core/op.cpp", "http/body.hpp"}, false},
      {{"harness/http/body.cpp", "load/arrivals.hpp"}, false},
      {{"harness/run/plan.cpp", "analyze/summary.hpp"}, false},
      {{"harness/report/table.cpp", "run/plan.hpp"}, false},
      {{"harness/run/trial.cpp", "strategies/registry.hpp"}, false},
      {{"harness/run/trial.cpp", "asio/asio.hpp"}, false},
      {{"harness/run/trial.cpp", "run/../../strategies/asio/asio.hpp"}, false},
      {{"strategies/asio/asio.cpp", "http/body.hpp"}, false},
      {{"strategies/asio/asio.cpp", "strategies/uring/ring.hpp"}, false},
      {{"strategies/asio/asio.cpp", "../uring/ring.hpp"}, false},
      {{"strategies/curl/multi_loop.cpp", "run/plan.hpp"}, kExchange},
      {{"strategies/registry.cpp", "run/plan.hpp"}, false},
  };
  for (const auto& [include, speaks_exchange] : breaches) {
    EXPECT_FALSE(allowed(include, speaks_exchange)) << include.file << " " << include.included;
  }
  EXPECT_TRUE(allowed({"strategies/curl/multi_loop.cpp", "http/request.hpp"}, kExchange));
  EXPECT_TRUE(allowed({"harness/cli/cli.cpp", "core/op.hpp"}, false));
  EXPECT_EQ(
      own_includes_of("#include <vector>\n # include <strategies/a/b.hpp>\n#include \"c.hpp\""),
      (std::vector<fs::path>{"strategies/a/b.hpp", "c.hpp"}));
}

}  // namespace
}  // namespace asyncbench
