// The chunked transfer coding (RFC 9112, section 7.1).
//
// Libraries disagree about chunk lines as they do about heads; docs/faults.md lists the one policy.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/outcome.hpp"
#include "http/body.hpp"

namespace asyncbench::http {

// The limit for one line between chunks (size and extensions).
inline constexpr std::size_t kMaxChunkLineBytes = 16 * 1024;

// The limit for all trailers together: libcurl's for one of them is 4 KiB, and ours comes first.
inline constexpr std::size_t kMaxTrailerBytes = 4000;

// A size is 64 bits. Zeros in front of it count, since readers that skip them disagree with others.
inline constexpr unsigned kMaxChunkSizeDigits = 16;

// Reads one chunked body after the other, as the bytes come: a line that can no longer become right
// is refused before its end. Allocates nothing.
class ChunkedBody {
 public:
  // The content goes to `check`; null: it is dropped.
  void begin(std::uint64_t max_body_bytes, BodyCheck* check);

  enum class State : std::uint8_t {
    reading,
    done,
    malformed,
    line_too_long,  // more than kMaxChunkLineBytes or kMaxTrailerBytes
    too_large,      // more content than max_body_bytes
  };
  // Takes bytes up to the end of the trailers; returns how many it took.
  struct Fed {
    std::size_t taken;
    State state;
  };
  Fed feed(std::span<const std::byte> bytes);

  State state() const { return state_; }

  // How much more content may come until the limit.
  std::uint64_t content_left() const { return remaining_; }

 private:
  // What the next byte belongs to.
  enum class Part : std::uint8_t {
    size,
    blanks,  // behind a size: an extension must follow
    extension,
    size_lf,
    data,
    data_cr,
    data_lf,
    trailer_start,  // or the empty line
    trailer_name,
    trailer_value,
    trailer_lf,
    end_lf
  };

  State step(char c);
  State end_size_line();
  State go(Part part) {
    part_ = part;
    return State::reading;
  }

  State state_ = State::done;
  Part part_ = Part::size;
  unsigned digits_ = 0;
  std::size_t line_bytes_ = 0;  // of this line, or of the trailers
  std::size_t line_bytes_max_ = kMaxChunkLineBytes;
  std::uint64_t size_ = 0;       // of the chunk: what is left of it
  std::uint64_t remaining_ = 0;  // until the limit
  BodyCheck* check_ = nullptr;
};

// What a response says whose body is in this state, and gets no more bytes.
constexpr Outcome outcome_of(ChunkedBody::State state) {
  switch (state) {
    case ChunkedBody::State::reading:
      return Outcome::truncated;
    case ChunkedBody::State::done:
      return Outcome::ok;
    case ChunkedBody::State::malformed:
      return Outcome::protocol;
    case ChunkedBody::State::line_too_long:
    case ChunkedBody::State::too_large:
      return Outcome::limit;
  }
  return Outcome::internal;
}

}  // namespace asyncbench::http
