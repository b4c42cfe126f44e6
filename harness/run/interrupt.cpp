#include "run/interrupt.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace asyncbench::run {
namespace {

constexpr std::array kWatched = {SIGHUP, SIGINT, SIGTERM};

std::atomic<int> caught{0};      // the first signal that came, and no run has ended by
std::atomic<int> caught_fd{-1};  // made readable then; -1: nobody watches

// Makes only calls that signal-safety(7) allows.
void catch_first(int signal) {
  const int before = errno;
  for (const int each : kWatched) ::signal(each, SIG_DFL);
  int none = 0;
  caught.compare_exchange_strong(none, signal);
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t wrote = ::write(caught_fd.load(), &one, sizeof one);
  errno = before;
}

}  // namespace

InterruptWatch::InterruptWatch() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  if (!fd_) throw std::system_error(errno, std::system_category(), "eventfd");
  assert(caught_fd.load() == -1);
  caught_fd.store(fd_.get());
  // One that came since the last watch: if it comes again, both make it readable.
  if (caught.load() != 0) ::eventfd_write(fd_.get(), 1);
  struct sigaction action {};
  action.sa_handler = catch_first;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int each : kWatched) sigaddset(&action.sa_mask, each);
  for (const int each : kWatched) {
    struct sigaction before {};
    ::sigaction(each, nullptr, &before);
    // A shell's background job ignores SIGINT, and nohup's child SIGHUP.
    if (before.sa_handler != SIG_IGN) ::sigaction(each, &action, nullptr);
  }
}

InterruptWatch::~InterruptWatch() {
  caught_fd.store(-1);
  caught.store(0);
}

int InterruptWatch::taken() const { return caught.load(); }

}  // namespace asyncbench::run
