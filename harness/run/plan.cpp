#include "run/plan.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <random>
#include <set>

#include "programs/program.hpp"
#include "run/client_parts.hpp"
#include "run/open_loop.hpp"
#include "run/plan_cpus.hpp"
#include "run/plan_tls.hpp"
#include "run/selection.hpp"
#include "run/sitting.hpp"
#include "run/suite.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/http_client.hpp"
#include "workloads/names.hpp"

namespace asyncbench::run {
namespace {

using result::TrialKind;
using workloads::ParameterInfo;
using workloads::Parameters;
using workloads::Role;
using workloads::unknown_name;
using workloads::Work;
using workloads::Workload;

// Where neither a budget nor a number of trials is given.
constexpr Duration kUsualBudget = std::chrono::minutes(10);

std::vector<std::string> first_set(const std::vector<std::vector<std::string>>& lists) {
  for (const std::vector<std::string>& list : lists) {
    if (!list.empty()) return list;
  }
  return {};
}

// Every combination of the listed values, the parameter that the workload names first varying
// slowest. Lists for parameters that it does not have are left to the caller.
// More than can be measured in a month, and than memory should hold.
constexpr std::size_t kMostCells = 10'000;

void check_number_of_cells(std::uint64_t cells) {
  if (cells <= kMostCells) return;
  throw UsageError(
      fmt::format("{} cells or more are asked for, and a run has at most {}: give fewer values or "
                  "strategies",
                  cells, kMostCells));
}

std::vector<Parameters> combinations(const Workload& workload, const ParameterLists& lists) {
  const std::span<const ParameterInfo> infos = workload.info().parameters;
  std::uint64_t points = 1;
  for (const auto& [name, values] : lists) {
    if (workloads::find_parameter(infos, name) != nullptr) points *= values.size();
    check_number_of_cells(points);
  }
  std::vector<Parameters> all{Parameters(infos)};
  for (const ParameterInfo& info : infos) {
    const auto list = lists.find(std::string{info.name});
    if (list == lists.end()) continue;
    std::vector<Parameters> next;
    for (const Parameters& base : all) {
      for (const auto& value : list->second) next.emplace_back(base).put(info.name, value);
    }
    all = std::move(next);
  }
  return all;
}

std::vector<std::string> workloads_with(std::string_view parameter) {
  std::vector<std::string> names;
  for (const Workload* workload : workloads::all_workloads()) {
    if (workloads::find_parameter(workload->info().parameters, parameter) != nullptr) {
      names.emplace_back(workload->info().name);
    }
  }
  return names;
}

std::vector<std::string> workloads_that(bool workloads::WorkloadInfo::*flag) {
  std::vector<std::string> names;
  for (const Workload* workload : workloads::all_workloads()) {
    if (workload->info().*flag) names.emplace_back(workload->info().name);
  }
  return names;
}

// Every combination of the listed settings of cells, those of the command line instead of the
// suite's. Peers have their canonical names, and are of workloads that have some.
std::vector<GivenSettings> combinations(SettingLists lists, const RunOptions& options,
                                        const Workload& workload, const Registry& registry) {
  for (const auto& [name, values] : options.setting_lists) lists[name] = values;
  const Work work{.parameters = Parameters(workload.info().parameters)};
  if (workload.roles(work).size() < 2) {
    for (const std::string_view of_peer :
         {result::kPeerParameter, std::string_view("peer_threads")}) {
      lists.erase(std::string(of_peer));
    }
  }
  std::vector<GivenSettings> all(1);
  for (const auto& [name, values] : lists) {
    if (options.settings.has(find_setting(name)->member)) continue;
    std::vector<GivenSettings> next;
    for (const GivenSettings& base : all) {
      for (const std::string& value : values) next.emplace_back(base).read(name, value);
    }
    all = std::move(next);
  }
  for (GivenSettings& given : all) {
    check_ranges(given.over({}));
    if (!given.has(&Settings::peer_strategy)) continue;
    const std::string peer = given.over({}).peer_strategy;
    given.set(&Settings::peer_strategy, choose_peer_strategy(peer, registry));
  }
  return all;
}

// What flags say must mean something to some cell of the run.
void check_parameters(const ParameterLists& flags, const std::vector<SuiteEntry>& entries) {
  for (const auto& [name, values] : flags) {
    const std::vector<std::string> owners = workloads_with(name);
    const bool is_used = std::ranges::any_of(entries, [&](const SuiteEntry& entry) {
      return std::ranges::find(owners, entry.workload) != owners.end();
    });
    if (is_used) continue;
    throw UsageError(fmt::format("{} is no parameter of {}; it belongs to {}", name,
                                 entries.front().workload, fmt::join(owners, ", ")));
  }
}

PlannedCell finish_cell(PlannedCell cell, const Registry& registry) {
  if (const std::string objection = cell.workload->objection(cell.work); !objection.empty()) {
    throw UsageError(objection);
  }
  set_names(cell);
  const Strategy& strategy = strategy_named(cell.strategy, registry);
  cell.unsupported = why_unsupported(cell, strategy);
  const programs::Program* const program = programs::as_program(&strategy);
  if (program != nullptr && cell.unsupported.empty()) program->prepare();
  return cell;
}

Settings resolve_settings(const RunOptions& options, const GivenSettings& suite,
                          const Registry& registry) {
  Settings settings = options.settings.over(suite.over({}));
  check_ranges(settings);
  // A number of trials that the user gives is what is measured.
  if (!options.settings.has(&Settings::budget)) {
    if (options.settings.has(&Settings::trials)) {
      settings.budget = Duration{0};
    } else if (!suite.has(&Settings::budget) && !suite.has(&Settings::trials)) {
      settings.budget = kUsualBudget;
    }
  }
  settings.peer_strategy = choose_peer_strategy(settings.peer_strategy, registry);
  settings.pin = resolve_pinning(settings.pin);
  settings.plugins = registry.plugins();
  settings.profile = options.profile;
  return settings;
}

// Stages are the window, which has no end of its own, and no turns.
void take_stages(const RunOptions& options, Settings& settings) {
  if (settings.stages.empty()) return;
  const auto refuse = [&](Setting::Member member, std::string_view name) {
    if (!options.settings.has(member)) return;
    throw UsageError(fmt::format("--stages are the whole window: leave --{} out", name));
  };
  refuse(&Settings::duration, "duration");
  refuse(&Settings::requests, "requests");
  settings.duration = load::length_of(settings.stages);
  settings.turns = false;
}

// The stages have the rates of the arrivals, which say how these are spread alone.
void pace_by_stages(ParameterLists& lists, const Workload& workload, const Settings& settings) {
  if (settings.stages.empty()) return;
  if (workloads::find_parameter(workload.info().parameters, "arrivals") == nullptr) {
    throw UsageError(
        fmt::format("--stages are rates of an open loop: they do not go with {}, but "
                    "with {}",
                    workload.info().name, fmt::join(workloads_with("arrivals"), ", ")));
  }
  std::vector<workloads::ParameterValue>& values = lists["arrivals"];
  if (values.empty()) values.emplace_back(load::ArrivalSpec{.kind = load::ArrivalKind::poisson});
  for (workloads::ParameterValue& value : values) {
    auto& spec = std::get<load::ArrivalSpec>(value);
    if (spec.kind == load::ArrivalKind::closed || spec.kind == load::ArrivalKind::share ||
        spec.rate_per_s != 0) {
      throw UsageError(fmt::format(
          "arrivals {}: --stages have the rates; give poisson or constant, or leave it out",
          spec.to_string()));
    }
    spec.rate_per_s = load::mean_rate_per_s(settings.stages);
  }
}

// What is measured before the first look cannot be cut short.
void check_budget(const Plan& plan) {
  const Duration budget = plan.settings.budget;
  const Duration least = plan.expected_time();
  if (budget == Duration{0} || least <= budget) return;
  const auto needed = std::chrono::ceil<std::chrono::seconds>(least).count();
  throw UsageError(fmt::format(
      "budget: {} blocks, after which the first decisions fall, take {} s; give --budget {}s or "
      "more, fewer cells or fewer --trials",
      plan.settings.trials, needed, needed));
}

// Every role but the subject's is played by the peer strategy.
void check_peer(const Plan& plan, const Registry& registry) {
  for (const PlannedCell& cell : plan.cells) {
    if (!cell.unsupported.empty()) continue;
    const Strategy& peer = strategy_named(settings_of(plan, cell).peer_strategy, registry);
    if (const Support support = has_cpus(plan, cell, "peer", registry); !support) {
      throw UsageError("peer strategy: " + support.reason);
    }
    for (const Role role : cell.workload->roles(cell.work)) {
      if (role == cell.subject()) continue;
      const Support support = supports(peer, *cell.workload, role, cell.work.parameters);
      if (support && peer.info().name != kNullStrategy) continue;
      throw UsageError(fmt::format("peer strategy {} cannot be the {} of {}: {}", peer.info().name,
                                   workloads::name_of(role), cell.workload->info().name,
                                   support.reason));
    }
  }
}

// A URL that cannot be asked for is known before measuring, not only in each trial.
void check_urls(const Settings& settings, const ParameterLists& given,
                const std::vector<SuiteEntry>& entries) {
  if (settings.urls.empty()) return;
  for (const SuiteEntry& entry : entries) {
    const workloads::WorkloadInfo& info = workload_named(entry.workload).info();
    if (!info.takes_urls) {
      throw UsageError(fmt::format(
          "--url measures a real server: it does not go with {}, but with {}", info.name,
          fmt::join(workloads_that(&workloads::WorkloadInfo::takes_urls), ", ")));
    }
    for (const ParameterInfo& parameter : info.parameters) {
      if (!parameter.of_origin || !given.contains(std::string{parameter.name})) continue;
      throw UsageError(fmt::format(
          "{} is for the embedded origin; a server of --url decides it itself", parameter.name));
    }
  }
  try {
    workloads::resolve_urls(settings.urls, settings.allowed_hosts);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

void check_folder(const Settings& settings, const std::vector<SuiteEntry>& entries) {
  if (settings.folder.empty()) return;
  const bool is_used = std::ranges::any_of(entries, [](const SuiteEntry& entry) {
    return workload_named(entry.workload).info().takes_folder;
  });
  if (is_used) return;
  throw UsageError(fmt::format(
      "--folder is for files: it does not go with {}, but with {}", entries.front().workload,
      fmt::join(workloads_that(&workloads::WorkloadInfo::takes_folder), ", ")));
}

// The entries of a suite, or the one of a workload with flags.
Suite suite_of(const RunOptions& options) {
  if (options.suite) return *options.suite;
  const std::vector<std::string> workloads = workload_names();
  if (std::ranges::find(workloads, options.what) != workloads.end()) {
    Suite suite;
    suite.cells.push_back({.workload = options.what});
    return suite;
  }
  std::vector<std::string> known = workloads;
  std::ranges::copy(suite_names(), std::back_inserter(known));
  const bool is_path =
      options.what.ends_with(".toml") || options.what.find('/') != std::string::npos;
  if (!is_path && std::ranges::find(known, options.what) == known.end()) {
    throw UsageError(unknown_name("workload or suite", options.what, known));
  }
  return load_suite(options.what);
}

// Timed and profiled trials of a cell side by side, so that their ratio is what profiling costs.
void add_profiled_block(std::vector<PlannedTrial>& trials, std::vector<std::size_t> cells,
                        unsigned block, std::mt19937_64& random) {
  std::shuffle(cells.begin(), cells.end(), random);
  for (const std::size_t cell : cells) {
    std::array kinds = {TrialKind::timed, TrialKind::profile};
    std::ranges::shuffle(kinds, random);
    for (const TrialKind kind : kinds)
      trials.push_back({.cell = cell, .block = block, .kind = kind});
  }
}

// What the others of the point are compared with, and what takes part twice.
std::size_t reference_of(const Plan& plan, const Point& point) {
  for (const std::string_view wanted :
       {std::string_view(plan.settings.against), result::kUsualReference}) {
    const auto found = std::ranges::find_if(
        point.cells, [&](std::size_t cell) { return plan.cells[cell].strategy == wanted; });
    if (found != point.cells.end()) return *found;
  }
  return point.cells.front();
}

}  // namespace

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const Workload* workload : workloads::all_workloads()) {
    names.emplace_back(workload->info().name);
  }
  return names;
}

std::vector<std::string> suite_names() {
  std::vector<std::string> names;
  for (const EmbeddedSuite& suite : embedded_suites()) names.emplace_back(suite.name);
  return names;
}

std::string id_of(const PlannedCell& cell) {
  return result::cell_id(std::string{cell.workload->info().name}, cell.strategy,
                         shown_parameters(cell));
}

void set_names(PlannedCell& cell) {
  cell.id = id_of(cell);
  PlannedCell common = cell;
  if (cell.build.empty()) {
    common.strategy = "*";
  } else {
    common.build.clear();
  }
  cell.point = id_of(common);
}

result::Values shown_parameters(const PlannedCell& cell) {
  const Work& work = cell.work;
  const Parameters defaults(work.parameters.infos());
  result::Values shown;
  if (!cell.build.empty()) shown.emplace_back(result::kBuildParameter, cell.build);
  for (const ParameterInfo& info : work.parameters.infos()) {
    // A real server decides itself how long its bodies are.
    if (info.of_origin && !work.urls.empty()) continue;
    if (!info.not_with.empty() && work.parameters.is_on(info.not_with)) continue;
    if (!info.only_with.empty() && !work.parameters.is_on(info.only_with) && work.urls.empty()) {
      continue;
    }
    const workloads::ParameterValue& value = work.parameters.value(info.name);
    if (!info.always_shown && value == defaults.value(info.name)) continue;
    if (const auto* number = std::get_if<std::uint64_t>(&value)) {
      shown.emplace_back(info.name, static_cast<std::int64_t>(*number));
    } else {
      shown.emplace_back(info.name, workloads::canonical_text(value));
    }
  }
  for (const auto& [name, text] : cell.own.texts()) {
    // Numbers are swept along.
    if (std::holds_alternative<unsigned Settings::*>(find_setting(name)->member)) {
      shown.emplace_back(name, static_cast<std::int64_t>(workloads::parse_count(text)));
    } else {
      shown.emplace_back(name, text);
    }
  }
  return shown;
}

Settings settings_of(const Plan& plan, const PlannedCell& cell) {
  return cell.own.over(plan.settings);
}

Work work_of(const Parameters& parameters, const Settings& settings) {
  return {.parameters = parameters,
          .verify = settings.verify,
          .urls = settings.urls,
          .allowed_hosts = settings.allowed_hosts,
          .trust = trust_of(settings),
          .folder = settings.folder};
}

PlannedCell make_cell(const std::string& workload, const std::string& strategy,
                      const std::map<std::string, std::string>& parameters,
                      const Registry& registry, const Settings& settings) {
  const Workload& chosen = workload_named(workload);
  PlannedCell cell{.workload = &chosen,
                   .strategy = strategy,
                   .work = {.parameters = Parameters(chosen.info().parameters)}};
  for (const auto& [name, value] : parameters) cell.work.parameters.set(name, value);
  cell = finish_cell(std::move(cell), registry);
  if (cell.unsupported.empty()) {
    cell.unsupported = has_cpus(strategy_named(strategy, registry), "subject",
                                pinning_for(settings.pin, threads_of(settings)))
                           .reason;
  }
  return cell;
}

Plan make_plan(const RunOptions& options, const Registry& registry, bool count_syscalls) {
  const Suite suite = suite_of(options);
  check_parameters(options.parameters, suite.cells);
  const Settings given = options.settings.over({});
  check_urls(given, options.parameters, suite.cells);
  check_tls(given, options.parameters, suite.cells);
  check_folder(given, suite.cells);

  Plan plan;
  plan.settings = resolve_settings(options, suite.settings, registry);
  take_stages(options, plan.settings);
  plan.suite = suite.name;
  plan.out = options.out;
  plan.out_is_default = options.out_is_default;
  plan.may_overwrite = options.may_overwrite;
  plan.command = options.command;

  std::set<std::string> seen;
  std::vector<PlannedCell> at_shares;
  for (const SuiteEntry& entry : suite.cells) {
    const Workload& workload = workload_named(entry.workload);
    const std::vector<std::string> wanted =
        first_set({options.strategies, entry.strategies, suite.strategies, {"all"}});
    ParameterLists lists = entry.parameters;
    for (const auto& [name, values] : options.parameters) lists[name] = values;
    pace_by_stages(lists, workload, plan.settings);
    const std::vector<ChosenStrategy> strategies = choose_strategies(wanted, registry);
    const std::vector<GivenSettings> settings =
        combinations(entry.settings, options, workload, registry);
    for (const Parameters& parameters : combinations(workload, lists)) {
      for (const GivenSettings& own : settings) {
        for (const ChosenStrategy& strategy : strategies) {
          PlannedCell cell = finish_cell({.workload = &workload,
                                          .strategy = strategy.name,
                                          .work = work_of(parameters, plan.settings),
                                          .own = own,
                                          .named = strategy.named && !options.strategies.empty()},
                                         registry);
          if (cell.unsupported.empty()) {
            cell.unsupported = has_cpus(plan, cell, "subject", registry).reason;
          }
          if (is_at_share(cell)) {
            at_shares.push_back(std::move(cell));
          } else if (seen.insert(cell.id).second) {
            plan.cells.push_back(std::move(cell));
          }
          check_number_of_cells(plan.cells.size() + at_shares.size());
        }
      }
    }
  }
  note_shares(plan, at_shares, options.finds_capacity);
  check_peer(plan, registry);
  check_peer_processes(plan);
  plan.settings.pin = pinning_for(plan.settings.pin, most_threads(plan));
  plan.notes = cpu_shortages_of(plan);
  plan.trials = order_trials(plan, count_syscalls);
  if (options.settings.has(&Settings::budget)) check_budget(plan);
  return plan;
}

// Random order within blocks: slow drift of the machine then falls on all strategies alike. In
// fixed order it gives up to 55 % false alarms (simulated, docs/method.md).
std::vector<PlannedTrial> order_trials(const Plan& plan, bool count_syscalls) {
  std::vector<std::size_t> runnable;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    if (plan.cells[i].unsupported.empty()) runnable.push_back(i);
  }
  std::mt19937_64 random(plan.settings.seed);
  std::vector<PlannedTrial> trials;
  for (unsigned block = 0; block < plan.settings.trials; ++block) {
    if (plan.settings.profile) {
      add_profiled_block(trials, runnable, block, random);
    } else {
      add_block(trials, points_of(plan), block, random);
    }
  }
  const auto add_once = [&](TrialKind kind) {
    for (const std::size_t cell : runnable) {
      trials.push_back({.cell = cell, .block = plan.settings.trials, .kind = kind});
    }
  };
  // A profile also needs what count trials tell beside system calls.
  if (count_syscalls || plan.settings.profile) add_once(TrialKind::count);
  if (plan.settings.profile) add_once(TrialKind::trace);
  return trials;
}

std::vector<Point> points_of(const Plan& plan) {
  std::vector<Point> points;
  std::map<std::pair<std::string_view, bool>, std::size_t> known;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) {
    const PlannedCell& cell = plan.cells[i];
    if (!cell.unsupported.empty() || cell.counts_only) continue;
    const bool in_turns = plan.takes_turns(cell, TrialKind::timed);
    const auto [found, is_new] = known.try_emplace({cell.point, in_turns}, points.size());
    if (is_new) points.push_back({.name = cell.point, .in_turns = in_turns});
    points[found->second].cells.push_back(i);
  }
  for (Point& point : points) point.reference = reference_of(plan, point);
  return points;
}

void add_block(std::vector<PlannedTrial>& trials, std::vector<Point> points, unsigned block,
               std::mt19937_64& random) {
  std::ranges::shuffle(points, random);
  for (Point& point : points) {
    std::ranges::shuffle(point.cells, random);
    for (const std::size_t cell : point.cells) trials.push_back({.cell = cell, .block = block});
    if (!point.in_turns || point.cells.size() < 2) continue;
    trials.push_back({.cell = point.reference, .block = block, .kind = TrialKind::twin});
  }
}

bool Plan::takes_turns(const PlannedCell& cell, TrialKind kind) const {
  if (kind != TrialKind::timed && kind != TrialKind::twin) return false;
  const auto rests = [&](const PlannedCell& one) {
    return one.strategy != kNullStrategy && one.workload->can_rest(one.work.parameters);
  };
  const auto is_partner = [&](const PlannedCell& other) {
    return other.point == cell.point && other.id != cell.id && other.unsupported.empty() &&
           !other.counts_only && rests(other);
  };
  return settings.turns && settings.requests == 0 && !settings.profile && rests(cell) &&
         std::ranges::any_of(cells, is_partner);
}

Duration Plan::expected_time() const {
  Duration sum{0};
  std::span<const PlannedTrial> left = trials;
  while (!left.empty()) {
    const std::size_t together = sit_together(left);
    sum += run::expected_time(*this, left.first(together));
    left = left.subspan(together);
  }
  return sum;
}

std::size_t Plan::sit_together(std::span<const PlannedTrial> next) const {
  const PlannedTrial& first = next.front();
  if (!takes_turns(cells[first.cell], first.kind)) return 1;
  const std::string point = cells[first.cell].point;
  const auto end = std::ranges::find_if_not(next, [&](const PlannedTrial& trial) {
    return trial.block == first.block && takes_turns(cells[trial.cell], trial.kind) &&
           cells[trial.cell].point == point;
  });
  return static_cast<std::size_t>(end - next.begin());
}

std::uint64_t trial_seed(std::uint64_t run_seed, unsigned block) {
  // splitmix64's finalizer: neighbouring blocks get unrelated seeds.
  std::uint64_t z = run_seed + 0x9e3779b97f4a7c15u * (std::uint64_t{block} + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace asyncbench::run
