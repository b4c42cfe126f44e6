#include "memory.hpp"

#include <sys/mman.h>
#include <sys/uio.h>

#include <algorithm>
#include <cerrno>
#include <functional>
#include <vector>

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

RegisteredMemory::RegisteredMemory(io_uring* ring, std::span<std::byte> memory) : memory_(memory) {
  std::vector<iovec> parts;
  for (std::size_t begin = 0; begin < memory.size(); begin += kPartBytes) {
    parts.push_back({.iov_base = memory.data() + begin,
                     .iov_len = std::min(kPartBytes, memory.size() - begin)});
  }
  if (parts.empty()) return;
  error_ = -io_uring_register_buffers(ring, parts.data(), static_cast<unsigned>(parts.size()));
  if (error_ != 0) memory_ = {};
}

std::optional<int> RegisteredMemory::index_of(std::span<const std::byte> bytes) const {
  if (bytes.empty() || std::less{}(bytes.data(), memory_.data()) ||
      std::less{}(memory_.data() + memory_.size(), bytes.data() + bytes.size())) {
    return std::nullopt;
  }
  const auto first = static_cast<std::size_t>(bytes.data() - memory_.data());
  const std::size_t last = first + bytes.size() - 1;
  if (first / kPartBytes != last / kPartBytes) return std::nullopt;
  return static_cast<int>(first / kPartBytes);
}

}  // namespace asyncbench::uring
