// What a coroutine waits for that is no operation of Asio's: its loop's timer, its file, its
// children.
#pragma once

#include <array>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

#include "net.hpp"

namespace asyncbench::asio_loop {

// One coroutine waits at a time. Takes no memory from the heap.
class Pause {
 public:
  Pause() = default;
  Pause(const Pause&) = delete;
  Pause& operator=(const Pause&) = delete;
  ~Pause() {
    if (held_ != nullptr) held_(slot_.data(), Use::destroy);
  }

  // For co_await: goes on after end().
  auto wait() {
    return net::async_initiate<const net::deferred_t&, void()>(
        [this](auto handler) { hold(std::move(handler)); }, net::deferred);
  }

  // Goes on with the coroutine that waits, in this call. The pause may be gone on return.
  void end() { std::exchange(held_, nullptr)(slot_.data(), Use::call); }

 private:
  enum class Use : bool { call, destroy };

  // The type of the handler, by which Asio resumes a coroutine, is Asio's own affair.
  template <class Handler>
  void hold(Handler handler) {
    static_assert(sizeof(Handler) <= kSlotBytes);
    static_assert(std::is_nothrow_move_constructible_v<Handler>);
    std::construct_at(reinterpret_cast<Handler*>(slot_.data()), std::move(handler));
    held_ = [](void* slot, Use use) {
      auto* const held = static_cast<Handler*>(slot);
      Handler taken(std::move(*held));
      std::destroy_at(held);
      if (use == Use::call) taken();
    };
  }

  static constexpr std::size_t kSlotBytes = 32;

  alignas(std::max_align_t) std::array<std::byte, kSlotBytes> slot_;
  void (*held_)(void* slot, Use use) = nullptr;
};

}  // namespace asyncbench::asio_loop
