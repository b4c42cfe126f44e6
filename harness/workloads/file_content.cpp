#include "workloads/file_content.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/body.hpp"

namespace asyncbench::workloads {
namespace {

using Stamp = std::array<std::uint64_t, 2>;

// The content after the stamp of the sector that begins `position` bytes into its block.
std::span<const std::byte> rest_of_sector(std::size_t position) {
  return http::body_slice(0, position + sizeof(Stamp), kSectorBytes - sizeof(Stamp));
}

}  // namespace

void fill_block(std::span<std::byte> block) {
  for (std::size_t at = 0; at < block.size(); at += kSectorBytes) {
    std::ranges::copy(rest_of_sector(at), block.subspan(at + sizeof(Stamp)).begin());
  }
}

void stamp_block(std::span<std::byte> block, std::uint64_t offset, std::uint64_t write) {
  const Stamp stamp{offset, write};
  for (std::size_t at = 0; at < block.size(); at += kSectorBytes) {
    std::memcpy(block.data() + at, &stamp, sizeof stamp);
  }
}

bool block_matches(std::span<const std::byte> block, std::uint64_t offset, std::uint64_t write) {
  const Stamp stamp{offset, write};
  for (std::size_t at = 0; at < block.size(); at += kSectorBytes) {
    const auto rest = rest_of_sector(at);
    if (std::memcmp(block.data() + at, &stamp, sizeof stamp) != 0 ||
        std::memcmp(block.data() + at + sizeof stamp, rest.data(), rest.size()) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace asyncbench::workloads
