#include "buffer_ring.hpp"

#include <sys/mman.h>

#include <cerrno>

#include "core/strategy.hpp"

namespace asyncbench::uring {

BufferRing::BufferRing(io_uring* ring, unsigned count)
    : ring_(ring), count_(count), mapped_bytes_(count * (sizeof(io_uring_buf) + kStride)) {
  void* const memory = mmap(nullptr, mapped_bytes_, PROT_READ | PROT_WRITE,
                            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (memory == MAP_FAILED)
    throw StrategyError("mmap of receive buffers: out of memory; use fewer connections");
  // The entries come first: they must be page-aligned.
  entries_ = static_cast<io_uring_buf_ring*>(memory);
  buffers_ = static_cast<std::byte*>(memory) + count * sizeof(io_uring_buf);
  io_uring_buf_reg registration{};
  registration.ring_addr = reinterpret_cast<std::uint64_t>(entries_);
  registration.ring_entries = count;
  error_ = -io_uring_register_buf_ring(ring_, &registration, 0);
  if (error_ != 0) return;
  io_uring_buf_ring_init(entries_);
  for (unsigned id = 0; id < count; ++id) give_back(static_cast<BufferId>(id));
}

BufferRing::~BufferRing() {
  if (error_ == 0) io_uring_unregister_buf_ring(ring_, 0);
  munmap(entries_, mapped_bytes_);
}

void BufferRing::give_back(BufferId id) {
  io_uring_buf_ring_add(entries_, buffers_ + std::size_t{id} * kStride, kReceiveBytes, id,
                        io_uring_buf_ring_mask(count_), 0);
  io_uring_buf_ring_advance(entries_, 1);
}

}  // namespace asyncbench::uring
