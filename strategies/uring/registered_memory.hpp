// Memory that the kernel has pinned and mapped beforehand, for READ_FIXED and WRITE_FIXED.
#pragma once

#include <liburing.h>

#include <cstddef>
#include <optional>
#include <span>

namespace asyncbench::uring {

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
