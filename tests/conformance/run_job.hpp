// Runs a job under a strategy, with a watchdog so that a hang is a failure with a name.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "core/strategy.hpp"
#include "script.hpp"
#include "tests/sanitized.hpp"

namespace asyncbench::conformance {

using Tasks = std::vector<std::unique_ptr<Task>>;

// How late an operation may end in these tests: machines that run tests stall for hundreds of
// milliseconds at times, and one that waits for what never comes is stopped by the watchdog.
inline constexpr Duration kLateness = std::chrono::seconds(2) * test::kSlowdown;

struct RunOptions {
  unsigned threads = 1;
  unsigned lanes = 1;  // at least `threads`
  Acceptor* acceptor = nullptr;
  std::span<std::byte> io_memory;
  Duration slack{0};
  std::stop_source stop;
};

// Memory for Job::io_memory, in blocks whose place suits O_DIRECT.
class IoMemory {
 public:
  IoMemory(std::size_t blocks, std::size_t block_bytes);
  std::span<std::byte> all() { return {bytes_.get(), blocks_ * block_bytes_}; }
  std::span<std::byte> block(std::size_t index) {
    return all().subspan(index * block_bytes_, block_bytes_);
  }

 private:
  struct Free {
    void operator()(std::byte* bytes) const { std::free(bytes); }
  };
  std::size_t blocks_;
  std::size_t block_bytes_;
  std::unique_ptr<std::byte[], Free> bytes_;
};

// Returns the lane reports. A run of more than 20 s (with a sanitizer 200 s) is stopped and fails
// the test.
std::vector<LaneReport> run_job(Strategy& strategy, Tasks tasks, RunOptions options = {});

// A job of one task.
template <class Make>
std::vector<LaneReport> run_script(Strategy& strategy, Make make, RunOptions options = {}) {
  Tasks tasks;
  tasks.push_back(script(std::move(make)));
  return run_job(strategy, std::move(tasks), std::move(options));
}

inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}
inline std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// Fails the test unless the operation ended at `due` or up to kLateness after it.
void expect_on_time(Time due, Time ended);

}  // namespace asyncbench::conformance
