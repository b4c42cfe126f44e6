// Memory for the one operation that an I/O object has in flight, so that none is allocated for it.
#pragma once

#include <cstddef>
#include <new>

namespace asyncbench::asio_loop {

// Asio asks the handler's associated allocator for the memory of an operation, and gives it back
// before it calls the handler. A request beyond the one block goes to the heap.
class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  void* allocate(std::size_t size) {
    if (in_use_ || size > sizeof block_) return ::operator new(size);
    in_use_ = true;
    return block_;
  }

  void deallocate(void* memory) {
    if (memory == block_) {
      in_use_ = false;
    } else {
      ::operator delete(memory);
    }
  }

 private:
  static constexpr std::size_t kBlockBytes =
      256;  // the largest operation takes it all over io_uring, half over epoll

  alignas(std::max_align_t) std::byte block_[kBlockBytes];
  bool in_use_ = false;
};

// The standard allocator on top of it, for boost::asio::bind_allocator.
template <class T>
class HandlerAllocator {
 public:
  using value_type = T;

  explicit HandlerAllocator(HandlerMemory& memory) : memory_(&memory) {}
  template <class U>
  explicit HandlerAllocator(const HandlerAllocator<U>& other) : memory_(other.memory_) {}

  T* allocate(std::size_t count) { return static_cast<T*>(memory_->allocate(count * sizeof(T))); }
  void deallocate(T* memory, std::size_t) { memory_->deallocate(memory); }

  template <class U>
  bool operator==(const HandlerAllocator<U>& other) const {
    return memory_ == other.memory_;
  }

 private:
  template <class>
  friend class HandlerAllocator;

  HandlerMemory* memory_;
};

}  // namespace asyncbench::asio_loop
