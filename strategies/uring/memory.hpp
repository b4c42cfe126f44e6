// Memory that the kernel knows beforehand: receive buffers that it picks from, and what files are
// read into and written from.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "core/job.hpp"

namespace asyncbench::uring {

using BufferId = std::uint16_t;

// Receive buffers shared by all streams of a loop.
class BufferRing {
 public:
  // Registers `count` (a power of two) buffers of kReceiveBytes as group 0. `error()` is then 0, or
  // the errno with which the kernel refused.
  BufferRing(io_uring* ring, unsigned count);
  ~BufferRing();
  BufferRing(const BufferRing&) = delete;
  BufferRing& operator=(const BufferRing&) = delete;

  int error() const { return error_; }
  std::span<const std::byte> data(BufferId id, std::size_t size) const {
    return {buffers_ + std::size_t{id} * kStride, size};
  }

  // Hands the buffer back to the kernel.
  void give_back(BufferId id);

 private:
  // Buffers that all began at a multiple of a large power of two would share few sets of the
  // processor's caches: shift each by some cache lines.
  static constexpr std::size_t kStride = kReceiveBytes + std::size_t{5} * 64;

  io_uring* ring_;
  unsigned count_;
  int error_ = 0;
  std::size_t mapped_bytes_;
  io_uring_buf_ring* entries_ = nullptr;
  std::byte* buffers_ = nullptr;
};

// Memory that is pinned and mapped beforehand, for READ_FIXED and WRITE_FIXED.
class RegisteredMemory {
 public:
  // Registers `memory` for as long as the ring lives. `error()` is then 0, or the errno with which
  // the kernel refused.
  RegisteredMemory(io_uring* ring, std::span<std::byte> memory);

  int error() const { return error_; }

  // The buffer that holds `bytes`; nullopt: they are not registered, or not in one piece.
  std::optional<int> index_of(std::span<const std::byte> bytes) const;

 private:
  // The kernel's limit for one buffer (io_uring_register_buffers(3)).
  static constexpr std::size_t kPartBytes = std::size_t{1} << 30U;

  std::span<std::byte> memory_;
  int error_ = 0;
};

}  // namespace asyncbench::uring
