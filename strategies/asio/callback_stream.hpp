// Runs a task with callbacks: the handler of an operation goes on with the task.
#pragma once

#include "handler_memory.hpp"
#include "stream.hpp"

namespace asyncbench::asio_loop {

class CallbackStream final : public Stream {
 public:
  using Stream::Stream;

  void begin() override;

 private:
  void end_wait(const Completion& completion) override { go_on(completion); }

  // Performs `op` and what the task wants after it, until something has to be waited for.
  // The stream may be gone on return.
  void drive(Op wanted);
  void go_on(const Completion& completion);
  void yield_turn();
  void start_wait(const Op& wanted);
  void send_rest();
  void start_file(const Op& wanted);

  template <class Handler>
  auto with_memory(Handler handler);

  HandlerMemory memory_;
#if defined(BOOST_ASIO_HAS_FILE)
  FileTransfer transfer_{loop().context()};
#endif
};

}  // namespace asyncbench::asio_loop
