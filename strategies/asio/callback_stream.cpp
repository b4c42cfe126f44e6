#include "callback_stream.hpp"

#include <sys/socket.h>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <utility>

namespace asyncbench::asio_loop {

template <class Handler>
auto CallbackStream::with_memory(Handler handler) {
  return net::bind_allocator(HandlerAllocator<void>(memory_), std::move(handler));
}

void CallbackStream::begin() { drive(task().start(loop().lane())); }

void CallbackStream::go_on(const Completion& completion) {
  ++loop().report().completions;
  drive(task().resume(completion));
}

void CallbackStream::drive(Op wanted) {
  for (int turn = 0; turn < kTurnLength; ++turn) {
    if (kind_of(wanted) == OpKind::finish) {
      loop().finish(*this);
      return;
    }
    const std::optional<Completion> ended = attempt(wanted);
    if (!ended) {
      start_wait(wanted);
      return;
    }
    ++loop().report().completions;
    wanted = task().resume(*ended);
  }
  keep(wanted);
  yield_turn();
}

// A task whose operations all end at once would keep the loop from the others, and from the stop.
void CallbackStream::yield_turn() {
  set_pending(Pending::turn);
  net::post(loop().context(), with_memory([this] {
              set_pending(Pending::none);
              drive(kept());
            }));
}

void CallbackStream::start_wait(const Op& wanted) {
  switch (pending()) {
    case Pending::connect:
      socket().async_connect(
          endpoint_of(std::get<op::Connect>(wanted)),
          with_memory([this](const error_code& error) { go_on(connected(error)); }));
      break;
    case Pending::receive:
      socket().async_receive(buffer(),
                             with_memory([this](const error_code& error, std::size_t size) {
                               go_on(received(error, size));
                             }));
      break;
    case Pending::send:
      send_rest();
      break;
    case Pending::file:
      start_file(wanted);
      break;
    case Pending::sleep:
    case Pending::backlog:
    case Pending::children:  // end_wait() will be called
    case Pending::turn:
    case Pending::none:
      break;
  }
}

void CallbackStream::send_rest() {
  // The io_uring of older kernels raises SIGPIPE unless told not to.
  socket().async_send(rest(), MSG_NOSIGNAL,
                      with_memory([this](const error_code& error, std::size_t size) {
                        if (const std::optional<Completion> ended = sent(error, size)) {
                          go_on(*ended);
                        } else {
                          send_rest();
                        }
                      }));
}

void CallbackStream::start_file(const Op& wanted) {
#if defined(BOOST_ASIO_HAS_FILE)
  auto handler = with_memory(
      [this](const error_code& error, std::size_t size) { go_on(transferred(error, size)); });
  if (transfer_.start(wanted, loop().io_memory(), std::move(handler))) return;
#endif
  keep(wanted);
  submit_kept();
}

}  // namespace asyncbench::asio_loop
