#include "blocking_stream.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "core/assert.hpp"
#include "core/job.hpp"
#include "core/socket_ops.hpp"

namespace asyncbench::threads {

using namespace std::chrono_literals;

namespace {

// Two ticks of the slowest usual kernel clock (HZ = 100): the timeout is rounded up to a tick and
// counted from the next one.
constexpr Duration kTicks = 20ms;

Duration latest_end(Duration timeout) { return timeout + timeout / 8 + kTicks; }

}  // namespace

bool CoarseTimeout::fit(int fd, Time deadline) {
  if (deadline == kNever) return current_ == Duration{} || apply(fd, {});
  const Duration remaining = time_left(deadline);
  if (remaining < 2 * kTicks) return false;
  const bool fits =
      current_ != Duration{} && latest_end(current_) <= remaining && current_ >= remaining / 4;
  // 3/4 leaves room, so that the next request with the same deadline finds a timeout that fits.
  return fits || apply(fd, (remaining - kTicks) * 3 / 4);
}

bool CoarseTimeout::apply(int fd, Duration timeout) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(timeout).count();
  const timeval value{.tv_sec = us / 1'000'000, .tv_usec = us % 1'000'000};
  if (setsockopt(fd, SOL_SOCKET, option_, &value, sizeof value) != 0) return false;
  current_ = timeout;
  return true;
}

BlockingStream::BlockingStream(const StopSignal& stop)
    : stop_(stop), receive_timeout_(SO_RCVTIMEO), send_timeout_(SO_SNDTIMEO) {}

void BlockingStream::adopt(Fd fd) {
  const std::lock_guard lock(mutex_);
  must_hold(fd_ < 0, "a task has one stream at a time");
  fd_ = fd.release();
  receive_timeout_.forget();
  send_timeout_.forget();
}

Completion BlockingStream::connect(const Endpoint& to, Time deadline) {
  Fd fd = stream_socket(to, 0);
  if (!fd) return failed(errno);
  adopt(std::move(fd));

  ++waits_;
  const int error = to.is_unix() ? connect_unix(to, deadline) : connect_tcp(to, deadline);
  if (error == 0) return {};
  close(false);
  return failed(error);
}

int BlockingStream::connect_tcp(const Endpoint& to, Time deadline) {
  const bool may_block = send_timeout_.fit(fd_, deadline);
  if (!may_block) set_blocking(fd_, false);
  int error = begin_connect(fd_, to);
  // Interrupted, out of coarse time or not blocking: the kernel goes on connecting all the same.
  if (error == EINPROGRESS || error == EINTR) {
    if (!wait_until_ready(POLLOUT, deadline)) return ETIMEDOUT;
    error = end_connect(fd_);
  }
  if (!may_block) set_blocking(fd_, true);
  return error;
}

// A full queue of the listener says EAGAIN at once, for which no poll can wait (unix(7)); in a
// blocking connect, which could, no shutdown of this socket wakes the thread (net/unix/af_unix.c,
// unix_wait_for_peer).
int BlockingStream::connect_unix(const Endpoint& to, Time deadline) {
  set_blocking(fd_, false);
  for (;;) {
    const int error = begin_connect(fd_, to);
    if (error == 0) break;
    if (error != EAGAIN && error != EINTR) return error;
    if (stop_.is_set()) return ECANCELED;
    if (time_left(deadline) == Duration::zero()) return ETIMEDOUT;
    stop_.sleep_until(std::min(deadline, now() + kBacklogPause));
  }
  set_blocking(fd_, true);
  return 0;
}

Completion BlockingStream::receive(Time deadline) {
  if (!buffer_) buffer_ = std::make_unique_for_overwrite<std::byte[]>(kReceiveBytes);
  for (;;) {
    const int flags = receive_timeout_.fit(fd_, deadline) ? 0 : MSG_DONTWAIT;
    ++waits_;
    const ssize_t received = ::recv(fd_, buffer_.get(), kReceiveBytes, flags);
    if (received >= 0) return {.data = {buffer_.get(), static_cast<std::size_t>(received)}};
    if (errno == EINTR) continue;
    if (errno != EAGAIN) return failed(errno);
    if (!wait_until_ready(POLLIN, deadline)) return failed(std::errc::timed_out);
  }
}

Completion BlockingStream::send(std::span<const std::byte> bytes, Time deadline) {
  for (;;) {
    const int flags = send_timeout_.fit(fd_, deadline) ? 0 : MSG_DONTWAIT;
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), flags | MSG_NOSIGNAL);
    if (sent >= 0) {
      bytes = bytes.subspan(static_cast<std::size_t>(sent));
      if (bytes.empty()) return {};
    } else if (errno == EINTR) {
      continue;
    } else if (errno != EAGAIN) {
      return failed(errno);
    }
    if (!wait_until_ready(POLLOUT, deadline)) return failed(std::errc::timed_out);
  }
}

void BlockingStream::close(bool reset) {
  const std::lock_guard lock(mutex_);
  if (fd_ < 0) return;
  if (reset) reset_on_close(fd_);
  ::close(std::exchange(fd_, -1));
}

void BlockingStream::shut_down() {
  const std::lock_guard lock(mutex_);
  if (fd_ >= 0) ::shutdown(fd_, SHUT_RDWR);
}

// Errors and hang-ups count as ready: the call that follows says what happened.
bool BlockingStream::wait_until_ready(short events, Time deadline) {
  for (;;) {
    const Duration remaining = time_left(deadline);
    if (remaining == Duration{}) return false;
    // poll may be late by 0.1 % of its timeout (fs/select.c, select_estimate_accuracy).
    const Duration wait = remaining > 1s ? remaining - remaining / 500 : remaining;
    const timespec timeout{.tv_sec = wait / 1s, .tv_nsec = (wait % 1s).count()};
    pollfd polled{.fd = fd_, .events = events, .revents = 0};
    ++waits_;
    if (ppoll(&polled, 1, &timeout, nullptr) > 0) return true;
  }
}

}  // namespace asyncbench::threads
