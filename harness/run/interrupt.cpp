#include "run/interrupt.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cassert>
#include <cerrno>
#include <cstdint>
#include <system_error>

namespace asyncbench::run {
namespace {

constexpr std::array kWatched = {SIGINT, SIGTERM};

std::atomic<int> caught{0};      // the first signal that came
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
  caught.store(0);
  caught_fd.store(fd_.get());
  struct sigaction action {};
  action.sa_handler = catch_first;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (const int each : kWatched) sigaddset(&action.sa_mask, each);
  for (std::size_t i = 0; i < before_.size(); ++i) {
    ::sigaction(kWatched[i], nullptr, &before_[i]);
    // A shell's background job ignores SIGINT.
    if (before_[i].sa_handler != SIG_IGN) ::sigaction(kWatched[i], &action, nullptr);
  }
}

InterruptWatch::~InterruptWatch() {
  for (std::size_t i = 0; i < before_.size(); ++i) ::sigaction(kWatched[i], &before_[i], nullptr);
  caught_fd.store(-1);
}

int InterruptWatch::taken() const { return caught.load(); }

}  // namespace asyncbench::run
