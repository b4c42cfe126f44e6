// Runs a task with callbacks: the handler of an operation goes on with the task.
#include <sys/socket.h>

#include <boost/asio/post.hpp>

#include "loop.hpp"

namespace asyncbench::asio_loop {

namespace {

class CallbackStream final : public Stream {
 public:
  using Stream::Stream;

  void start() override { loop.drive(*this, task->start(loop.lane())); }
  void resume(const Completion& ended) override { loop.drive(*this, task->resume(ended)); }

  void begin_wait() override {
    switch (waits) {
      case Waits::turn:
        net::post(loop.context(), in_memory(memory_, [this] { loop.take_turn(*this); }));
        break;
      case Waits::connect:
        socket.async_connect(peer(), in_memory(memory_, [this](const error_code& error) {
                               resume(loop.connected(*this, error));
                             }));
        break;
      case Waits::receive:
        socket.async_receive(buffer(),
                             in_memory(memory_, [this](const error_code& error, std::size_t size) {
                               resume(loop.received(*this, error, size));
                             }));
        break;
      case Waits::send:
        send_rest();
        break;
#if defined(BOOST_ASIO_HAS_FILE)
      case Waits::file:
        if (!transfer_) transfer_ = std::make_unique<FileTransfer>(loop.context());
        transfer_->start(wanted, loop.io_memory(),
                         in_memory(memory_, [this](const error_code& error, std::size_t size) {
                           resume(loop.transferred(*this, error, size));
                         }));
        break;
#endif
      default:
        break;
    }
  }

 private:
  void send_rest() {
    // The io_uring of older kernels raises SIGPIPE unless told not to.
    socket.async_send(rest(), MSG_NOSIGNAL,
                      in_memory(memory_, [this](const error_code& error, std::size_t size) {
                        if (const Loop::Attempt ended = loop.sent(*this, error, size)) {
                          resume(*ended);
                        } else {
                          send_rest();
                        }
                      }));
  }

  HandlerMemory memory_;
#if defined(BOOST_ASIO_HAS_FILE)
  std::unique_ptr<FileTransfer> transfer_;  // from the first Read or Write on
#endif
};

}  // namespace

std::unique_ptr<Stream> make_callback_stream(Loop& loop, Task& task) {
  return std::make_unique<CallbackStream>(loop, task);
}

}  // namespace asyncbench::asio_loop
