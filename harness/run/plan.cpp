#include "run/plan.hpp"

#include <fmt/format.h>
#include <sched.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <random>
#include <set>

#include "run/names.hpp"
#include "run/parameters.hpp"
#include "run/suite.hpp"
#include "workloads/http_client.hpp"
#include "workloads/http_server.hpp"

namespace asyncbench::run {
namespace {

using result::TrialKind;

constexpr std::array kWorkloads = {Workload::fetch, Workload::serve};

// What spawning two processes, connecting, draining and the canaries take, measured on two cores.
constexpr Duration kTrialOverhead = std::chrono::milliseconds(150);

Workload workload_named(const std::string& name) {
  for (const Workload workload : kWorkloads) {
    if (name_of(workload) == name) return workload;
  }
  throw UsageError(unknown_name("workload", name, workload_names()));
}

std::vector<std::string> strategy_names(const Registry& registry) {
  std::vector<std::string> names;
  for (const auto& strategy : registry.all()) names.push_back(strategy->info().name);
  return names;
}

const Strategy& strategy_named(const std::string& name, const Registry& registry) {
  if (const Strategy* strategy = registry.find(name)) return *strategy;
  throw UsageError(unknown_name("strategy", name, strategy_names(registry)));
}

struct ChosenStrategy {
  std::string name;
  bool named = true;
};

std::vector<std::string> first_set(const std::vector<std::vector<std::string>>& lists) {
  for (const std::vector<std::string>& list : lists) {
    if (!list.empty()) return list;
  }
  return {};
}

// "all", alone or among names, stands for every strategy that wants to be part of it.
std::vector<ChosenStrategy> choose_strategies(const std::vector<std::string>& wanted,
                                              const Registry& registry) {
  std::vector<ChosenStrategy> chosen;
  const auto add = [&](const std::string& name, bool named) {
    const auto same = std::ranges::find(chosen, name, &ChosenStrategy::name);
    if (same == chosen.end()) {
      chosen.push_back({name, named});
    } else {
      same->named |= named;
    }
  };
  for (const std::string& name : wanted) {
    if (name != "all") {
      strategy_named(name, registry);
      add(name, true);
      continue;
    }
    for (const auto& strategy : registry.all()) {
      if (strategy->info().in_all) add(strategy->info().name, false);
    }
  }
  if (chosen.empty()) throw UsageError("no strategy was named; try --strategies all");
  return chosen;
}

std::string why_unsupported(const Cell& cell, const Strategy& strategy) {
  if (cell.strategy == kNullStrategy) {
    if (cell.workload == Workload::serve) return "null has no connections to serve";
    if (cell.parameters.arrivals.open_loop()) return "null completes at once: closed loop only";
    if (!cell.parameters.urls.empty()) return "null sends nothing: it cannot measure a URL";
  }
  const Support support =
      cell.workload == Workload::fetch ? supports_client(strategy) : supports_server(strategy);
  return support ? "" : support.reason;
}

// Every combination of the listed values, the first parameter varying slowest.
std::vector<workloads::HttpParameters> combinations(
    const std::map<std::string, std::string>& lists) {
  for (const auto& [name, text] : lists) expand_parameter(name, text);
  std::vector<workloads::HttpParameters> all(1);
  for (const std::string_view name : kParameterNames) {
    const auto list = lists.find(std::string{name});
    if (list == lists.end()) continue;
    std::vector<workloads::HttpParameters> next;
    for (const workloads::HttpParameters& base : all) {
      for (const std::string& value : expand_parameter(name, list->second)) {
        set_parameter(next.emplace_back(base), name, value);
      }
    }
    all = std::move(next);
  }
  return all;
}

Cell finish_cell(Cell cell, const Registry& registry) {
  if (cell.parameters.arrivals.open_loop() && cell.parameters.think_time > Duration{0}) {
    throw UsageError("think_time belongs to a closed loop; an open loop's pace is its arrivals");
  }
  cell.id = result::cell_id(std::string{name_of(cell.workload)}, cell.strategy,
                            shown_parameters(cell.parameters));
  cell.unsupported = why_unsupported(cell, strategy_named(cell.strategy, registry));
  return cell;
}

Settings resolve_settings(const RunOptions& options, const RunOptions& suite,
                          const Registry& registry) {
  Settings settings;
  const auto take = [&](auto& into, const auto& from_flags, const auto& from_suite) {
    if (from_flags) {
      into = *from_flags;
    } else if (from_suite) {
      into = *from_suite;
    }
  };
  std::optional<std::string> peer;
  take(settings.duration, options.duration, suite.duration);
  take(settings.warmup, options.warmup, suite.warmup);
  take(settings.grace, options.grace, suite.grace);
  take(settings.trials, options.trials, suite.trials);
  take(settings.seed, options.seed, suite.seed);
  take(settings.requests, options.requests, suite.requests);
  take(settings.threads, options.threads, suite.threads);
  take(settings.pin, options.pin, suite.pin);
  take(settings.cpu_idle, options.cpu_idle, suite.cpu_idle);
  take(settings.verify, options.verify, suite.verify);
  take(peer, options.peer_strategy, suite.peer_strategy);
  if (settings.duration <= Duration{0}) throw UsageError("duration: must be above 0");
  if (settings.trials == 0) throw UsageError("trials: at least 1");
  if (settings.threads == 0 || settings.threads > 1024) {
    throw UsageError("threads: between 1 and 1024");
  }
  settings.peer_strategy = choose_peer_strategy(peer.value_or(""), registry);
  settings.pin = resolve_pinning(settings.pin);
  settings.allowed_hosts = options.allowed_hosts;
  return settings;
}

void check_peer(const Plan& plan, const Registry& registry) {
  const Strategy& peer = strategy_named(plan.settings.peer_strategy, registry);
  for (const Cell& cell : plan.cells) {
    if (!cell.unsupported.empty() || !cell.parameters.urls.empty()) continue;
    const Support support =
        cell.workload == Workload::fetch ? supports_server(peer) : supports_client(peer);
    if (!support || peer.info().name == kNullStrategy) {
      throw UsageError(fmt::format("peer strategy {} cannot be the peer of {}: {}",
                                   peer.info().name, name_of(cell.workload), support.reason));
    }
  }
}

// A URL that cannot be asked for is known before measuring, not in every trial anew.
void check_urls(const RunOptions& options) {
  for (const char* const name : {"body_bytes", "server_delay"}) {
    if (options.urls.empty() || !options.parameters.contains(name)) continue;
    throw UsageError(
        fmt::format("{} is for the embedded origin; a server of --url decides it itself", name));
  }
  try {
    workloads::url_targets({.urls = options.urls}, options.allowed_hosts);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

std::string_view name_of(Workload workload) {
  return workload == Workload::fetch ? "fetch" : "serve";
}

std::vector<std::string> workload_names() {
  std::vector<std::string> names;
  for (const Workload workload : kWorkloads) names.emplace_back(name_of(workload));
  return names;
}

std::vector<std::string> suite_names() {
  std::vector<std::string> names;
  for (const EmbeddedSuite& suite : embedded_suites()) names.emplace_back(suite.name);
  return names;
}

Support supports_client(const Strategy& strategy) {
  const Support stream = strategy.supports(workloads::client_stream_ops());
  return stream || !strategy.supports(workloads::client_exchange_ops()) ? stream : Support::yes();
}

Support supports_server(const Strategy& strategy) {
  return strategy.supports(workloads::server_ops());
}

std::string choose_peer_strategy(const std::string& wanted, const Registry& registry) {
  if (!wanted.empty()) return strategy_named(wanted, registry).info().name;
  std::vector<std::string> candidates = {"uring", "asio"};
  std::ranges::copy(strategy_names(registry), std::back_inserter(candidates));
  for (const std::string& name : candidates) {
    const Strategy* strategy = registry.find(name);
    if (strategy == nullptr || name == kNullStrategy) continue;
    if (supports_client(*strategy) && supports_server(*strategy)) return name;
  }
  throw UsageError("no strategy can be the peer on this host; asyncbench list says why");
}

Pinning resolve_pinning(const Pinning& wanted) {
  if (wanted.mode == Pinning::Mode::none) return wanted;
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  if (wanted.mode == Pinning::Mode::automatic) {
    if (cpus.size() < 2) return {.mode = Pinning::Mode::none};
    return {.mode = Pinning::Mode::listed, .subject = {cpus.back()}, .peer = {cpus.front()}};
  }
  for (const auto* side : {&wanted.subject, &wanted.peer}) {
    for (const unsigned cpu : *side) {
      if (std::ranges::find(cpus, cpu) == cpus.end()) {
        throw UsageError(fmt::format("pin: CPU {} is not among those that this process may use: {}",
                                     cpu, fmt::join(cpus, ", ")));
      }
    }
  }
  return wanted;
}

Cell make_cell(const std::string& workload, const std::string& strategy,
               const std::map<std::string, std::string>& parameters, const Registry& registry) {
  Cell cell{.workload = workload_named(workload), .strategy = strategy};
  for (const auto& [name, value] : parameters) set_parameter(cell.parameters, name, value);
  return finish_cell(std::move(cell), registry);
}

Plan make_plan(const RunOptions& options, const Registry& registry, bool count_syscalls) {
  Suite suite;
  const std::vector<std::string> workloads = workload_names();
  if (std::ranges::find(workloads, options.what) != workloads.end()) {
    suite.cells.push_back({.workload = options.what});
  } else {
    std::vector<std::string> known = workloads;
    std::ranges::copy(suite_names(), std::back_inserter(known));
    const bool is_path =
        options.what.ends_with(".toml") || options.what.find('/') != std::string::npos;
    if (!is_path && std::ranges::find(known, options.what) == known.end()) {
      throw UsageError(unknown_name("workload or suite", options.what, known));
    }
    suite = load_suite(options.what);
  }

  check_urls(options);

  Plan plan;
  plan.settings = resolve_settings(options, suite.options, registry);
  plan.suite = suite.name;
  plan.out = options.out;
  plan.command = options.command;

  std::set<std::string> seen;
  for (const SuiteEntry& entry : suite.cells) {
    const Workload workload = workload_named(entry.workload);
    if (!options.urls.empty() && workload != Workload::fetch) {
      throw UsageError("--url measures a real server: it goes with fetch alone");
    }
    const std::vector<std::string> wanted =
        first_set({options.strategies, entry.strategies, suite.options.strategies, {"all"}});
    std::map<std::string, std::string> lists = entry.parameters;
    for (const auto& [name, text] : options.parameters) lists[name] = text;
    for (workloads::HttpParameters& parameters : combinations(lists)) {
      parameters.verify = plan.settings.verify;
      parameters.urls = options.urls;
      for (const ChosenStrategy& strategy : choose_strategies(wanted, registry)) {
        Cell cell = finish_cell({.workload = workload,
                                 .strategy = strategy.name,
                                 .parameters = parameters,
                                 .named = strategy.named},
                                registry);
        if (seen.insert(cell.id).second) plan.cells.push_back(std::move(cell));
      }
    }
  }
  check_peer(plan, registry);
  plan.trials = order_trials(plan, count_syscalls);
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
    std::shuffle(runnable.begin(), runnable.end(), random);
    for (const std::size_t cell : runnable) trials.push_back({.cell = cell, .block = block});
  }
  if (count_syscalls) {
    std::ranges::sort(runnable);
    for (const std::size_t cell : runnable) {
      trials.push_back({.cell = cell, .block = plan.settings.trials, .kind = TrialKind::count});
    }
  }
  return trials;
}

Duration window_of(const Settings& settings, TrialKind kind) {
  return kind == TrialKind::count ? std::min(settings.duration, kCountWindow) : settings.duration;
}

Duration expected_time(const Settings& settings, TrialKind kind) {
  return settings.warmup + window_of(settings, kind) + kTrialOverhead;
}

Duration Plan::expected_time() const {
  Duration sum{0};
  for (const PlannedTrial& trial : trials) sum += run::expected_time(settings, trial.kind);
  return sum;
}

std::uint64_t trial_seed(std::uint64_t run_seed, unsigned block) {
  // splitmix64's finalizer: neighbouring blocks get unrelated seeds.
  std::uint64_t z = run_seed + 0x9e3779b97f4a7c15u * (std::uint64_t{block} + 1);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace asyncbench::run
