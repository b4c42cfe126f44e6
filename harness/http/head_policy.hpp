// What a client accepts as the head of a response, decided once for every strategy.
//
// HTTP libraries disagree about malformed heads; docs/faults.md lists how. This policy reads the
// raw bytes before any library unfolds or normalises them, so that all strategies do equal work and
// reach the same outcome.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/outcome.hpp"
#include "http/request.hpp"

namespace asyncbench::http {

// The limits for one response: its interim heads and its final head together.
inline constexpr std::size_t kMaxResponseHeadBytes = 64 * 1024;
inline constexpr std::size_t kMaxResponseFields = 256;
inline constexpr unsigned kMaxInterimResponses = 16;

// Whether a status means that the request succeeded: 2xx, or 304 as the answer to a condition.
constexpr bool is_success(unsigned status) { return status / 100 == 2 || status == 304; }

// Whether a response with this status may have fields that announce a body, and whether it may have
// one: 304 tells of the body that it does without (RFC 9110, section 15; RFC 9112, section 6).
constexpr bool may_announce_body(unsigned status) { return status >= 200 && status != 204; }
constexpr bool may_have_body(unsigned status) { return may_announce_body(status) && status != 304; }

// It is fed line by line, each line with its line end, through any number of interim (1xx) heads to
// the end of the final head. Lines after that are trailers: their form is checked, their meaning is
// ignored. Allocates nothing.
class ResponseHeadPolicy {
 public:
  // A new response to `method` begins.
  void begin(Method method);

  // Whether the line is acceptable. After it has returned false once, it always does, and outcome()
  // says protocol or limit. `line` ends with CRLF; a bare LF is `protocol`.
  bool line(std::string_view line);

  // Takes a whole head at once: from the status line to the empty line, both included.
  bool head(std::string_view head);

  // Takes the whole lines at the front of `bytes`, up to the end of the final head, and returns
  // their size. Unless the head is complete or refused, what is left is the beginning of a line
  // whose end has not come. Call refused() afterwards.
  std::size_t lines(std::string_view bytes);

  // Whether a line that begins with `line`, and whose end has not come, can still be acceptable.
  bool unfinished_line(std::string_view line);

  // Nothing of the response has been read yet.
  bool untouched() const { return bytes_ == 0 && !refused(); }
  bool refused() const { return outcome_ != Outcome::ok; }
  Outcome outcome() const { return outcome_; }
  const char* detail() const { return detail_; }  // static text, for people

  bool complete() const { return complete_; }  // the final head has ended and is acceptable
  bool interim() const {
    return status_ >= 100 && status_ < 200;
  }  // the head that ended last was 1xx
  unsigned status() const { return status_; }
  // Whether the head keeps the connection: HTTP/1.1 without "close", or HTTP/1.0 with "keep-alive".
  bool keep_alive() const { return keep_alive_; }
  // How the body's end is found. Without a length and not chunked, it is the end of the stream.
  std::optional<std::uint64_t> content_length() const { return content_length_; }
  bool chunked() const { return chunked_; }
  bool has_body() const;  // by method and status: not for HEAD, 1xx, 204 and 304

 private:
  enum class Expect : std::uint8_t { status_line, field, trailer };

  // Each takes one line at `at` and returns what follows it; null when the line is not whole yet,
  // or is refused.
  const char* take_line(const char* at, const char* end);
  const char* take_status_line(const char* at, const char* end);
  const char* take_field(const char* at, const char* end);
  const char* take_folded(const char* at, const char* end);
  bool understand(std::string_view name, std::string_view value);
  bool add_content_length(std::string_view value);
  bool end_head();
  void await_head();  // forgets what an interim head said
  bool refuse(Outcome outcome, const char* detail);

  Outcome outcome_ = Outcome::ok;
  const char* detail_ = "";
  bool complete_ = false;
  unsigned status_ = 0;
  bool keep_alive_ = true;
  bool chunked_ = false;
  std::optional<std::uint64_t> content_length_;

  Method method_ = Method::get;
  Expect expect_ = Expect::status_line;
  bool http_1_1_ = true;
  bool says_close_ = false;
  bool says_keep_alive_ = false;
  bool after_field_ = false;    // a folded line may follow
  bool after_framing_ = false;  // the value of the last field must not be folded
  unsigned interims_ = 0;
  std::size_t fields_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace asyncbench::http
