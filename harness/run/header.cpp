#include "run/header.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <random>

#include "run/clock_time.hpp"
#include "run/open_loop.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using result::Value;
using workloads::split_list;

std::string text_of(const Value& value) {
  return std::visit(Overloaded{[](const std::string& text) { return text; },
                               [](bool flag) { return std::string{flag ? "on" : "off"}; },
                               [](auto number) { return fmt::format("{}", number); }},
                    value);
}

// The value in the options of the stored plan: counts are numbers, all others are texts.
Value stored(const Setting& setting, const Settings& settings) {
  return setting.visit(
      settings,
      Overloaded{[](std::uint64_t count) -> Value { return static_cast<std::int64_t>(count); },
                 [](unsigned count) -> Value { return std::int64_t{count}; },
                 [](bool flag) -> Value { return flag; },
                 [&](const auto&) -> Value { return setting.text(settings); }});
}

template <class T>
T option(const result::StoredPlan& plan, std::string_view name) {
  const Value* value = result::find(plan.options, name);
  const T* typed = value == nullptr ? nullptr : std::get_if<T>(value);
  if (typed == nullptr) {
    throw UsageError(fmt::format("the journal's plan has no option {}: it is not resumable", name));
  }
  return *typed;
}

// What is left to be measured in open loop, in the options of the stored plan; none: nothing is.
constexpr std::string_view kOpenLoop = "open_loop";

void put_open_loop(const Plan& plan, result::Values& options) {
  std::erase_if(options, [](const auto& option) { return option.first == kOpenLoop; });
  if (std::string text = open_loop_text(plan); !text.empty()) {
    options.emplace_back(kOpenLoop, std::move(text));
  }
}

// The settings that have fields in the stored plan, in the one direction and in the other.
void link(auto&& assign, auto& settings, auto& stored) {
  assign(settings.duration, stored.window_ns);
  assign(settings.warmup, stored.warm_up_ns);
  assign(settings.grace, stored.grace_ns);
  assign(settings.trials, stored.trials);
  assign(settings.peer_strategy, stored.peer_strategy);
  assign(settings.pin.subject, stored.subject_cpus);
  assign(settings.pin.peer, stored.peer_cpus);
}

// What does not fit stays out of every range.
unsigned saturated(std::int64_t value) {
  return static_cast<unsigned>(
      std::clamp<std::int64_t>(value, 0, std::numeric_limits<unsigned>::max()));
}

std::string new_run_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

result::Cell cell_of(const PlannedCell& cell, const Registry& registry) {
  result::Cell row;
  row.workload = cell.workload->info().name;
  row.strategy = cell.strategy;
  row.parameters = shown_parameters(cell);
  row.id = cell.id;
  row.status =
      cell.unsupported.empty() ? result::CellStatus::measured : result::CellStatus::unsupported;
  row.reason = cell.unsupported;
  row.generator =
      cell.subject() == workloads::Role::client ? result::Side::subject : result::Side::peer;
  row.paced = cell.workload->is_paced(cell.work.parameters);
  if (const Strategy* strategy = registry.find(cell.strategy)) row.strategy_info = strategy->info();
  const workloads::Forms forms = cell.workload->forms(cell.subject(), cell.work.parameters);
  if ((forms.operations & kFileOps).is_empty()) row.strategy_info.files.reset();
  return row;
}

bool has_count_trials(const Plan& plan) {
  return std::ranges::any_of(plan.trials, [](const PlannedTrial& trial) {
    return trial.kind == result::TrialKind::count;
  });
}

// The strategies that were asked for by name.
std::string named_strategies(const Plan& plan) {
  std::vector<std::string> names;
  for (const PlannedCell& cell : plan.cells) {
    if (cell.named && std::ranges::find(names, cell.strategy) == names.end()) {
      names.push_back(cell.strategy);
    }
  }
  return fmt::format("{}", fmt::join(names, ","));
}

}  // namespace

result::Result header_of(const Plan& plan, const Registry& registry) {
  const Settings& settings = plan.settings;
  result::Result header;
  header.run.id = new_run_id();
  header.run.started = utc_now();
  header.run.seed = settings.seed;
  header.run.command = plan.command;
  header.run.version = ASYNCBENCH_VERSION;
  header.run.notes = plan.notes;
  header.plan.suite = plan.suite;
  const auto store = Overloaded{
      [](Duration from, std::int64_t& to) { to = from.count(); },
      [](const std::vector<unsigned>& from, auto& to) { to.assign(from.begin(), from.end()); },
      [](const auto& from, auto& to) { to = from; }};
  link(store, settings, header.plan);
  header.plan.cpu_idle = settings.cpu_idle == CpuIdle::leave ? "default" : "poll";
  header.plan.options = {{"cpu_idle_required", settings.cpu_idle == CpuIdle::poll},
                         {"count_trials", has_count_trials(plan)},
                         {"cpus_by_threads", settings.pin.mode == Pinning::Mode::automatic},
                         {"named_strategies", named_strategies(plan)}};
  for (const Setting& setting : all_settings()) {
    if (!setting.has_field)
      header.plan.options.emplace_back(setting.name, stored(setting, settings));
  }
  if (settings.profile) {
    header.plan.options.emplace_back("profile_frequency_hz", settings.profile->frequency_hz);
    header.plan.options.emplace_back("profile_by_perf",
                                     settings.profile->profiler == measure::ProfilerKind::perf);
  }
  grow(header, plan, registry);
  return header;
}

bool grow(result::Result& result, const Plan& plan, const Registry& registry) {
  const std::size_t cells_before = result.cells.size();
  const std::int64_t trials_before = result.plan.trials;
  put_open_loop(plan, result.plan.options);
  result.plan.trials = std::max<std::int64_t>(trials_before, plan.settings.trials);
  for (const PlannedCell& cell : plan.cells) {
    if (result.find_cell(cell.id) == nullptr) result.cells.push_back(cell_of(cell, registry));
  }
  return result.cells.size() > cells_before || result.plan.trials > trials_before;
}

Settings settings_of(const result::Result& header) {
  const result::StoredPlan& stored = header.plan;
  Settings settings;
  const auto take = Overloaded{[](Duration& to, std::int64_t from) { to = Duration{from}; },
                               [](std::vector<unsigned>& to, const auto& from) {
                                 for (const std::int64_t each : from) to.push_back(saturated(each));
                               },
                               [](unsigned& to, std::int64_t from) { to = saturated(from); },
                               [](std::string& to, const std::string& from) { to = from; }};
  link(take, settings, stored);
  settings.seed = header.run.seed;
  const bool pinned = !stored.subject_cpus.empty() || !stored.peer_cpus.empty();
  // Before CPUs were given by threads, cells of any number of them had the plan's.
  const auto* const by_threads = result::find(stored.options, "cpus_by_threads");
  settings.pin.mode = !pinned ? Pinning::Mode::none
                      : by_threads != nullptr && *by_threads == Value{true}
                          ? Pinning::Mode::automatic
                          : Pinning::Mode::listed;
  settings.cpu_idle = stored.cpu_idle == "default"                ? CpuIdle::leave
                      : option<bool>(stored, "cpu_idle_required") ? CpuIdle::poll
                                                                  : CpuIdle::automatic;
  for (const Setting& setting : all_settings()) {
    // A setting that the journal's program did not know was at its default.
    const Value* const value = result::find(stored.options, setting.name);
    if (!setting.has_field && value != nullptr) setting.read(text_of(*value), settings);
  }
  check_ranges(settings);
  // Before there were turns, each trial had its whole window.
  if (result::find(stored.options, "turns") == nullptr) settings.turns = false;
  if (result::find(stored.options, "profile_frequency_hz") != nullptr) {
    settings.profile = {.profiler = option<bool>(stored, "profile_by_perf")
                                        ? measure::ProfilerKind::perf
                                        : measure::ProfilerKind::builtin,
                        .frequency_hz = option<std::int64_t>(stored, "profile_frequency_hz")};
  }
  return settings;
}

Plan plan_of(const result::Result& header) {
  const result::StoredPlan& stored = header.plan;
  Plan plan{.settings = settings_of(header)};
  plan.suite = stored.suite;
  plan.command = header.run.command;
  const Settings& settings = plan.settings;
  const auto named = split_list(option<std::string>(stored, "named_strategies"));
  for (const result::Cell& row : header.cells) {
    if (result::find(row.parameters, result::kBuildParameter) != nullptr) {
      throw UsageError(fmt::format(
          "{} is of a comparison of builds: a journal alone must not make this program start "
          "another one; compare the builds anew",
          row.id));
    }
    PlannedCell cell;
    cell.id = row.id;
    cell.workload = workloads::find_workload(row.workload);
    if (cell.workload == nullptr) {
      throw UsageError(fmt::format("{}: this program has no workload {}", row.id, row.workload));
    }
    cell.strategy = row.strategy;
    cell.work = work_of(workloads::Parameters(cell.workload->info().parameters), settings);
    for (const auto& [name, value] : row.parameters) {
      const Setting* const setting = find_setting(name);
      if (setting != nullptr && setting->of_cell) {
        cell.own.read(name, text_of(value));
      } else {
        cell.work.parameters.set(name, text_of(value));
      }
    }
    check_ranges(cell.own.over(settings));
    cell.named = std::ranges::find(named, row.strategy) != named.end();
    if (row.status == result::CellStatus::unsupported) cell.unsupported = row.reason;
    set_names(cell);
    plan.cells.push_back(std::move(cell));
  }
  if (const Value* const text = result::find(stored.options, kOpenLoop)) {
    read_open_loop(text_of(*text), plan);
  }
  plan.trials = order_trials(plan, option<bool>(stored, "count_trials"));
  return plan;
}

}  // namespace asyncbench::run
