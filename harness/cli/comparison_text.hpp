// A figure, a comparison and a limit, as users write them: "p99<5ms".
#pragma once

#include <optional>
#include <string_view>

namespace asyncbench::cli {

// The parts of a text and not yet understood; they point into it.
struct ComparisonText {
  std::string_view figure;
  bool above = false;  // '>', otherwise '<'
  bool or_equal = false;
  std::string_view limit;
};

// Blanks around the parts do not count. Empty without a comparison.
std::optional<ComparisonText> split_comparison(std::string_view text);

std::string_view trimmed(std::string_view text);

}  // namespace asyncbench::cli
