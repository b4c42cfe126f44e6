#include "report/escape.hpp"

#include <fmt/format.h>

#include "report/format.hpp"

namespace asyncbench::report {
namespace {

bool is_alphanumeric(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

}  // namespace

std::string xml_text(std::string_view text) {
  std::string safe;
  const std::string clean = printable(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    switch (const char c = clean[i]) {
      case '&':
        safe += "&amp;";
        break;
      case '<':
        safe += "&lt;";
        break;
      case '>':
        safe += "&gt;";
        break;
      case '"':
        safe += "&quot;";
        break;
      default:
        // U+FFFE and U+FFFF are no characters of XML.
        if (clean.compare(i, 3, "\xEF\xBF\xBE") == 0 || clean.compare(i, 3, "\xEF\xBF\xBF") == 0) {
          safe += '?';
          i += 2;
        } else {
          safe += c;
        }
    }
  }
  return safe;
}

std::string markdown_text(std::string_view text) {
  std::string safe;
  const std::string clean = printable(text);
  for (std::size_t i = 0; i < clean.size(); ++i) {
    const char c = clean[i];
    const char next = i + 1 < clean.size() ? clean[i + 1] : '\0';
    // A bracket alone is no link, and intervals are full of them.
    const bool ends_link = c == ']' && (next == '(' || next == '[' || next == ':');
    // Inside a word it is no emphasis.
    const bool is_emphasis =
        c == '_' && !(i > 0 && is_alphanumeric(clean[i - 1]) && is_alphanumeric(next));
    if (ends_link || is_emphasis ||
        std::string_view("|*`<>&\\~$").find(c) != std::string_view::npos) {
      safe += fmt::format("&#{};", static_cast<int>(c));
    } else if (c == '@' || c == '#') {
      // What follows would make it a mention or a reference, as an entity too: both are looked for
      // in the rendered text. A space without width keeps them apart.
      safe += fmt::format("&#{};&#8203;", static_cast<int>(c));
    } else {
      safe += c;
    }
  }
  return safe;
}

std::string percent_encoded(std::string_view text, std::string_view reserved) {
  std::string safe;
  for (const char c : text) {
    const bool is_visible = c > 0x20 && c < 0x7F;
    if (is_visible && c != '%' && reserved.find(c) == std::string_view::npos) {
      safe += c;
    } else {
      safe += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return safe;
}

}  // namespace asyncbench::report
