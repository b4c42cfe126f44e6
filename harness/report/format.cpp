#include "report/format.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <span>

namespace asyncbench::report {
namespace {

struct Unit {
  double size;
  std::string_view name;
};

// The largest of which the value, rounded to three digits, is at least one.
const Unit& unit_for(double value, std::span<const Unit> ascending) {
  const Unit* unit = &ascending.front();
  for (const Unit& larger : ascending) {
    if (std::abs(value) >= larger.size * 0.9995) unit = &larger;
  }
  return *unit;
}

std::string in_units(double value, std::span<const Unit> ascending) {
  const Unit& unit = unit_for(value, ascending);
  return format_number(value / unit.size) + std::string(unit.name);
}

// The code point at the front of a text and its length in bytes; length 0: not UTF-8.
struct CodePoint {
  std::uint32_t value = 0;
  std::size_t length = 0;
};

CodePoint first_of(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length) return {};
  std::uint32_t value = lead & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return {};
    value = value << 6 | (byte(i) & 0x3FU);
  }
  constexpr std::array<std::uint32_t, 5> kLeast = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = value >= 0xD800 && value <= 0xDFFF;
  if (value < kLeast[length] || value > 0x10FFFF || surrogate) return {};
  return {value, length};
}

bool harmful(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7F && c <= 0x9F) ||         // C0, DEL, C1
         c == 0x061C || (c >= 0x200B && c <= 0x200F) ||  // invisible, direction marks
         (c >= 0x2028 && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0xFEFF;
}

}  // namespace

std::string format_number(double value) {
  if (value == 0) return "0";
  const double size = std::abs(value);
  if (size >= 99.95) return fmt::format("{:.0f}", value);
  if (size >= 9.995) return fmt::format("{:.1f}", value);
  if (size >= 0.9995) return fmt::format("{:.2f}", value);
  if (size >= 0.00095) return fmt::format("{:.3f}", value);
  return "<0.001";
}

std::string format_duration_ns(double ns) {
  constexpr std::array<Unit, 4> kUnits = {{{1, "ns"}, {1e3, "us"}, {1e6, "ms"}, {1e9, "s"}}};
  if (ns < 99.5e9) return in_units(ns, kUnits);
  const auto seconds = static_cast<std::int64_t>(std::llround(ns / 1e9));
  return fmt::format("{}min {}s", seconds / 60, seconds % 60);
}

std::string format_count(double value) {
  constexpr std::array<Unit, 4> kUnits = {{{1, ""}, {1e3, "k"}, {1e6, "M"}, {1e9, "G"}}};
  return in_units(value, kUnits);
}

std::string format_bytes(double bytes) {
  constexpr double kKibi = 1024;
  constexpr std::array<Unit, 4> kUnits = {
      {{1, "B"}, {kKibi, "KiB"}, {kKibi * kKibi, "MiB"}, {kKibi * kKibi * kKibi, "GiB"}}};
  // Sizes that were chosen are whole numbers.
  const Unit& unit = unit_for(bytes, kUnits);
  const double count = bytes / unit.size;
  if (count == std::trunc(count)) return fmt::format("{:.0f}{}", count, unit.name);
  return in_units(bytes, kUnits);
}

std::string format_percent(double share) {
  const double percent = share * 100;
  if (percent == 0) return "0%";
  if (std::abs(percent) < 0.05) return "<0.1%";
  return std::abs(percent) < 9.95 ? fmt::format("{:.1f}%", percent)
                                  : fmt::format("{:.0f}%", percent);
}

std::string printable(std::string_view text) {
  std::string clean;
  clean.reserve(text.size());
  while (!text.empty()) {
    const CodePoint c = first_of(text);
    if (c.length == 0 || harmful(c.value)) {
      clean += '?';
    } else {
      clean += text.substr(0, c.length);
    }
    text.remove_prefix(c.length == 0 ? 1 : c.length);
  }
  return clean;
}

std::string message_text(std::string_view text) {
  constexpr std::size_t kLongestWord = 255;
  constexpr std::size_t kLongest = 4'000;
  constexpr std::size_t kShown = 60;
  const std::string clean = printable(text);
  // Not within a character: bytes that continue one begin with 10.
  const auto beginning = [](std::string_view whole, std::size_t size) {
    while (size > 0 && (static_cast<unsigned char>(whole[size]) & 0xC0) == 0x80) --size;
    return fmt::format("{}... ({} characters)", whole.substr(0, size), display_width(whole));
  };
  std::string brief;
  for (std::string_view rest = clean; !rest.empty();) {
    const std::size_t space = std::min(rest.find(' '), rest.size());
    const std::string_view word = rest.substr(0, space);
    if (word.size() > kLongestWord) {
      // What encloses the quoted text, and follows it, stays.
      constexpr std::size_t kEnclosing = 8;
      const std::size_t end =
          std::max(word.find_last_not_of("\"';:,.)]") + 1, word.size() - kEnclosing);
      brief += beginning(word.substr(0, end), kShown);
      brief += word.substr(end);
    } else {
      brief += word;
    }
    const std::size_t next = std::min(space + 1, rest.size());
    brief.append(rest.substr(space, next - space));
    rest.remove_prefix(next);
  }
  return brief.size() > kLongest ? beginning(brief, kLongest) : brief;
}

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  for (const char c : text) width += (static_cast<unsigned char>(c) & 0xC0) != 0x80;
  return width;
}

std::string wrapped(std::string_view text, std::string_view first, std::size_t width) {
  const std::string indent(display_width(first), ' ');
  std::string out(first);
  std::size_t column = indent.size();
  bool fresh = true;
  while (!text.empty()) {
    const std::size_t space = text.find(' ');
    const std::string_view word = text.substr(0, space);
    text.remove_prefix(space == text.npos ? text.size() : space + 1);
    if (word.empty()) continue;
    if (!fresh && column + 1 + display_width(word) > width) {
      out += '\n' + indent;
      column = indent.size();
      fresh = true;
    }
    if (!fresh) out += ' ';
    out += word;
    column += display_width(word) + (fresh ? 0 : 1);
    fresh = false;
  }
  return out + '\n';
}

}  // namespace asyncbench::report
