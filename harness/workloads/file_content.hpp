// What the blocks of the file workloads hold. Any block can be verified without a copy of the file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace asyncbench::workloads {

// Each sector of a block begins with a stamp: the block's place in the file and the number of the
// write that made it, eight bytes each. So any sector shows whether the block comes from elsewhere,
// is older, or was written only in part. The content after the stamp follows from the sector's
// place in the block: pseudo-random bytes as in http/body.hpp.
inline constexpr std::size_t kSectorBytes = 512;

// The number of the write that prepares the file before a job.
inline constexpr std::uint64_t kPreparedWrite = 0;

// Fills a block of whole sectors with the content that all blocks share; the stamps are left out.
void fill_block(std::span<std::byte> block);

// Stamps a filled block as the one at `offset` in the file, made by that write.
void stamp_block(std::span<std::byte> block, std::uint64_t offset, std::uint64_t write);

bool block_matches(std::span<const std::byte> block, std::uint64_t offset, std::uint64_t write);

}  // namespace asyncbench::workloads
