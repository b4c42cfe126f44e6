// What the fuzz targets have in common.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// One file's content, or what libFuzzer has made. A finding ends the process.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace asyncbench::fuzz {

inline void require(bool holds, const char* claim) {
  if (holds) return;
  std::fprintf(stderr, "fuzz: does not hold: %s\n", claim);
  std::abort();
}

// An input whose first byte says how to use the rest, as printable characters, so that a person
// can write a corpus.
struct Input {
  Input(const std::uint8_t* data, std::size_t size)
      : how(size > 0 ? data[0] : '0'),
        rest(reinterpret_cast<const char*>(data) + (size > 0 ? 1 : 0), size > 0 ? size - 1 : 0) {}

  unsigned how;
  std::string_view rest;
};

// The bytes in pieces of 1 to 16, as a network could cut them. Each has memory of its own size, so
// that the address sanitizer sees every read beyond it.
inline std::vector<std::vector<std::byte>> pieces(std::string_view text, unsigned seed) {
  std::vector<std::vector<std::byte>> pieces;
  std::span<const std::byte> bytes = std::as_bytes(std::span(text.data(), text.size()));
  while (!bytes.empty()) {
    seed = seed * 1'103'515'245U + 12'345U;
    const auto piece = bytes.first(std::min<std::size_t>(1 + (seed >> 16U) % 16, bytes.size()));
    pieces.emplace_back(piece.begin(), piece.end());
    bytes = bytes.subspan(piece.size());
  }
  return pieces;
}

// The same in one piece.
inline std::vector<std::vector<std::byte>> whole(std::string_view text) {
  const auto bytes = std::as_bytes(std::span(text.data(), text.size()));
  return {std::vector<std::byte>(bytes.begin(), bytes.end())};
}

// Whether it reads, or is refused as `Refusal`; other exceptions are findings.
template <class Refusal, class Read>
bool reads(Read read) {
  try {
    read();
    return true;
  } catch (const Refusal&) {
    return false;
  }
}

}  // namespace asyncbench::fuzz
