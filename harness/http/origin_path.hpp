// The origin's paths: each chooses the behaviour of one reply.
//
//   /                        200, 12 bytes
//   /bytes/N                 200, N bytes with Content-Length
//   /chunked/N               200, N bytes, chunked
//   /close/N                 200, N bytes, ended by the close of the connection (no length)
//   /status/CODE             that status, 12 bytes (none where the status forbids a body)
//   /delay/DURATION          waits first: "10ms", or "exp:10ms" for exponential delays of that mean
//   /burn/DURATION           then computes for so much CPU time before it replies: "1ms"
//   /upload/N                wants a request with a body of N bytes, or it is answered 400
//   /fault/ID                misbehaves as docs/faults.md says of ID ("S05")
//
// Segments combine: /delay/10ms/status/503, /delay/exp:2ms/chunked/100000. Where two contradict
// each other, the later one counts. A query is ignored. N may have a unit of 2^10, 2^20 or 2^30
// ("16k", "1m", "1g"). The unit of a DURATION is ns, us, ms or s. CODE is from 200 to 599.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace asyncbench::http {

struct FaultScript;  // faults.hpp

enum class Framing : std::uint8_t { length, chunked, until_close };

struct OriginPath {
  unsigned status = 200;
  Framing framing = Framing::length;
  std::uint64_t body_bytes = 12;
  Duration delay{0};
  bool delay_exponential = false;             // `delay` is then the mean
  Duration burn{0};                           // CPU time, after the delay
  std::optional<std::uint64_t> upload_bytes;  // of the request's body; empty: any
  const FaultScript* fault = nullptr;
};

// nullopt: no such path (answered 404).
std::optional<OriginPath> parse_origin_path(std::string_view target);

}  // namespace asyncbench::http
