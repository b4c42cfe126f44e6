// Runs that are ended by Ctrl-C and go on.
#pragma once

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "cli_checks.hpp"
#include "program.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::test {

// How many trials the journal of s.json holds.
inline std::size_t trials_journalled(const ScratchFolder& folder) {
  std::ifstream file(folder.path() / "s.json.journal");
  std::size_t trials = 0;
  for (std::string line; std::getline(file, line);) {
    trials += line.find("{\"record\":\"trial\"") != std::string::npos ? 1 : 0;
  }
  return trials;
}

// Starts the program, which is to write s.json, and ends it with Ctrl-C as soon as that many trials
// are stored.
inline Ended interrupted_after(std::size_t trials, const Arguments& arguments,
                               const ScratchFolder& folder) {
  Program program(arguments, {.folder = folder.path()});
  const auto deadline = std::chrono::steady_clock::now() + kSlowdown * std::chrono::seconds(40);
  while (trials_journalled(folder) < trials && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  program.signal(SIGINT);
  return program.wait();
}

// Every trial by cell, block, repeat and kind, with its figures.
inline std::map<std::string, nlohmann::json> trials_of(const nlohmann::json& result) {
  std::map<std::string, nlohmann::json> trials;
  for (const auto& cell : result["cells"]) {
    for (const auto& trial : cell["trials"]) {
      const std::string key = cell["id"].get<std::string>() + " " + trial["block"].dump() + " " +
                              trial["repeat"].dump() + " " + trial["kind"].get<std::string>();
      EXPECT_TRUE(trials.emplace(key, trial["outcomes"]).second) << key << " is there twice";
    }
  }
  return trials;
}

}  // namespace asyncbench::test
