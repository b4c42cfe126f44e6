// Answers to names that nothing has.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace asyncbench::workloads {

// The candidate nearest to `name` by edit distance, where it is near enough to be meant; otherwise
// empty.
std::string nearest_name(std::string_view name, const std::vector<std::string>& candidates);

// "unknown strategy \"urin\": did you mean uring?", or the whole list where nothing is near.
std::string unknown_name(std::string_view kind, std::string_view name,
                         const std::vector<std::string>& candidates);

}  // namespace asyncbench::workloads
