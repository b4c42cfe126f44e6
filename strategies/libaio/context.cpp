#include "context.hpp"

#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "core/strategy.hpp"

namespace asyncbench::aio {

Context::Context(unsigned requests) {
  if (::syscall(SYS_io_setup, requests, &id_) == 0) return;
  std::string text = std::string("io_setup: ") + strerrorname_np(errno);
  if (errno == EAGAIN) text += "; raise fs.aio-max-nr";
  if (errno == ENOSYS || errno == EPERM) {
    text += ": needs a kernel with CONFIG_AIO, and a seccomp profile that knows the call";
  }
  throw StrategyError(text);
}

int Context::submit(std::span<iocb*> requests) {
  const long taken =
      ::syscall(SYS_io_submit, id_, static_cast<long>(requests.size()), requests.data());
  return static_cast<int>(taken < 0 ? -errno : taken);
}

unsigned Context::wait(unsigned least, std::span<io_event> events, Time until) {
  const Duration left = time_left(until);
  timespec limit{.tv_sec = left.count() / 1'000'000'000, .tv_nsec = left.count() % 1'000'000'000};
  const long count =
      ::syscall(SYS_io_getevents, id_, static_cast<long>(least), static_cast<long>(events.size()),
                events.data(), until == kNever ? nullptr : &limit);
  return count < 0 ? 0 : static_cast<unsigned>(count);  // a signal brings no events
}

void Context::end() {
  if (id_ != 0) ::syscall(SYS_io_destroy, std::exchange(id_, 0));
}

}  // namespace asyncbench::aio
