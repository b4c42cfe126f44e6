// Building the head of a response, without allocation once the buffer has grown.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace asyncbench::http {

// The Date field's value, formatted once a second (RFC 9110 asks an origin server with a clock to
// send it). Each connection has its own, so nothing is shared or locked.
class DateField {
 public:
  // "Sun, 06 Nov 1994 08:49:37 GMT". `at` is the current monotonic time, which the caller has read
  // anyway: the wall clock is read only when a second has passed.
  std::string_view at(Time at);

  // Until when the text that at() returned is right.
  Time valid_until() const { return valid_until_; }

 private:
  char text_[30] = {};
  Time valid_until_ = Time::min();
};

struct ResponseHead {
  unsigned status = 200;
  std::optional<std::uint64_t> content_length;  // unset: chunked, or ended by the close
  bool chunked = false;
  bool close = false;       // says "Connection: close"
  bool keep_alive = false;  // says "Connection: keep-alive", as HTTP/1.0 clients need to hear
};

// The reason phrase of a status; "Status" where it has no name.
std::string_view reason_phrase(unsigned status);

// Appends status line, fields and the empty line.
void append_head(std::string& out, const ResponseHead& head, std::string_view date);

}  // namespace asyncbench::http
