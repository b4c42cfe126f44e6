#include "stop_signal.hpp"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <climits>
#include <ctime>

namespace asyncbench::threads {

static_assert(sizeof(std::atomic<std::uint32_t>) == sizeof(std::uint32_t),
              "the kernel reads the word as a plain 32-bit integer");

void StopSignal::set() {
  word_.store(1, std::memory_order_release);
  syscall(SYS_futex, &word_, FUTEX_WAKE_PRIVATE, INT_MAX, nullptr, nullptr, 0);
  event_.wake();
}

// A futex wait rather than a poll: its time is absolute and as exact as the thread's timer slack,
// while poll adds a slack of 0.1 % of its timeout (fs/select.c, select_estimate_accuracy).
void StopSignal::sleep_until(Time until) const {
  const std::int64_t ns = to_ns(until);
  const timespec absolute{.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000};
  while (!is_set() && now() < until) {
    syscall(SYS_futex, &word_, FUTEX_WAIT_BITSET_PRIVATE, 0, &absolute, nullptr,
            FUTEX_BITSET_MATCH_ANY);
  }
}

}  // namespace asyncbench::threads
