#include "asio.hpp"

#include "asio_strategy.hpp"

namespace asyncbench {

namespace {

using asio_loop::Flavour;

Flavour over_epoll(const char* name, const char* summary, asio_loop::MakeStream make_stream) {
  return {.info = {.name = name,
                   .summary = summary,
                   .waits = "epoll_wait",
                   .family = family::kReadinessLoops,
                   .files = kSharedFilePool,
                   .options = {{"events_per_wait", "128"},
                               {"send",
                                "send(2) at once, the backend for what the socket does "
                                "not take"}}},
          .make_stream = make_stream,
          .granted = {"epoll", "timerfd"},
          .probe = Support::yes};
}

}  // namespace

std::unique_ptr<Strategy> make_asio() {
  return asio_loop::make_strategy(
      over_epoll("asio", "Boost.Asio: one io_context a thread, callbacks, operations tried at once",
                 asio_loop::make_callback_stream));
}

std::unique_ptr<Strategy> make_asio_coro() {
  return asio_loop::make_strategy(
      over_epoll("asio_coro", "Boost.Asio with C++20 coroutines: one coroutine a task",
                 asio_loop::make_coroutine_stream));
}

}  // namespace asyncbench
