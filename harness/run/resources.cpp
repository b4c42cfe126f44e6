#include "run/resources.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <iterator>
#include <thread>

namespace asyncbench::run {
namespace {

std::size_t entries_of(const char* folder) {
  using std::filesystem::directory_iterator;
  return static_cast<std::size_t>(std::distance(directory_iterator{folder}, directory_iterator{}));
}

}  // namespace

Resources Resources::held() {
  // The iterator's own descriptor is counted each time, so comparisons are not affected.
  return {.descriptors = entries_of("/proc/self/fd"), .threads = entries_of("/proc/self/task")};
}

std::string wait_until_back(const Resources& before, Duration limit) {
  constexpr Duration kPollInterval = std::chrono::milliseconds(2);
  const Time deadline = now() + limit;
  while (true) {
    const Resources held = Resources::held();
    if (held.descriptors <= before.descriptors && held.threads <= before.threads) return "";
    if (now() >= deadline) {
      return fmt::format("descriptors {} before and {} after, threads {} before and {} after",
                         before.descriptors, held.descriptors, before.threads, held.threads);
    }
    std::this_thread::sleep_for(kPollInterval);
  }
}

}  // namespace asyncbench::run
