#include "null.hpp"

#include <algorithm>
#include <thread>
#include <variant>
#include <vector>

namespace asyncbench {

namespace {

// After so many operations the next task has its turn, even if this one never says Begin.
constexpr int kOperationsPerTurn = 64;

struct Turn {
  Task* task;
  Op next;
};

Completion complete(const Op& op, const Job& job) {
  if (std::holds_alternative<op::Close>(op)) return {};
  if (job.stop.stop_requested()) return failed(std::errc::operation_canceled);
  switch (kind_of(op)) {
    case OpKind::receive:
      return {.data = job.canned_reply};
    case OpKind::begin:
    case OpKind::connect:
    case OpKind::send:
    case OpKind::sleep:
      return {};
    default:
      return failed(std::errc::operation_not_supported);
  }
}

// One loop: the tasks whose index is `lane` modulo the number of loops, one request each in turn.
void run_lane(const Job& job, unsigned lane, unsigned lanes, LaneReport& report) {
  std::vector<Turn> turns;
  for (std::size_t i = lane; i < job.tasks.size(); i += lanes) {
    turns.push_back({job.tasks[i].get(), job.tasks[i]->start(lane)});
  }
  std::uint64_t completions = 0;
  const auto has_finished = [](const Turn& turn) {
    return std::holds_alternative<op::Finish>(turn.next);
  };
  while (!turns.empty()) {
    bool finished = false;
    for (Turn& turn : turns) {
      for (int i = 0; i < kOperationsPerTurn && !has_finished(turn); ++i) {
        ++completions;
        turn.next = turn.task->resume(complete(turn.next, job));
        if (std::holds_alternative<op::Begin>(turn.next)) break;
      }
      finished |= has_finished(turn);
    }
    if (finished) std::erase_if(turns, has_finished);
  }
  report.completions += completions;
}

class NullStrategy final : public Strategy {
 public:
  const StrategyInfo& info() const override { return info_; }

  void run(Job& job) override {
    const unsigned lanes = std::max(job.threads, 1U);
    std::vector<std::jthread> others;
    for (unsigned lane = 1; lane < lanes; ++lane) {
      others.emplace_back([&job, lane, lanes] { run_lane(job, lane, lanes, job.lanes[lane]); });
    }
    run_lane(job, 0, lanes, job.lanes[0]);
  }

 private:
  StrategyInfo info_{.name = "null",
                     .summary = "completes everything at once: measures the harness itself",
                     .library = "none",
                     .waits = "never",
                     .operations = kTaskOps | kStreamOps | OpSet{OpKind::sleep},
                     .in_all = false};
};

}  // namespace

std::unique_ptr<Strategy> make_null() { return std::make_unique<NullStrategy>(); }

}  // namespace asyncbench
