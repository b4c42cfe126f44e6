#include "run/runner.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "measure/cpu.hpp"
#include "measure/environment.hpp"
#include "result/journal.hpp"
#include "result/store.hpp"
#include "run/clock_time.hpp"
#include "run/header.hpp"
#include "run/interrupt.hpp"
#include "run/left_behind.hpp"
#include "run/replay.hpp"
#include "run/resuming.hpp"
#include "run/schedule.hpp"
#include "run/sitting.hpp"
#include "run/verdict.hpp"

namespace asyncbench::run {
namespace {

result::Environment environment_of(const Plan& plan, const Registry& registry) {
  const measure::Environment read = measure::read_environment();
  result::Environment environment;
  environment.unreadable = read.unreadable;
  environment.libraries = read.libraries;
  for (const auto& [name, fact] : read.facts) {
    environment.facts.emplace_back(
        name, std::visit([](const auto& value) { return result::Fact{value}; }, fact));
  }
  // "liburing 2.3": the strategies name their own.
  for (const PlannedCell& cell : plan.cells) {
    const Strategy* strategy = registry.find(cell.strategy);
    const std::string& library = strategy == nullptr ? cell.strategy : strategy->info().library;
    const std::size_t space = library.rfind(' ');
    if (space != std::string::npos) {
      environment.libraries.emplace(library.substr(0, space), library.substr(space + 1));
    }
  }
  return environment;
}

// Figures of a build without optimization say nothing of what is built for use.
void warn_of_build(result::Result& result, Progress& progress) {
  if (result.environment.text_of("optimized") != "false") return;
  const std::string type = result.environment.text_of("build_type");
  const std::string detail = fmt::format(
      "asyncbench was built without optimization (build_type {}), so its figures are not those of "
      "an optimized build; configure with --preset release or -DCMAKE_BUILD_TYPE=RelWithDebInfo",
      type.empty() ? "none" : type);
  result.run.notes.push_back({.code = "unoptimized_build", .detail = detail});
  progress.note(detail);
}

// Keeps idle CPUs awake where plan or cell want it; says in the stored plan which of the two it is.
class IdleSetting {
 public:
  // Throws UsageError where some cell must have them kept awake, and that is refused.
  IdleSetting(const Plan& plan, result::Result& result, Progress& progress) {
    const auto wants = [&](CpuIdle how) {
      return plan.settings.cpu_idle == how ||
             std::ranges::any_of(plan.cells, [&](const PlannedCell& cell) {
               return settings_of(plan, cell).cpu_idle == how;
             });
    };
    if (!wants(CpuIdle::poll) && !wants(CpuIdle::automatic)) return;
    hold_.emplace();
    if (hold_->held()) return;
    if (wants(CpuIdle::poll)) {
      throw UsageError(fmt::format("--cpu-idle poll: {}", hold_->reason()));
    }
    result.plan.cpu_idle = "default";
    const std::string detail =
        fmt::format("idle CPUs may sleep deeply, which latencies include: {}", hold_->reason());
    result.run.notes.push_back({.code = "cpu_idle", .detail = detail});
    progress.note(detail);
  }

  // For the trials that come.
  void set(CpuIdle wanted) {
    if (wanted == CpuIdle::leave) {
      hold_.reset();
    } else if (!hold_) {
      hold_.emplace();
    }
  }

 private:
  std::optional<measure::CpuIdleHold> hold_;
};

class Runner {
 public:
  Runner(const Plan& plan, const std::string& out, const Registry& registry, Progress& progress,
         const Summarize& summarize, InterruptWatch& interrupt, IdleSetting& idle)
      : plan_(plan),
        out_(out),
        registry_(registry),
        progress_(progress),
        summarize_(summarize),
        interrupt_(interrupt),
        idle_(idle) {}

  // Puts recorded trials into `result` and grows the plan as when they were measured.
  void replay(Replay replay, result::Result& result, const Extend& extend) {
    Schedule schedule(plan_, result);
    while (!replay.empty()) {
      if (schedule.due().empty()) {
        lengthen_rests(plan_, result);
        if (!extend(plan_, result)) {
          throw UsageError(
              "the journal holds more trials than are asked for: another version wrote "
              "it; start anew");
        }
        grow(result, plan_, registry_);
        schedule.grow();
      } else {
        const std::vector<DueTrial> due = schedule.next();
        // A sitting that was interrupted while it was written down is due again.
        std::vector<result::Trial> records;
        while (records.size() < due.size() && !replay.empty()) {
          records.push_back(replay.next(plan_, due[records.size()], result));
        }
        schedule.take(due, records);
      }
    }
  }

  // Measures what `result` lacks, adding to journal and result.
  RunReport run(result::Result result, result::Journal& journal, const Extend& extend = {}) {
    RunReport report{.result = std::move(result)};
    const LeftBehind left_behind(plan_);
    std::size_t done = 0;
    for (const result::Cell& cell : report.result.cells) done += cell.trials.size();
    progress_.run_begins(plan_, done);
    try {
      lengthen_rests(plan_, report.result);
      Schedule schedule(plan_, report.result);
      do {
        schedule.grow();
        done = measure_due(schedule, report.result, journal, done);
      } while (extended(report.result, journal, extend));
      // What an interrupted run would have asked for next is not known.
      report.result.run.complete = schedule.due().empty() && !was_not_asked_;
      if (report.result.run.complete) journal.end();
    } catch (const result::StoreError& error) {
      report.exit_code = ExitCode::not_stored;
      report.messages.emplace_back(error.what());
    } catch (const UsageError& error) {
      // What was added to the plan cannot run here; what was measured before is kept.
      report.exit_code = ExitCode::usage;
      report.messages.emplace_back(error.what());
    }
    finish(report);
    // Nothing would be resumed from it.
    if (!report.out.empty() && (report.result.run.complete || compares_builds(plan_))) {
      try {
        journal.remove();
      } catch (const result::StoreError& error) {
        report.messages.emplace_back(error.what());
      }
    }
    return report;
  }

 private:
  // Whether the plan has grown.
  bool extended(result::Result& result, result::Journal& journal, const Extend& extend) {
    if (!extend) return false;
    was_not_asked_ = interrupt_.taken() != 0;
    if (was_not_asked_ || !extend(plan_, result)) return false;
    check_preflight(plan_);
    if (grow(result, plan_, registry_)) journal.grow(result);
    return true;
  }

  Step step_at(const Schedule& schedule, const DueTrial& due, const result::Result& result,
               std::size_t index, std::size_t done) {
    const PlannedCell& cell = plan_.cells[due.trial.cell];
    return {.cell = cell,
            .trial = due.trial,
            .so_far = *result.find_cell(cell.id),
            .cell_done = !schedule.has_due(due.trial.cell),
            .index = index,
            .total = done + schedule.due().size(),
            .elapsed = now() - began_,
            .remaining = schedule.expected_time()};
  }

  // Measures trials that sit together, or the one that does not.
  std::vector<result::Trial> sit(const std::vector<DueTrial>& due) {
    // Cells that sit together differ in their strategy alone.
    const Settings settings = settings_of(plan_, plan_.cells[due.front().trial.cell]);
    idle_.set(settings.cpu_idle);
    std::vector<TrialOrder> orders;
    for (const DueTrial& one : due) {
      orders.push_back({.cell = plan_.cells[one.trial.cell],
                        .settings = settings,
                        .kind = one.trial.kind,
                        .block = one.trial.block,
                        .repeat = one.repeat,
                        .interrupt_fd = interrupt_.fd()});
      if (!progress_.wants_seconds()) continue;
      orders.back().on_progress = [this, &cell = orders.back().cell,
                                   kind = one.trial.kind](const report::Progress& second) {
        progress_.second_passes(cell, kind, second);
      };
    }
    const TrialOrder& first = orders.front();
    if (plan_.takes_turns(first.cell, first.kind)) return run_in_turns(orders);
    std::vector<result::Trial> alone;
    alone.push_back(run_alone(first));
    return alone;
  }

  // Returns how many trials are done then.
  std::size_t measure_due(Schedule& schedule, result::Result& result, result::Journal& journal,
                          std::size_t done) {
    while (interrupt_.taken() == 0 && !schedule.due().empty()) {
      const std::vector<DueTrial> next = schedule.next();
      progress_.trial_begins(step_at(schedule, next.front(), result, done, done));
      std::vector<result::Trial> trials = sit(next);
      // An interrupted trial leaves no record: it is run again on resume.
      if (std::ranges::find(trials, result::TrialStatus::cancelled, &result::Trial::status) !=
          trials.end()) {
        continue;
      }
      for (std::size_t i = 0; i < next.size(); ++i) {
        // This is its one record; the whole is checked at the end.
        trials[i].invariant(result::Invariant::recorded_once) = true;
        const std::string& cell_id = plan_.cells[next[i].trial.cell].id;
        journal.append(cell_id, trials[i]);
        result::Cell& row = *result.find_cell(cell_id);
        row.trials.push_back(trials[i]);
        retire_replaced(row);
      }
      lengthen_rests(plan_, result);
      schedule.take(next, trials);
      done += next.size();
      for (std::size_t i = 0; i < next.size(); ++i) {
        progress_.trial_ends(step_at(schedule, next[i], result, done - next.size() + i, done),
                             trials[i]);
      }
    }
    return done;
  }

  // The result as a whole, stored; the worst of all exit codes.
  void finish(RunReport& report) {
    RunVerdict verdict = conclude(plan_, report.result);
    const int signal = interrupt_.taken();
    report.result.run.finished = utc_now();
    for (std::string& message : verdict.messages) report.messages.push_back(std::move(message));
    if (report.exit_code == ExitCode::done) report.exit_code = verdict.exit_code;
    // One that came when all was measured has cut nothing short.
    if (signal != 0 && !report.result.run.complete) {
      report.exit_code = static_cast<ExitCode>(128 + signal);
      report.messages.push_back(compares_builds(plan_)
                                    ? "interrupted; builds can only be compared anew"
                                    : fmt::format("interrupted; go on with {}",
                                                  resume_command(subcommand_of(plan_.command), out_,
                                                                 plan_.settings.plugins)));
    }
    if (summarize_) summarize_(report.result);
    try {
      result::store(out_, report.result);
      report.out = out_;
    } catch (const result::StoreError& error) {
      report.exit_code = ExitCode::not_stored;
      report.messages.emplace_back(error.what());
    }
  }

  Plan plan_;
  const std::string& out_;
  const Registry& registry_;
  const Time began_ = now();
  Progress& progress_;
  const Summarize& summarize_;
  InterruptWatch& interrupt_;
  IdleSetting& idle_;
  bool was_not_asked_ = false;  // whether more is to be measured: a signal came first
};

// Runs what stores something.
template <class Run>
RunReport storing(Run run) {
  try {
    return run();
  } catch (const result::StoreError& error) {
    return {.exit_code = ExitCode::not_stored, .messages = {error.what()}};
  }
}

}  // namespace

RunReport run(const Plan& plan, const Registry& registry, Progress& progress,
              const Summarize& summarize, const Extend& extend) {
  check_preflight(plan);
  return storing([&] {
    InterruptWatch interrupt;
    result::Result header = header_of(plan, registry);
    header.environment = environment_of(plan, registry);
    for (const result::Note& note : plan.notes) progress.note(note.detail);
    warn_of_build(header, progress);
    IdleSetting idle(plan, header, progress);
    Plan own = plan;
    result::Journal journal = claim_out(own, header, progress);
    return Runner(own, own.out, registry, progress, summarize, interrupt, idle)
        .run(std::move(header), journal, extend);
  });
}

RunReport resume(const std::string& out, const Registry& registry, Progress& progress,
                 const Summarize& summarize, const Extend& extend) {
  return storing([&] {
    result::JournalContents contents;
    result::Journal journal = take_up(out, contents, progress);
    check_plugins(contents.result, out, registry);
    Plan plan = plan_of(contents.result);
    check_whole(plan, out);
    add_recorded(plan, contents);
    check_resumable(plan, registry);
    InterruptWatch interrupt;
    IdleSetting idle(plan, contents.result, progress);
    return Runner(plan, out, registry, progress, summarize, interrupt, idle)
        .run(std::move(contents.result), journal, extend);
  });
}

RunReport resume(const Plan& plan, const Registry& registry, Progress& progress,
                 const Summarize& summarize, const Extend& extend) {
  return storing([&] {
    result::JournalContents contents;
    result::Journal journal = take_up(plan.out, contents, progress);
    check_plugins(contents.result, plan.out, registry);
    const Plan recorded = plan_of(contents.result);
    check_resumable(recorded, registry);
    check_same_settings(plan, recorded);
    Plan growing = plan;
    growing.settings.cpu_idle = recorded.settings.cpu_idle;
    InterruptWatch interrupt;
    IdleSetting idle(growing, contents.result, progress);
    Runner runner(growing, plan.out, registry, progress, summarize, interrupt, idle);
    runner.replay(Replay(contents), contents.result, extend);
    return runner.run(std::move(contents.result), journal, extend);
  });
}

result::Trial measure_once(const PlannedCell& cell, const Settings& settings) {
  if (cell.unsupported.empty()) return run_alone({.cell = cell, .settings = settings});
  result::Trial trial;
  trial.status = result::TrialStatus::failed;
  trial.reason = cell.unsupported;
  return trial;
}

}  // namespace asyncbench::run
