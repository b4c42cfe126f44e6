#include "registered_memory.hpp"

#include <sys/uio.h>

#include <algorithm>
#include <functional>
#include <vector>

namespace asyncbench::uring {

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
