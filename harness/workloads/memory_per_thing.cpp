#include "workloads/memory_per_thing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace asyncbench::workloads {

using namespace std::chrono_literals;

namespace {

constexpr Duration kFirstSleep = 1ms;

// How often a sleeper asks whether the memory has been read. The sleepers must leave one CPU the
// time to start the others, with a thread for each (15 us) where the strategy wants one.
constexpr Duration kAskAgain = 5ms;
constexpr Duration kAskAgainPerTask = 20us;

}  // namespace

void put_memory(const measure::MemoryRamp& ramp, std::string_view thing, SideRecord& record) {
  const std::string figure = fmt::format("memory_per_{}_bytes", thing);
  auto& curve = record.curves[fmt::format("private_bytes_by_{}s", thing)];
  for (const measure::Point& point : ramp.points()) curve.emplace_back(point.x, point.y);
  if (const auto line = measure::fit_line(ramp.points())) {
    record.figures[figure] = line->slope;
    record.figures["memory_fit"] = line->explained;
    return;
  }
  record.unreadable[figure] = ramp.unreadable().empty()
                                  ? fmt::format("too few {}s were there at once", thing)
                                  : ramp.unreadable();
}

class Sleepers::Sleeper final : public Task {
 public:
  explicit Sleeper(Sleepers& all) : all_(all) {}

  Op start(unsigned /*lane*/) override { return op::Sleep{now() + kFirstSleep}; }

  Op resume(const Completion& ended) override {
    if (ended.error) return op::Finish{};
    if (!std::exchange(has_slept_, true)) all_.has_slept();
    if (all_.is_read_) return op::Finish{};
    return op::Sleep{now() + kAskAgain + all_.tasks_ * kAskAgainPerTask};
  }

 private:
  Sleepers& all_;
  bool has_slept_ = false;
};

Sleepers::Sleepers(std::uint64_t tasks)
    : ramp_(std::min(tasks, kTasksMax) / kMemorySteps, std::min(tasks, kTasksMax), kMemorySteps) {}

bool Sleepers::next(Job& job) {
  if (!is_read_ || ramp_.is_complete()) return false;
  tasks_ = ramp_.next();
  slept_ = 0;
  is_read_ = false;
  for (std::uint64_t i = 0; i < tasks_; ++i) job.tasks.push_back(std::make_unique<Sleeper>(*this));
  return true;
}

void Sleepers::has_slept() {
  if (slept_.fetch_add(1) + 1 < tasks_) return;
  ramp_.reached(tasks_);
  is_read_ = true;
}

}  // namespace asyncbench::workloads
