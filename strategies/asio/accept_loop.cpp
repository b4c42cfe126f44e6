#include "accept_loop.hpp"

#include <fcntl.h>
#include <sys/socket.h>

#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/error.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <utility>

#include "core/fd.hpp"

namespace asyncbench::asio_loop {

namespace {

// Connections accepted in a row before the loop serves those it has.
constexpr int kAcceptBatch = 64;

[[noreturn]] void throw_errno(const char* operation) {
  throw boost::system::system_error(errno, boost::system::system_category(), operation);
}

Protocol protocol_of(int listening) {
  int family = 0;
  int protocol = 0;
  socklen_t size = sizeof(int);
  if (getsockopt(listening, SOL_SOCKET, SO_DOMAIN, &family, &size) != 0 ||
      getsockopt(listening, SOL_SOCKET, SO_PROTOCOL, &protocol, &size) != 0) {
    throw_errno("getsockopt");
  }
  return {family, protocol};
}

// Asio closes what it holds, and the acceptor's socket is only lent.
Fd duplicate(int listening) {
  Fd copy(fcntl(listening, F_DUPFD_CLOEXEC, 0));
  if (!copy) throw_errno("fcntl(F_DUPFD_CLOEXEC)");
  return copy;
}

}  // namespace

AcceptLoop::AcceptLoop(Loop& loop, Acceptor& acceptor)
    : loop_(loop), acceptor_(acceptor), listener_(loop.context().get_executor()) {
  Fd listening = duplicate(acceptor.socket(loop.lane()));
  listener_.assign(protocol_of(listening.get()), listening.get());
  listening.release();
  listener_.non_blocking(true);
  // Without it Asio itself waits, in poll(), after a connection that was reset in the queue.
  listener_.set_option(net::socket_base::enable_connection_aborted(true));
}

// The listener is closed when the wait has ended, and not before: over io_uring, Asio gives the
// state of a closed socket to the next one while the kernel's last word on it is still to come.
void AcceptLoop::stop() {
  loop_.forget_timer(*this);
  error_code ignored;
  listener_.cancel(ignored);
}

void AcceptLoop::wait() {
  listener_.async_wait(Listener::wait_read, net::bind_allocator(HandlerAllocator<void>(memory_),
                                                                [this](const error_code& error) {
                                                                  if (error || loop_.stopping())
                                                                    return;
                                                                  accept_waiting();
                                                                }));
}

void AcceptLoop::accept_waiting() {
  for (int accepted = 0; accepted < kAcceptBatch; ++accepted) {
    error_code error;
    Socket socket(loop_.context().get_executor());
    listener_.accept(socket, error);
    if (error == net::error::would_block) break;
    if (is_resource_shortage(error.value())) {
      ++loop_.report().accept_pauses;
      loop_.start_timer(*this, now() + kAcceptPause);
      return;
    }
    // Any other error concerns a connection that is already gone.
    if (error) continue;
    ++loop_.report().completions;
    if (std::unique_ptr<Task> task = acceptor_.accepted(loop_.lane())) {
      loop_.start(std::move(task), std::move(socket));
    }
  }
  wait();
}

}  // namespace asyncbench::asio_loop
