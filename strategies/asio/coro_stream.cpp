#include "coro_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/deferred.hpp>
#include <boost/asio/post.hpp>
#include <exception>

namespace asyncbench::asio_loop {

namespace {

// Awaited by the frame that asks, where use_awaitable would make a frame for each operation; errors
// are values, since time-outs and refusals are no exceptions here.
constexpr auto kAsTuple = net::as_tuple(net::deferred);

}  // namespace

void CoroStream::begin() {
  net::co_spawn(loop().context().get_executor(), run(), [](const std::exception_ptr& failure) {
    if (failure) std::rethrow_exception(failure);
  });
}

void CoroStream::end_wait(const Completion& completion) {
  paused_ = completion;
  pause_.end();
}

net::awaitable<void, Executor> CoroStream::run() {
  Op wanted = task().start(loop().lane());
  int turn = 0;
  while (kind_of(wanted) != OpKind::finish) {
    std::optional<Completion> ended = attempt(wanted);
    if (ended) {
      // A task whose operations all end at once would keep the loop from the others.
      if (++turn == kTurnLength) {
        turn = 0;
        co_await net::post(loop().context(), net::deferred);
      }
    } else {
      turn = 0;
      switch (pending()) {
        case Pending::connect: {
          const auto [error] =
              co_await socket().async_connect(endpoint_of(std::get<op::Connect>(wanted)), kAsTuple);
          ended = connected(error);
          break;
        }
        case Pending::receive: {
          const auto [error, size] = co_await socket().async_receive(buffer(), kAsTuple);
          ended = received(error, size);
          break;
        }
        case Pending::send:
          while (!ended) {
            const auto [error, size] = co_await socket().async_send(rest(), kAsTuple);
            ended = sent(error, size);
          }
          break;
        case Pending::file:
          keep(wanted);
          submit_kept();
          [[fallthrough]];
        default:
          co_await pause_.wait();
          ended = paused_;
          break;
      }
    }
    ++loop().report().completions;
    wanted = task().resume(*ended);
  }
  loop().finish(*this);
}

}  // namespace asyncbench::asio_loop
