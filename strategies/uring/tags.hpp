// What a completion is about, packed into its 64 bits of user data.
#pragma once

#include <cstdint>

#include "stream.hpp"

namespace asyncbench::uring {

enum class Kind : std::uint8_t {
  ignored,
  socket_setup,
  connect,
  receive,
  send,
  zerocopy_send,
  file,
  accept,
  timeout,
  wake
};

struct Tag {
  Kind kind = Kind::ignored;
  std::uint32_t generation = 0;  // kGenerationBits
  std::uint32_t index = 0;

  static constexpr unsigned kGenerationBits = 24;
  static constexpr std::uint32_t kGenerationMask = (1U << kGenerationBits) - 1;

  static Tag of(std::uint64_t bits) {
    return {static_cast<Kind>(bits >> 56U),
            static_cast<std::uint32_t>(bits >> 32U) & kGenerationMask,
            static_cast<std::uint32_t>(bits)};
  }
  std::uint64_t bits() const {
    return static_cast<std::uint64_t>(kind) << 56U | static_cast<std::uint64_t>(generation) << 32U |
           index;
  }
};

inline std::uint64_t tag_of(const Stream& stream, Kind kind) {
  return Tag{kind, stream.generation, stream.index}.bits();
}

}  // namespace asyncbench::uring
