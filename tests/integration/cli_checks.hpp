// Checks that tests of the command line make on the program's texts.
#pragma once

#include <gmock/gmock.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "program.hpp"

namespace asyncbench::test {

using Arguments = std::vector<std::string>;

inline nlohmann::json read_json(const ScratchFolder& folder, const char* name) {
  std::ifstream file(folder.path() / name);
  return nlohmann::json::parse(file);
}

inline std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// One line on stderr that begins with the program's name, nothing on stdout.
inline void expect_refusal(const Ended& ended, int exit_code, const std::string& says) {
  EXPECT_EQ(ended.exit_code, exit_code);
  EXPECT_THAT(ended.out, ::testing::IsEmpty());
  EXPECT_THAT(ended.err, ::testing::StartsWith("asyncbench: "));
  EXPECT_EQ(lines_of(ended.err).size(), 1u) << ended.err;
  EXPECT_THAT(ended.err, ::testing::HasSubstr(says));
}

}  // namespace asyncbench::test
