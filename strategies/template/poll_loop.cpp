#include "poll_loop.hpp"

#include <sys/eventfd.h>

#include <algorithm>
#include <chrono>

namespace asyncbench::polling {

using namespace std::chrono_literals;

namespace {

// poll adds a slack of 0.1 % of its timeout (fs/select.c, select_estimate_accuracy), and deadlines
// may be 5 ms late at most.
constexpr Duration kWaitMax = 1s;

// What to wait for on the task's stream; no descriptor where the operation is not about it.
pollfd awaited(const Connection& connection) {
  switch (connection.waits) {
    case Waits::receive:
      return {.fd = connection.socket.get(), .events = POLLIN, .revents = 0};
    case Waits::connect:
    case Waits::send:
      return {.fd = connection.socket.get(), .events = POLLOUT, .revents = 0};
    default:
      return {.fd = -1, .events = 0, .revents = 0};
  }
}

}  // namespace

void Loop::turn() {
  wait();
  // Tasks that go on may finish, and others begin: who has news is looked up before.
  have_news_.clear();
  for (std::size_t i = 0; i < running().size(); ++i) {
    if (polled_[i + 2].revents != 0) have_news_.push_back(running()[i]);
  }
  for (Connection* const connection : have_news_) has_news(*connection);
  run_ready();
  fire_timers();
  if (polled_[1].revents != 0) accept();
  if (polled_[0].revents != 0) {
    eventfd_t ignored = 0;
    eventfd_read(wake_fd(), &ignored);
    woken();
  }
}

void Loop::wait() {
  polled_.assign({{.fd = wake_fd(), .events = POLLIN, .revents = 0},
                  {.fd = is_listening_ ? listener() : -1, .events = POLLIN, .revents = 0}});
  for (const Connection* const connection : running()) polled_.push_back(awaited(*connection));
  const Duration left = has_ready() ? Duration::zero() : time_left(next_due());
  const Duration wait = std::min<Duration>(left, kWaitMax);
  const timespec timeout{.tv_sec = wait / 1s, .tv_nsec = (wait % 1s).count()};
  // Without news, nothing has been written to the entries.
  ppoll(polled_.data(), polled_.size(), &timeout, nullptr);
  report().woke();
}

}  // namespace asyncbench::polling
