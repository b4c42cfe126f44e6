// JUnit XML, as continuous integration shows it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asyncbench::report {

struct JunitCase {
  enum class Outcome : std::uint8_t { passed, failed, error, skipped };

  std::string class_name;
  std::string name;
  Outcome outcome = Outcome::passed;
  std::string message;            // of what has not passed
  std::string output;             // lines; empty: none
  std::optional<double> seconds;  // that it took
};

// One test suite. Names and messages are foreign text.
std::string junit_xml(std::string_view suite, const std::vector<JunitCase>& cases);

}  // namespace asyncbench::report
