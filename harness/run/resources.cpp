#include "run/resources.hpp"

#include <fmt/format.h>
#include <sys/resource.h>

#include <thread>
#include <utility>

namespace asyncbench::run {

namespace {

Footprint take_footprint(const Strategy& strategy) {
  const measure::UsageSnapshot held = measure::take_usage();
  const KeptResources kept = strategy.kept();
  Footprint footprint{.descriptors = held.descriptors, .threads = held.threads};
  if (footprint.descriptors) *footprint.descriptors -= kept.descriptors;
  if (footprint.threads) *footprint.threads -= kept.threads;
  return footprint;
}

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Footprint take_baseline(const Strategy& strategy) {
  // ThreadSanitizer starts a thread of its own beside a process's first: it is nobody's leak.
  std::thread([] {}).join();
  return take_footprint(strategy);
}

std::string wait_until_back(const Footprint& before, const Strategy& strategy, Duration limit) {
  constexpr Duration kPollInterval = std::chrono::milliseconds(2);
  Time deadline = now() + limit;
  Footprint held = take_footprint(strategy);
  while (true) {
    if (held.descriptors <= before.descriptors && held.threads <= before.threads) return "";
    if (now() >= deadline) {
      return fmt::format("descriptors {} before and {} after, threads {} before and {} after",
                         before.descriptors.value_or(-1), held.descriptors.value_or(-1),
                         before.threads.value_or(-1), held.threads.value_or(-1));
    }
    std::this_thread::sleep_for(kPollInterval);
    const Footprint then = std::exchange(held, take_footprint(strategy));
    if (held != then) deadline = now() + limit;
  }
}

}  // namespace asyncbench::run
