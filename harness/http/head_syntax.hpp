// The lexical rules of HTTP/1.1 heads (RFC 9112), shared by the policies for requests and
// responses. Private to the http part.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace asyncbench::http::syntax {

// tchar of RFC 9110, section 5.6.2.
inline constexpr std::array<bool, 256> kTokenChars = [] {
  std::array<bool, 256> table{};
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (char c = '0'; c <= '9'; ++c) table[static_cast<unsigned char>(c)] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) {
    table[static_cast<unsigned char>(c)] = true;
  }
  return table;
}();

inline bool is_token_char(char c) { return kTokenChars[static_cast<unsigned char>(c)]; }

// Looks at four bytes at a time, without a branch between them: names are a third of a head.
inline const char* end_of_token(const char* at, const char* end) {
  const auto one = [](char c) { return static_cast<unsigned>(is_token_char(c)); };
  while (end - at >= 4 && (one(at[0]) & one(at[1]) & one(at[2]) & one(at[3])) != 0) {
    at += 4;
  }
  while (at != end && is_token_char(*at)) ++at;
  return at;
}

// Whether no line may contain it: a control character other than a tab, DEL among them.
inline bool is_control(char c) {
  return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f;
}

// The first control character other than a tab, or `end`. It looks at eight bytes at a time: for a
// byte below 0x20, the subtraction sets a high bit that the byte itself lacks, and the lowest such
// bit is exact (Hacker's Delight, section 6-1, "find first 0-byte", with 0x20 in the place of 1).
// DEL is found as a byte that is 0 once it has been compared.
inline const char* find_control(const char* at, const char* end) {
  constexpr std::uint64_t kOnes = 0x0101010101010101ULL;
  while (at != end) {
    if constexpr (std::endian::native == std::endian::little) {
      while (end - at >= 8) {
        std::uint64_t word;
        std::memcpy(&word, at, sizeof word);
        const std::uint64_t compared = word ^ (kOnes * 0x7f);
        const std::uint64_t hits =
            (((word - kOnes * 0x20) & ~word) | ((compared - kOnes) & ~compared)) & (kOnes * 0x80);
        if (hits != 0) {
          at += std::countr_zero(hits) / 8;
          break;
        }
        at += 8;
      }
      if (at == end) return end;
    }
    if (is_control(*at)) return at;
    ++at;
  }
  return end;
}

// How a line ends.
enum class LineEnd : std::uint8_t {
  whole,    // with CRLF
  partial,  // its end has not come yet
  bad,      // with something that no line may contain
};

// Looks at what find_control() found. `why` is set for a bad end.
inline LineEnd line_end(const char* control, const char* end, const char*& why) {
  if (control == end) return LineEnd::partial;
  if (*control == '\r') {
    if (end - control == 1) return LineEnd::partial;
    if (control[1] == '\n') return LineEnd::whole;
    why = "a carriage return within a line of the head";
  } else if (*control == '\n') {
    why = "a line of the head ends with a bare line feed";
  } else {
    why = "a control character in the head";
  }
  return LineEnd::bad;
}

// Why a line whose end has not come can no longer be right; null: it can. It would be waited for in
// vain.
inline const char* wrong_so_far(std::string_view line) {
  const char* const end = line.data() + line.size();
  const char* why = nullptr;
  line_end(find_control(line.data(), end), end, why);
  return why;
}

// The text without the spaces and tabs around it.
inline std::string_view trim(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// One field line: "name: value" and CRLF.
struct Field {
  std::string_view name;
  std::string_view value;  // trimmed
  const char* next;        // what follows the line
  const char* why;         // why it is bad
};

inline LineEnd parse_field(const char* at, const char* end, Field& field) {
  const char* const colon = end_of_token(at, end);
  if (colon == end) return LineEnd::partial;
  if (*colon != ':' || colon == at) {
    field.why = *colon == ' ' || *colon == '\t' ? "space within or after a field name"
                : colon == at                   ? "a field without a name"
                                                : "a field without a colon, or with a bad name";
    return LineEnd::bad;
  }
  const char* const control = find_control(colon + 1, end);
  const LineEnd result = line_end(control, end, field.why);
  if (result == LineEnd::whole) {
    field.name = {at, static_cast<std::size_t>(colon - at)};
    field.value = trim({colon + 1, static_cast<std::size_t>(control - colon - 1)});
    field.next = control + 2;
  }
  return result;
}

// `lower` consists of lower-case letters, digits and hyphens.
inline bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const char folded = c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
    if (folded != lower[i]) return false;
  }
  return true;
}

// The fields that say where a message ends and whether its connection is kept.
enum class Known : std::uint8_t {
  other,
  connection,
  content_length,
  transfer_encoding,
  host,
  expect
};

// Whether a token equals `lower`, ignoring case. `lower` is eight bytes or more of lower-case
// letters and hyphens, and the token is as long. Whole words are compared, the first eight bytes
// and the last: one bit is the case of a letter, and to set it makes no other byte of a token a
// letter or a hyphen.
template <std::size_t kSize>
bool token_is(std::string_view token, const char (&lower)[kSize]) {
  static_assert(kSize - 1 >= 8 && kSize - 1 <= 24);
  const auto word = [](const char* at) {
    std::uint64_t bytes;
    std::memcpy(&bytes, at, sizeof bytes);
    return bytes;
  };
  constexpr std::uint64_t kLowerCase = 0x2020202020202020ULL;
  constexpr std::size_t kLast = kSize - 1 - 8;
  std::uint64_t differs = (word(token.data()) | kLowerCase) ^ word(lower);
  if constexpr (kLast > 8) differs |= (word(token.data() + 8) | kLowerCase) ^ word(lower + 8);
  return (differs | ((word(token.data() + kLast) | kLowerCase) ^ word(lower + kLast))) == 0;
}

inline Known known_field(std::string_view name) {
  switch (name.size()) {
    case 4:
      return equals_ignoring_case(name, "host") ? Known::host : Known::other;
    case 6:
      return equals_ignoring_case(name, "expect") ? Known::expect : Known::other;
    case 10:
      return token_is(name, "connection") ? Known::connection : Known::other;
    case 14:
      return token_is(name, "content-length") ? Known::content_length : Known::other;
    case 17:
      return token_is(name, "transfer-encoding") ? Known::transfer_encoding : Known::other;
    default:
      return Known::other;
  }
}

// Calls `visit` with each trimmed element of a comma-separated list, empty ones too, until it
// returns false. Returns whether it never did.
template <class Visit>
bool for_each_element(std::string_view list, Visit visit) {
  for (;;) {
    const std::size_t comma = list.find(',');
    if (!visit(trim(list.substr(0, comma)))) return false;
    if (comma == std::string_view::npos) return true;
    list.remove_prefix(comma + 1);
  }
}

// A number of decimal digits only, which fits into 64 bits; nullopt for any other text.
inline std::optional<std::uint64_t> parse_decimal(std::string_view digits) {
  if (digits.empty()) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9') return std::nullopt;
    if (__builtin_mul_overflow(value, std::uint64_t{10}, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value)) {
      return std::nullopt;
    }
  }
  return value;
}

// What the Connection field says.
struct ConnectionOptions {
  bool close = false;
  bool keep_alive = false;

  void add(std::string_view value) {
    for_each_element(value, [this](std::string_view element) {
      if (equals_ignoring_case(element, "close")) close = true;
      if (equals_ignoring_case(element, "keep-alive")) keep_alive = true;
      return true;
    });
  }

  // RFC 9112, section 9.3.
  bool persists(bool http_1_1) const { return !close && (http_1_1 || keep_alive); }
};

// Calls take_line(at, end) for one line after the other at the front of `bytes`, until it returns
// null. Otherwise it returns what follows the line. Returns the size of the lines.
template <class TakeLine>
std::size_t take_lines(std::string_view bytes, TakeLine take_line) {
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  while (at != end) {
    const char* const next = take_line(at, end);
    if (next == nullptr) break;
    at = next;
  }
  return static_cast<std::size_t>(at - bytes.data());
}

// Feeds a head from what one receive brought; returns how much of it belongs to the head. A head
// that comes whole is read where it lies (take_lines). Only a line that is split over receives is
// copied: `line` keeps its beginning between calls, and take_line gets it when it is whole.
template <class Head, class TakeLines, class TakeLine>
std::size_t feed_head(Head& head, std::string& line, std::string_view bytes, TakeLines take_lines,
                      TakeLine take_line) {
  if (line.empty()) {
    const std::size_t taken = take_lines(bytes);
    if (head.complete() || head.refused()) return taken;
    line = bytes.substr(taken);
    head.unfinished_line(line);
    return bytes.size();
  }
  const std::size_t end = bytes.find('\n');
  const std::size_t taken = std::min(end, bytes.size() - 1) + 1;
  line.append(bytes.substr(0, taken));
  if (end == std::string_view::npos) {
    head.unfinished_line(line);
  } else {
    take_line(line);
    line.clear();
  }
  return taken;
}

}  // namespace asyncbench::http::syntax
