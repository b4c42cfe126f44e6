// Whether figures of two results can be compared: what they were measured on, how, and with which
// builds. The one check of compare, of pages with a baseline, of the gate and of histories.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::analyze {

// Whether the strategy of the other end must be the same. Not where strategies are compared within
// each result.
enum class Peers : std::uint8_t { alike, any };

// Why figures of the two cannot be compared: other kernel, CPU, window, threads ... One line each.
// What was not recorded in one of them counts as different for kernel, CPU and number of CPUs only.
std::vector<std::string> incomparable(const result::Result& a, const result::Result& b,
                                      Peers peers = Peers::alike);

// What a build is made of beside its source, by name: compiler, compiler_flags, build_type,
// optimized ("true", "false"), and the versions of its libraries.
using Ingredients = std::map<std::string, std::string>;

Ingredients ingredients_of(const result::Environment& environment);

// What `asyncbench --version` says of another program; empty when that is not what `text` is.
Ingredients ingredients_of(std::string_view text);

// "compiler: g++ 12.2.0 and clang++ 14.0.6", of what both know.
std::vector<std::string> differences(const Ingredients& a, const Ingredients& b);

// Empty: it is not known.
std::optional<bool> is_optimized(const Ingredients& build);

// "not optimized (build_type Debug, compiler_flags -g)".
std::string unoptimized_text(const Ingredients& build);

// What to say of two builds that are compared: their differences, and which is not optimized. One
// line each.
std::vector<std::string> build_remarks(const Ingredients& before, const Ingredients& after);

}  // namespace asyncbench::analyze
