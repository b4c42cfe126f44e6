#include "cli/comparison_text.hpp"

#include <cstddef>

namespace asyncbench::cli {

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(' ');
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(' ') - first + 1);
}

std::optional<ComparisonText> split_comparison(std::string_view text) {
  const std::size_t at = text.find_first_of("<>");
  if (at == std::string_view::npos) return std::nullopt;
  const bool or_equal = text.substr(at + 1).starts_with('=');
  return ComparisonText{.figure = trimmed(text.substr(0, at)),
                        .above = text[at] == '>',
                        .or_equal = or_equal,
                        .limit = trimmed(text.substr(at + (or_equal ? 2 : 1)))};
}

}  // namespace asyncbench::cli
