// Suites: named sets of cells in TOML files. Those of bench/suites are part of the program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "run/options.hpp"

namespace asyncbench::run {

// A suite of ours by name, otherwise the file at that path. Throws UsageError: unreadable, or not a
// suite, with file, line and column of the cause.
Suite load_suite(const std::string& name_or_path);

// `source` names the text in errors.
Suite parse_suite(std::string_view text, const std::string& source);

// The suites that the build embedded from bench/suites.
struct EmbeddedSuite {
  std::string_view name;
  std::string_view text;
};
const std::vector<EmbeddedSuite>& embedded_suites();

}  // namespace asyncbench::run
