// Runs a task as a coroutine, which awaits one operation after the other.
#pragma once

#include <boost/asio/awaitable.hpp>

#include "pause.hpp"
#include "stream.hpp"

namespace asyncbench::asio_loop {

class CoroStream final : public Stream {
 public:
  using Stream::Stream;

  void begin() override;

 private:
  void end_wait(const Completion& completion) override;

  // One run of the task, from its start to its Finish. One coroutine frame for all of it: a
  // coroutine for each operation would cost a frame and a change of frames each time.
  net::awaitable<void, Executor> run();

  Pause pause_;
  Completion paused_;  // how the wait ended
};

}  // namespace asyncbench::asio_loop
