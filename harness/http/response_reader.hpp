// Reads one response after the other from the bytes of a stream; does no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "core/outcome.hpp"
#include "http/body.hpp"
#include "http/request.hpp"

namespace asyncbench::http {

struct ReaderLimits {
  std::uint64_t max_body_bytes = std::uint64_t{1} << 30U;
};

// The head policy reads the raw head, and ChunkedBody frames chunked bodies. One object
// serves a connection for its life, and allocates only when a head is split over receives.
class ResponseReader {
 public:
  explicit ResponseReader(ReaderLimits limits = {});
  ~ResponseReader();
  ResponseReader(ResponseReader&&) noexcept;
  ResponseReader& operator=(ResponseReader&&) noexcept;

  // The next response answers `method`; its body goes to `check` (begun by the caller).
  void begin(Method method, BodyCheck& check);

  enum class State : std::uint8_t {
    reading,  // wants more bytes
    done,     // a whole response; outcome() is ok or http_status
    failed,   // outcome() says how: protocol or limit
  };
  // Takes bytes up to the end of the response; returns how many it took. Bytes that are left after
  // `done` answer no request: the connection must not be reused.
  struct Fed {
    std::size_t taken;
    State state;
  };
  Fed feed(std::span<const std::byte> bytes);

  // The stream has ended: done (a body that ends with the stream) or failed with
  // eof_before_response (no byte of this response came) or truncated.
  State end_of_stream();

  Outcome outcome() const;
  const char* detail() const;  // static text for people; may be empty
  unsigned status() const;
  bool anything_received() const;  // of this response
  bool head_complete() const;      // of the final head: a timeout is then timeout_body
  bool keep_alive() const;         // valid after done: the connection may be reused
  bool has_body() const;           // see ResponseHeadPolicy

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace asyncbench::http
