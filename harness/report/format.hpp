// Figures and foreign text, for people.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace asyncbench::report {

// Three significant digits, without an exponent for what a table shows: "4.92", "165", "0.0123".
std::string format_number(double value);

// "850ns", "12.3us", "1.20s"; longer times as "3min 20s".
std::string format_duration_ns(double ns);

// "850", "165k", "1.66M"; for rates and counts.
std::string format_count(double value);

// "850B", "12.3KiB", "1.5MiB".
std::string format_bytes(double bytes);

// A share as "2.1%"; whole percent from 10 on, "<0.1%" for less than that.
std::string format_percent(double share);

// Foreign text made harmless for a terminal: control characters (escape sequences live on them),
// marks that change the direction of writing, and bytes that are not UTF-8 become "?".
std::string printable(std::string_view text);

// A message that quotes foreign text, made printable and short: of a word of more than 255
// characters, longer than any file's name, stand its beginning and its length, and of the whole
// 4,000 characters at most.
std::string message_text(std::string_view text);

// The columns that a text takes, one a code point.
std::size_t display_width(std::string_view text);

// Breaks a text at spaces into lines of at most `width` columns, the first after `first`, the
// others after as many spaces. Ends with a line feed.
std::string wrapped(std::string_view text, std::string_view first, std::size_t width);

}  // namespace asyncbench::report
