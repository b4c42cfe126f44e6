// Memory that the kernel knows beforehand: receive buffers that it picks from, and what files are
// read into and written from.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/job.hpp"

namespace asyncbench::uring {

using BufferId = std::uint16_t;

inline constexpr unsigned kBuffersAtFirst = 16;

// Receive buffers shared by all streams of a loop. The kernel fills them in turn, first in, first
// out, so that all that it has would be touched again and again: it gets few at first, which stay
// in the processor's caches, and more once it has run out.
class BufferRing {
 public:
  // Registers a ring of `count` (a power of two) buffers of kReceiveBytes as group 0. `error()` is
  // then 0, or the errno with which the kernel refused.
  BufferRing(io_uring* ring, unsigned count);
  ~BufferRing();
  BufferRing(const BufferRing&) = delete;
  BufferRing& operator=(const BufferRing&) = delete;

  int error() const { return error_; }
  std::span<const std::byte> data(BufferId id, std::size_t size) const {
    return {buffers_ + std::size_t{id} * kStride, size};
  }

  // Gives the kernel twice as many. False: it has had all.
  bool grow();

  // Hands the buffer back to the kernel, which takes them in this order.
  void give_back(BufferId id);

  // The one that was given back next.
  BufferId after(BufferId id) const { return order_[(places_[id] + 1U) % count_]; }

 private:
  // Buffers that all began at a multiple of a large power of two would share few sets of the
  // processor's caches: shift each by some cache lines.
  static constexpr std::size_t kStride = kReceiveBytes + std::size_t{5} * 64;

  io_uring* ring_;
  unsigned count_;
  unsigned used_ = 0;  // those that the kernel has had
  int error_ = 0;
  std::size_t mapped_bytes_;
  io_uring_buf_ring* entries_ = nullptr;
  std::byte* buffers_ = nullptr;
  std::vector<BufferId> order_;        // by place in the ring
  std::vector<std::uint16_t> places_;  // in the ring, by buffer
};

// Memory that is pinned and mapped beforehand, for READ_FIXED and WRITE_FIXED, and SEND_ZC.
class RegisteredMemory {
 public:
  // Registers both for as long as the ring lives; each may be empty. `error()` is then 0, or the
  // errno with which the kernel refused.
  RegisteredMemory(io_uring* ring, std::span<const std::byte> transfers,
                   std::span<const std::byte> sends);

  int error() const { return error_; }

  // The buffer that holds `bytes`; nullopt: they are not registered, or not in one piece.
  std::optional<int> index_of(std::span<const std::byte> bytes) const;

 private:
  // The kernel's limit for one buffer (io_uring_register_buffers(3)).
  static constexpr std::size_t kPartBytes = std::size_t{1} << 30U;

  std::vector<std::span<const std::byte>> parts_;  // by index
  int error_ = 0;
};

}  // namespace asyncbench::uring
