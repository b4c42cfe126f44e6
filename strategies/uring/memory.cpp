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
    : ring_(ring),
      count_(count),
      mapped_bytes_(count * (sizeof(io_uring_buf) + kStride)),
      order_(count),
      places_(count) {
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
  grow();
}

bool BufferRing::grow() {
  if (used_ == count_) return false;
  const unsigned wanted = std::clamp(2 * used_, kBuffersAtFirst, count_);
  while (used_ < wanted) give_back(static_cast<BufferId>(used_++));
  return true;
}

BufferRing::~BufferRing() {
  if (error_ == 0) io_uring_unregister_buf_ring(ring_, 0);
  munmap(entries_, mapped_bytes_);
}

void BufferRing::give_back(BufferId id) {
  const auto place = static_cast<std::uint16_t>(entries_->tail % count_);
  order_[place] = id;
  places_[id] = place;
  io_uring_buf_ring_add(entries_, buffers_ + std::size_t{id} * kStride, kReceiveBytes, id,
                        io_uring_buf_ring_mask(count_), 0);
  io_uring_buf_ring_advance(entries_, 1);
}

RegisteredMemory::RegisteredMemory(io_uring* ring, std::span<const std::byte> transfers,
                                   std::span<const std::byte> sends) {
  for (std::span<const std::byte> rest : {transfers, sends}) {
    while (!rest.empty()) {
      parts_.push_back(rest.first(std::min(kPartBytes, rest.size())));
      rest = rest.subspan(parts_.back().size());
    }
  }
  std::vector<iovec> vectors;
  vectors.reserve(parts_.size());
  for (const auto part : parts_) {
    vectors.push_back(
        {.iov_base = const_cast<std::byte*>(part.data()), .iov_len = part.size_bytes()});
  }
  if (vectors.empty()) return;
  error_ = -io_uring_register_buffers(ring, vectors.data(), static_cast<unsigned>(vectors.size()));
  if (error_ != 0) parts_.clear();
}

std::optional<int> RegisteredMemory::index_of(std::span<const std::byte> bytes) const {
  for (unsigned index = 0; index < parts_.size(); ++index) {
    const auto part = parts_[index];
    if (!std::less{}(bytes.data(), part.data()) &&
        !std::less{}(part.data() + part.size(), bytes.data() + bytes.size())) {
      return static_cast<int>(index);
    }
  }
  return std::nullopt;
}

}  // namespace asyncbench::uring
