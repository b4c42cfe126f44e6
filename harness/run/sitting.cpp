#include "run/sitting.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <numeric>
#include <optional>
#include <random>
#include <ranges>

#include "measure/disturbance.hpp"
#include "run/canary.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using result::Disturbance;

// What spawning the participants of one trial, connecting and draining take, measured on two cores.
constexpr Duration kTrialOverhead = 150ms;
// The same for one of several that sit together, which share the canaries.
constexpr Duration kMemberOverhead = 60ms;

// The window must not start before all participants know of it.
constexpr Duration kWindowLead = 10ms;

// Before turns or stages are known, the tasks of a cell look for them this often, all together.
constexpr Duration kLookEvery = 500us;

// The turns of one cell in a sitting take so long together: what processes differ by, more turns do
// not lessen.
constexpr Duration kMeasuredTime = 500ms;

// With ten thousand connections, ten times their rest would take minutes a block.
constexpr Duration kLongTurn = 1s;

// Longer rests would take longer than whole windows.
constexpr Duration kLongestRest = 1s;

// So long after they have been told, all tasks of the cell have looked.
Duration time_to_look(const PlannedCell& cell) {
  const auto in_flight = static_cast<std::int64_t>(cell.workload->in_flight(cell.work.parameters));
  return 50ms + 2 * in_flight * kLookEvery;
}

// What the trial shows its point to need; 0: the usual rest. One in which longer rests sufficed
// needs them still.
Duration rest_needed(const result::Trial& trial, Duration usual) {
  if (!trial.turns) return Duration{0};
  const Duration had{trial.turns->rest_ns};
  const Duration took{trial.service_time ? trial.service_time->p99_9_ns : 0};
  if (!trial.turns->overlap()) return had > usual && took > usual ? had : Duration{0};
  return std::min(std::max(2 * had, took), kLongestRest);
}

// The trials of one sitting, led through their phases side by side.
class Sitting {
 public:
  Sitting(std::span<const TrialOrder> orders, std::size_t turns)
      : settings_(orders.front().settings),
        pin_(pinning_for(settings_.pin, threads_of(settings_))) {
    for (const TrialOrder& order : orders) {
      members_.push_back({.run = std::make_unique<TrialRun>(order, turns), .order = &order});
    }
  }

  // `measure` tells the members their windows, waits until these have passed, and returns their
  // end.
  std::vector<result::Trial> run(const std::function<Time(Sitting&)>& measure) {
    each([&](TrialRun& run) { run.pass_until(cooled_); });
    if (cpus_.size() > 1) {
      const int subject =
          static_cast<int>(pin_.subject.empty() ? pin_.peer.front() : pin_.subject.front());
      disturbance_.canary_alone_ns = canary_on({subject}).count();
    }
    disturbance_.canary_before_ns = canary_on(cpus_).count();
    each([](TrialRun& run) { run.start(); });
    const Time end = measure(*this);
    each([&](TrialRun& run) { run.collect(end); });
    disturbance_.canary_after_ns = canary_on(cpus_).count();
    each([&](TrialRun& run) {
      run.disturbance() = disturbance_;
      run.judge(canaries_);
    });
    std::vector<result::Trial> trials;
    for (Member& member : members_) {
      trials.push_back(member.run->take());
      member.run.reset();
      member.order->cell.workload->clean_up(member.order->cell.work);
    }
    return trials;
  }

  // Does it for every member that has not failed; one that fails is left alone from then on.
  void each(const std::function<void(TrialRun&)>& act) {
    for (std::size_t i = 0; i < members_.size(); ++i) {
      each_one(i, act);
    }
  }
  void each_one(std::size_t member, const std::function<void(TrialRun&)>& act) {
    if (members_[member].failed) return;
    TrialRun& run = *members_[member].run;
    try {
      act(run);
    } catch (const TrialFailure& failure) {
      run.fail(failure);
      members_[member].failed = true;
    } catch (const std::exception& error) {
      run.fail({.status = result::TrialStatus::failed, .reason = error.what()});
      members_[member].failed = true;
    }
  }
  std::size_t size() const { return members_.size(); }

  // Nothing may be said until then but how the members do, which is heard once a second.
  void pass_until(Time until) {
    while (std::ranges::any_of(members_, [](const Member& member) { return !member.failed; })) {
      const Time next = std::min(until, now() + kLiveEvery);
      each([&](TrialRun& run) { run.pass_until(next); });
      if (next == until) return;
    }
  }

  // Sings in the rests of these turns while `pass` runs.
  void sing_between(std::span<const measure::WindowSpan> spans, const std::function<void()>& pass) {
    RestCanaries canaries(cpus_, spans);
    pass();
    canaries_ = canaries.take();
  }

  // What the machine did between the two, for all members.
  template <class Pass>
  auto watch_machine(Pass pass) {
    const int cpu = pin_.subject.empty() ? 0 : static_cast<int>(pin_.subject.front());
    const measure::MachineSnapshot before = measure::take_machine(cpu);
    const auto passed = pass();
    const measure::MachineSnapshot spent = measure::difference(before, measure::take_machine(cpu));
    disturbance_.steal_ns = spent.steal_ns;
    disturbance_.softirq_ns = spent.softirq_ns;
    disturbance_.pressure_cpu_ns = spent.pressure_cpu_ns;
    disturbance_.throttled_ns = spent.throttled_ns;
    disturbance_.frequency_khz = spent.frequency_khz;
    disturbance_.unreadable = spent.unreadable;
    return passed;
  }

 private:
  struct Member {
    std::unique_ptr<TrialRun> run;
    const TrialOrder* order = nullptr;
    bool failed = false;
  };

  const Settings& settings_;
  const Pinning pin_;
  const std::vector<int> cpus_ = cpus_in_use(pin_);
  const Time cooled_ = now() + settings_.cooldown;
  std::vector<Member> members_;
  Disturbance disturbance_;
  std::map<Time, Duration> canaries_;  // in rests
};

}  // namespace

TurnPlan turn_plan(const Settings& settings, const PlannedCell& cell) {
  const workloads::Parameters& parameters = cell.work.parameters;
  const auto in_flight = static_cast<std::int64_t>(cell.workload->in_flight(parameters));
  const Duration latency = cell.workload->least_latency(parameters);
  TurnPlan plan{.rounds = settings.rounds};
  // Even a slow strategy ends 25,000 requests a second.
  plan.rest = settings.rest > Duration{0}
                  ? settings.rest
                  : std::max<Duration>({10ms, 3 * latency, in_flight * 40us, cell.least_rest});
  plan.length = settings.turn > Duration{0}
                    ? settings.turn
                    : std::max<Duration>({50ms, 30 * latency,
                                          std::min<Duration>(in_flight * 400us, kLongTurn),
                                          10 * cell.least_rest});
  plan.lead_in = std::min<Duration>(5ms, plan.length / 4);
  if (plan.rounds == 0) {
    const Duration wanted = std::min<Duration>(settings.duration, kMeasuredTime);
    const std::int64_t usual = plan.length < kLongTurn ? 4 : 2;
    const std::int64_t least = wanted == kMeasuredTime ? usual : 1;
    plan.rounds = static_cast<unsigned>(std::max<std::int64_t>(least, wanted / plan.length));
  }
  return plan;
}

void lengthen_rests(Plan& plan, const result::Result& so_far) {
  if (plan.settings.rest > Duration{0}) return;
  for (const Point& point : points_of(plan)) {
    if (!point.in_turns) continue;
    std::map<std::int64_t, Duration> needed;  // by block
    for (const std::size_t cell : point.cells) {
      plan.cells[cell].least_rest = Duration{0};
      const Duration usual = turn_plan(plan.settings, plan.cells[cell]).rest;
      const result::Cell* const row = so_far.find_cell(plan.cells[cell].id);
      if (row == nullptr) continue;
      for (const result::Trial& trial : row->trials) {
        Duration& block = needed[trial.block];
        block = std::max(block, rest_needed(trial, usual));
      }
    }
    // One block alone may have met a stall of the machine.
    const auto blocks = static_cast<std::size_t>(std::ranges::count_if(
        needed, [](const auto& block) { return block.second > Duration{0}; }));
    if (2 * blocks <= needed.size()) continue;
    const Duration most = std::ranges::max(needed | std::views::values);
    for (const std::size_t cell : point.cells) plan.cells[cell].least_rest = most;
  }
}

std::vector<measure::WindowSpan> lay_out(const TurnPlan& plan, std::size_t cells, Time start,
                                         std::uint64_t seed) {
  std::vector<std::size_t> order(cells);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::mt19937_64 random(seed);
  // Participants read their usage at the window's two ends, while all rest.
  const Time window_start = start + plan.slot() * static_cast<std::int64_t>(cells);
  const Time measured = window_start + plan.rest;
  const Time window_end = measured + plan.slot() * static_cast<std::int64_t>(cells) * plan.rounds;
  const measure::WindowSpan span{
      .start_ns = to_ns(window_start),
      .end_ns = to_ns(window_end),
      .turns = measure::Turns{
          .length = plan.length, .rest = plan.rest, .lead_in = plan.lead_in, .warm_up = 1}};
  std::vector<measure::WindowSpan> spans(cells, span);
  for (unsigned round = 0; round <= plan.rounds; ++round) {
    std::ranges::shuffle(order, random);
    Time at = round == 0 ? start
                         : measured + plan.slot() * static_cast<std::int64_t>(cells) * (round - 1);
    for (const std::size_t cell : order) {
      spans[cell].turns->begins_ns.push_back(to_ns(at));
      at += plan.slot();
    }
  }
  return spans;
}

result::Trial run_alone(const TrialOrder& order) {
  const Settings& settings = order.settings;
  Sitting sitting({&order, 1}, 0);
  return sitting
      .run([&](Sitting& self) {
        Duration lead = std::max<Duration>(settings.warmup, kWindowLead);
        // All tasks must have seen when the stages begin.
        if (!settings.stages.empty()) lead = std::max(lead, time_to_look(order.cell));
        const Time start = now() + lead;
        Time end = start + window_of(settings, order.kind);
        const bool by_budget = settings.requests > 0;
        measure::WindowSpan window{.start_ns = to_ns(start)};
        if (!by_budget) window.end_ns = to_ns(end);
        self.each([&](TrialRun& run) {
          run.go(window);
          run.pass_until(start);
        });
        return self.watch_machine([&] {
          self.each([&](TrialRun& run) {
            if (by_budget) {
              end = run.wait_for_budget();
            } else {
              run.pass_until(end);
            }
          });
          return end;
        });
      })
      .front();
}

std::vector<result::Trial> run_in_turns(std::span<const TrialOrder> orders) {
  const TrialOrder& first = orders.front();
  const TurnPlan plan = turn_plan(first.settings, first.cell);
  Sitting sitting(orders, plan.rounds + 1);
  return sitting.run([&](Sitting& self) {
    const Time start = now() + time_to_look(first.cell);
    const std::vector<measure::WindowSpan> spans =
        lay_out(plan, self.size(), start, trial_seed(first.settings.seed, first.block));
    for (std::size_t i = 0; i < spans.size(); ++i) {
      self.each_one(i, [&](TrialRun& run) { run.go(spans[i]); });
    }
    const Time window_start = from_ns(spans.front().start_ns);
    const Time window_end = from_ns(*spans.front().end_ns);
    self.each([&](TrialRun& run) { run.pass_until(window_start); });
    return self.watch_machine([&] {
      self.sing_between(spans, [&] { self.pass_until(window_end); });
      return window_end;
    });
  });
}

Duration expected_time(const Plan& plan, std::span<const PlannedTrial> trials) {
  const Settings& settings = plan.settings;
  const PlannedCell& cell = plan.cells[trials.front().cell];
  const Duration once = settings.cooldown + kTrialOverhead;
  if (!plan.takes_turns(cell, trials.front().kind)) {
    return once + settings.warmup + window_of(settings, trials.front().kind);
  }
  const TurnPlan turns = turn_plan(settings, cell);
  return once + static_cast<std::int64_t>(trials.size()) *
                    (kMemberOverhead + turns.slot() * (turns.rounds + 1));
}

}  // namespace asyncbench::run
