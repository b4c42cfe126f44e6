// Runs a task as a coroutine, which awaits one operation after the other.
#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <exception>
#include <type_traits>
#include <utility>

#include "loop.hpp"

namespace asyncbench::asio_loop {

namespace {

// The frame that asks awaits the operation, where use_awaitable would make a frame for each one;
// errors are values, since time-outs and refusals are no exceptions here.
constexpr auto kAsTuple = net::as_tuple(net::deferred);

// What a coroutine waits for that is no operation of Asio's: its loop's timer, its file, its
// children. One coroutine waits at a time. Takes no memory from the heap.
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
  void end() {
    must_hold(held_ != nullptr, "a coroutine waits for the pause that ends");
    std::exchange(held_, nullptr)(slot_.data(), Use::call);
  }

 private:
  enum class Use : bool { call, destroy };

  // The type of the handler, by which Asio resumes a coroutine, is private to Asio.
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

class CoroutineStream final : public Stream {
 public:
  using Stream::Stream;

  void start() override {
    net::co_spawn(loop.context().get_executor(), run(), [](const std::exception_ptr& failure) {
      if (failure) std::rethrow_exception(failure);
    });
  }

  void resume(const Completion& ended) override {
    paused_ = ended;
    pause_.end();
  }

 private:
  // One run of the task, from its start to its Finish. All of it is one coroutine: a coroutine for
  // each operation would cost a frame and a change of frames each time.
  net::awaitable<void, Executor> run() {
    Op next = task->start(loop.lane());
    int ended_at_once = 0;
    while (kind_of(next) != OpKind::finish) {
      if (loop.must_give_way(ended_at_once, next)) {
        ended_at_once = 0;
        loop.turn_awaited();
        co_await net::post(loop.context(), net::deferred);
        loop.turn_taken();
      }
      Loop::Attempt ended = loop.perform(*this, next);
      if (ended) {
        ++loop.report().completions;
        ++ended_at_once;
      } else {
        ended_at_once = 0;
        switch (waits) {
          case Waits::connect: {
            const auto [error] = co_await socket.async_connect(peer(), kAsTuple);
            ended = loop.connected(*this, error);
            break;
          }
          case Waits::receive: {
            const auto [error, size] = co_await socket.async_receive(buffer(), kAsTuple);
            ended = loop.received(*this, error, size);
            break;
          }
          case Waits::send:
            while (!ended) {
              const auto [error, size] = co_await socket.async_send(rest(), kAsTuple);
              ended = loop.sent(*this, error, size);
            }
            break;
          default:
            co_await pause_.wait();
            ended = paused_;
            break;
        }
      }
      next = task->resume(*ended);
    }
    loop.perform(*this, next);  // the stream may be gone
  }

  Pause pause_;
  Completion paused_;  // how the wait ended
};

}  // namespace

std::unique_ptr<Stream> make_coroutine_stream(Loop& loop, Task& task) {
  return std::make_unique<CoroutineStream>(loop, task);
}

}  // namespace asyncbench::asio_loop
