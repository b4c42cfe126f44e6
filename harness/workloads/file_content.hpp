// What the blocks of the file workloads hold, so that any of them can be verified without a copy of
// the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace asyncbench::workloads {

// Each sector of a block begins with a stamp: where in the file the block lies and which write made
// it, eight bytes each. A block from elsewhere, an older one, and one that was written in part are
// told apart from the right one by any of them. Behind it comes content that follows from its place
// in the block: pseudo-random bytes as in http/body.hpp.
inline constexpr std::size_t kSectorBytes = 512;

// The number of the write that prepares the file before a job.
inline constexpr std::uint64_t kPreparedWrite = 0;

// A block of whole sectors, but for its stamps: what all blocks have in common.
void fill_block(std::span<std::byte> block);

// Makes the filled block that of `offset` in the file, of that write.
void stamp_block(std::span<std::byte> block, std::uint64_t offset, std::uint64_t write);

bool block_matches(std::span<const std::byte> block, std::uint64_t offset, std::uint64_t write);

}  // namespace asyncbench::workloads
