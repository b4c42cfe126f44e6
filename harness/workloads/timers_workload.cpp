// The workload `timers`: many tasks that sleep.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <optional>
#include <random>

#include "workloads/all_workloads.hpp"
#include "workloads/host_space.hpp"
#include "workloads/load_side.hpp"
#include "workloads/memory_per_thing.hpp"

namespace asyncbench::workloads {
namespace {

constexpr std::array kInfos = {
    ParameterInfo{.name = "timers",
                  .kind = ValueKind::count,
                  .otherwise = "1000",
                  .description = "tasks that sleep",
                  .least = 1,
                  .most = 1'000'000,
                  .always_shown = true},
    ParameterInfo{.name = "period",
                  .kind = ValueKind::duration,
                  .otherwise = "1s",
                  .description = "from one firing of a task to its next",
                  .least = 100'000,
                  .always_shown = true},
    ParameterInfo{.name = "jitter",
                  .kind = ValueKind::share,
                  .otherwise = "0",
                  .description = "share of the period by which a firing moves at random"},
};

// An upper bound for a task, its recording and a strategy's state for it. It is compared with the
// memory that is available.
constexpr std::uint64_t kBytesPerTimer = 2048;

class TimerTask final : public Task {
 public:
  TimerTask(LoadRun& run, unsigned index, Time first, Duration period, Duration jitter)
      : flow_(run, index), next_(first), period_(period), jitter_(jitter), random_(index + 1) {}

  Op start(unsigned lane) override {
    flow_.start(lane);
    return sleep();
  }

  Op resume(const Completion& ended) override {
    const Time at = now();
    if (ended.error) {
      // A stop: a timer that was due by now and had not fired is a request that was cut off.
      if (due_ <= at && !flow_.is_over(due_)) record(Outcome::cancelled, at);
      return op::Finish{};
    }
    record(at >= due_ ? Outcome::ok : Outcome::internal, at);  // Sleep never ends early
    if (flow_.is_over(at)) return op::Finish{};
    next_ += period_;
    return sleep();
  }

 private:
  // A firing that comes late does not move the ones after it.
  Op sleep() {
    due_ = next_;
    if (jitter_ > Duration{0}) {
      due_ += Duration{
          std::uniform_int_distribution<std::int64_t>(-jitter_.count(), jitter_.count())(random_)};
    }
    return op::Sleep{due_};
  }

  void record(Outcome outcome, Time at) {
    flow_.begin(due_);
    flow_.end(outcome, at);
  }

  RequestFlow flow_;
  Time next_;  // without jitter
  Time due_{};
  Duration period_;
  Duration jitter_;
  std::minstd_rand random_;
};

class TimersSide final : public LoadSide {
 public:
  explicit TimersSide(const SideSetup& setup)
      : period_(setup.work.parameters.duration("period")),
        jitter_(std::chrono::duration_cast<Duration>(period_ *
                                                     setup.work.parameters.share("jitter") / 2)),
        run_([&] {
          LoadOptions options = load_options(setup);
          options.tasks = static_cast<unsigned>(setup.work.parameters.number("timers"));
          return options;
        }()) {
    // Nothing sleeps under null.
    const std::uint64_t tasks = setup.null_strategy ? 0 : run_.options().tasks;
    if (tasks >= kFewestForMemory) sleepers_.emplace(tasks);
  }

  bool rehearse(Job& job) override { return sleepers_ && sleepers_->next(job); }

  void prepare(Job& job) override {
    const unsigned count = run_.options().tasks;
    job.tasks.reserve(count);
    // No firing is due before all tasks exist.
    const Time first = now() + period_;
    for (unsigned index = 0; index < count; ++index) {
      job.tasks.push_back(std::make_unique<TimerTask>(run_, index, first + period_ * index / count,
                                                      period_, jitter_));
    }
  }
  void fill(SideRecord& record) override {
    LoadSide::fill(record);
    if (sleepers_) put_memory(sleepers_->ramp(), "task", record);
  }

 private:
  LoadRun& load() override { return run_; }

  Duration period_;
  Duration jitter_;  // the most by which a firing moves, to either side
  LoadRun run_;
  std::optional<Sleepers> sleepers_;
};

class TimersWorkload final : public Workload {
 public:
  const WorkloadInfo& info() const override { return info_; }
  Role subject(const Parameters& /*parameters*/) const override { return Role::client; }
  std::vector<Role> roles(const Work& /*work*/) const override { return {Role::client}; }
  Forms forms(Role /*role*/, const Parameters& /*parameters*/) const override {
    return {.operations = {OpKind::sleep, OpKind::finish}};
  }

  std::string objection(const Work& work) const override {
    const std::uint64_t timers = work.parameters.number("timers");
    return memory_objection(timers * kBytesPerTimer, fmt::format("{} timers", timers), "use fewer");
  }

  std::uint64_t in_flight(const Parameters& parameters) const override {
    return parameters.number("timers");
  }
  bool keeps_in_flight(const Parameters& /*parameters*/) const override { return false; }
  bool is_paced(const Parameters& /*parameters*/) const override { return true; }
  std::uint64_t descriptors(const Parameters& /*parameters*/) const override { return 0; }
  // A thread may have to be made for each rehearsed task, nine times.
  Duration patience(const Parameters& parameters) const override {
    const std::uint64_t rehearsed = std::min(parameters.number("timers"), Sleepers::kTasksMax);
    return 3 * parameters.duration("period") + rehearsed * std::chrono::milliseconds(1);
  }
  std::optional<std::uint64_t> payload_bytes(const Parameters& /*parameters*/) const override {
    return std::nullopt;
  }
  std::unique_ptr<Side> make_side(const SideSetup& setup) const override {
    return std::make_unique<TimersSide>(setup);
  }

 private:
  WorkloadInfo info_{.name = "timers",
                     .summary = "tasks that sleep: how late each fires, and what a timer costs",
                     .parameters = kInfos};
};

}  // namespace

const Workload& timers_workload() {
  static const TimersWorkload kTimers;
  return kTimers;
}

}  // namespace asyncbench::workloads
