// Writing to a pipe or socket whose reader has gone, without a signal.
#pragma once

#include <csignal>
#include <ctime>

namespace asyncbench {

// As long as this lives, SIGPIPE does not reach the calling thread, for calls that cannot be told
// MSG_NOSIGNAL: it must neither end this program nor be ignored process-wide for it. Threads
// inherit the mask of the thread that starts them.
class SigpipeBlocked {
 public:
  SigpipeBlocked() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~SigpipeBlocked() {
    const timespec at_once{};
    sigtimedwait(&pipe_, nullptr, &at_once);
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  SigpipeBlocked(const SigpipeBlocked&) = delete;
  SigpipeBlocked& operator=(const SigpipeBlocked&) = delete;

 private:
  sigset_t pipe_;
  sigset_t before_;
};

}  // namespace asyncbench
