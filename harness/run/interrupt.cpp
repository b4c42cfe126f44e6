#include "run/interrupt.hpp"

#include <sys/signalfd.h>

#include <cerrno>
#include <system_error>

namespace asyncbench::run {

InterruptWatch::InterruptWatch() {
  sigemptyset(&watched_);
  sigaddset(&watched_, SIGINT);
  sigaddset(&watched_, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &watched_, &before_);
  fd_ = Fd{::signalfd(-1, &watched_, SFD_CLOEXEC | SFD_NONBLOCK)};
  if (!fd_) throw std::system_error(errno, std::system_category(), "signalfd");
}

InterruptWatch::~InterruptWatch() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

int InterruptWatch::taken() {
  signalfd_siginfo info{};
  if (signal_ == 0 && ::read(fd_.get(), &info, sizeof info) == sizeof info) {
    signal_ = static_cast<int>(info.ssi_signo);
    pthread_sigmask(SIG_UNBLOCK, &watched_, nullptr);
  }
  return signal_;
}

}  // namespace asyncbench::run
