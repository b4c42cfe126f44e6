// Accepts the connections of one lane and starts their tasks.
#pragma once

#include <cstdint>

#include "handler_memory.hpp"
#include "loop.hpp"

namespace asyncbench::asio_loop {

class AcceptLoop final : public Waiter {
 public:
  // Throws boost::system::system_error when the acceptor's socket cannot be listened on.
  AcceptLoop(Loop& loop, Acceptor& acceptor);

  void start() { wait(); }

  // Accepts nothing any more; what is pending ends with the loop's next turns.
  void stop();

  // The pause after a shortage of resources is over.
  void expired() override { wait(); }

 private:
  void wait();
  void accept_waiting();

  Loop& loop_;
  Acceptor& acceptor_;
  Listener listener_;
  HandlerMemory memory_;
};

}  // namespace asyncbench::asio_loop
