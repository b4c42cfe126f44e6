#include "run/resources.hpp"

#include <fmt/format.h>

#include <thread>

namespace asyncbench::run {

measure::UsageSnapshot take_baseline() {
  // ThreadSanitizer starts a thread of its own beside a process's first: it is nobody's leak.
  std::thread([] {}).join();
  return measure::take_usage();
}

std::string wait_until_back(const measure::UsageSnapshot& before, Duration limit) {
  constexpr Duration kPollInterval = std::chrono::milliseconds(2);
  const Time deadline = now() + limit;
  while (true) {
    const measure::UsageSnapshot held = measure::take_usage();
    if (held.descriptors <= before.descriptors && held.threads <= before.threads) return "";
    if (now() >= deadline) {
      return fmt::format("descriptors {} before and {} after, threads {} before and {} after",
                         before.descriptors.value_or(-1), held.descriptors.value_or(-1),
                         before.threads.value_or(-1), held.threads.value_or(-1));
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace asyncbench::run
