// Where a strategy with its own HTTP (op::Exchange) delivers a response.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "core/outcome.hpp"
#include "core/time.hpp"

namespace asyncbench::http {

// How an exchange ended, as the library saw it. What the sink itself finds (head policy, status,
// body) takes precedence over `outcome`.
struct ExchangeEnd {
  Outcome outcome = Outcome::internal;  // ok: a whole response came
  std::string_view detail;              // the library's words, for people; may be empty
  Time connected = kNever;              // when the new connection was established; kNever: reused
  Time first_byte = kNever;             // when the first byte of the response came; kNever: none
  bool new_connection = false;
  unsigned attempts = 1;  // requests sent, the library's own retries included
};

// Called by the strategy's thread while the exchange runs; ended() comes last and exactly once,
// before the task is resumed.
class ResponseSink {
 public:
  virtual ~ResponseSink() = default;

  // One line of a head (status line, field, or the empty line) with its line end; lines of interim
  // 1xx heads, too. False: the response is not acceptable, abort the transfer.
  virtual bool head_line(std::span<const std::byte> line) = 0;

  // A part of the body as it came: chunked ones with their chunk lines and trailers, which the sink
  // judges as it does the head. False: abort the transfer.
  virtual bool body(std::span<const std::byte> bytes) = 0;

  virtual void ended(const ExchangeEnd& end) = 0;
};

}  // namespace asyncbench::http
