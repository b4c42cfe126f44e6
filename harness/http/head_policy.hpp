// What a client accepts as the head of a response, decided once for every strategy.
//
// HTTP libraries disagree where a head is malformed: FAULTS (docs/faults.md) lists how. This policy reads the
// raw bytes before any library unfolds or normalises them, so that all strategies do equal work and
// reach the same outcome.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "core/outcome.hpp"
#include "http/request.hpp"

namespace asyncbench::http {

inline constexpr std::size_t kMaxResponseHeadBytes = 64 * 1024;
inline constexpr std::size_t kMaxResponseFields = 256;
inline constexpr unsigned kMaxInterimResponses = 16;

// Fed line by line, each line with its line end, through any number of interim (1xx) heads to the
// end of the final one. Allocates nothing.
class ResponseHeadPolicy {
 public:
  // A new response to `method` begins.
  void begin(Method method);

  // Whether the line is acceptable; once false, always false, and outcome() says protocol or limit.
  // `line` ends with CRLF; a bare LF is `protocol`.
  bool line(std::string_view line);

  // A whole head at once: from the status line to the empty line, both included.
  bool head(std::string_view head);

  Outcome outcome() const { return outcome_; }
  const char* detail() const { return detail_; }  // static text, for people

  bool complete() const { return complete_; }     // the final head has ended, acceptably
  bool interim() const { return status_ >= 100 && status_ < 200; }  // the head that ended last was 1xx
  unsigned status() const { return status_; }
  // What the head says of the connection: HTTP/1.1 without "close", or HTTP/1.0 with "keep-alive".
  bool keep_alive() const { return keep_alive_; }
  // How the body's end is found. No length and not chunked: the end of the stream.
  std::optional<std::uint64_t> content_length() const { return content_length_; }
  bool chunked() const { return chunked_; }
  bool has_body() const;  // by method and status: not for HEAD, 1xx, 204 and 304

 private:
  // The http part's author completes this.
  Outcome outcome_ = Outcome::ok;
  const char* detail_ = "";
  bool complete_ = false;
  unsigned status_ = 0;
  bool keep_alive_ = true;
  bool chunked_ = false;
  std::optional<std::uint64_t> content_length_;
};

}  // namespace asyncbench::http
