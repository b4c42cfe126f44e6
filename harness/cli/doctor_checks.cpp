#include "cli/doctor_checks.hpp"

#include <array>
#include <charconv>
#include <fstream>
#include <iterator>

namespace asyncbench::cli {

std::optional<std::string> Host::read(const std::string& path) const {
  std::ifstream file(at(path));
  if (!file) return std::nullopt;
  std::string text{std::istreambuf_iterator<char>(file), {}};
  // Some files of /proc open and then refuse to be read.
  if (file.bad() || text.empty()) return std::nullopt;
  if (text.back() == '\n') text.pop_back();
  return text;
}

std::optional<std::int64_t> Host::read_number(const std::string& path) const {
  const auto text = read(path);
  if (!text) return std::nullopt;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

std::string_view name_of(Severity severity) {
  constexpr std::array<std::string_view, 3> kNames = {"ok", "warning", "problem"};
  return kNames[static_cast<std::size_t>(severity)];
}

}  // namespace asyncbench::cli
