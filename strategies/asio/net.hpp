// The parts of Boost.Asio that these strategies use: types with concrete executors, and memory for
// handlers.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <new>
#include <utility>

#include "core/assert.hpp"
#include "core/time.hpp"

namespace asyncbench::asio_loop {

namespace net = boost::asio;
using boost::system::error_code;

// TCP and Unix sockets in one type: ip::tcp's endpoints hold no AF_UNIX address.
using Protocol = net::generic::stream_protocol;

// The default executor, any_io_executor, would cost a type-erased call for every operation.
using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<Protocol, Executor>;
using Listener = net::basic_socket_acceptor<Protocol, Executor>;
using WakeTimer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

// Memory for the one operation that an I/O object has in flight, so that none is allocated for it.
// Asio asks the handler's associated allocator for the memory of an operation, and gives it back
// before it calls the handler. A request beyond the one block goes to the heap.
class HandlerMemory {
 public:
  HandlerMemory() = default;
  HandlerMemory(const HandlerMemory&) = delete;
  HandlerMemory& operator=(const HandlerMemory&) = delete;

  void* allocate(std::size_t size) {
    if (is_used_ || size > sizeof block_) return ::operator new(size);
    is_used_ = true;
    return block_;
  }

  void deallocate(void* memory) {
    if (memory != block_) return ::operator delete(memory);
    must_hold(is_used_, "a handler's memory that is given back is in use");
    is_used_ = false;
  }

 private:
  // The largest operation fills it over io_uring, and half of it over epoll.
  static constexpr std::size_t kBlockBytes = 256;

  alignas(std::max_align_t) std::byte block_[kBlockBytes];
  bool is_used_ = false;
};

// The standard allocator on top of it.
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

// `handler`, for an operation that lies in `memory`.
template <class Handler>
auto in_memory(HandlerMemory& memory, Handler handler) {
  return net::bind_allocator(HandlerAllocator<void>(memory), std::move(handler));
}

}  // namespace asyncbench::asio_loop
