// The chunked transfer coding, read by Boost.Beast's basic_parser. Private to the http part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "http/body.hpp"

namespace asyncbench::http {

// The limit for one line between chunks (size and extensions), and for all trailers together.
inline constexpr std::size_t kMaxChunkLineBytes = 16 * 1024;

// Reads one chunked body after the other. An object allocates only when its first body begins and
// where a line is split over receives.
class ChunkedBody {
 public:
  ChunkedBody();
  ~ChunkedBody();
  ChunkedBody(ChunkedBody&&) noexcept;
  ChunkedBody& operator=(ChunkedBody&&) noexcept;

  // The content goes to `check`; null: it is dropped.
  void begin(std::uint64_t max_body_bytes, BodyCheck* check);

  enum class State : std::uint8_t {
    reading,
    done,
    malformed,
    line_too_long,  // more than kMaxChunkLineBytes
    too_large,      // more content than max_body_bytes
  };
  // Takes bytes up to the end of the trailers; returns how many it took.
  struct Fed {
    std::size_t taken;
    State state;
  };
  Fed feed(std::span<const std::byte> bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace asyncbench::http
