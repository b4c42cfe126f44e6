#include "run/selection.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fnmatch.h>

#include <algorithm>
#include <iterator>

#include "programs/contenders.hpp"
#include "programs/program.hpp"
#include "run/client_parts.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/names.hpp"

namespace asyncbench::run {

using workloads::Parameters;
using workloads::Role;
using workloads::unknown_name;
using workloads::Workload;

namespace {

std::vector<std::string> strategy_names(const Registry& registry) {
  std::vector<std::string> names;
  for (const auto& strategy : registry.all()) names.push_back(strategy->info().name);
  return names;
}

}  // namespace

const Workload& workload_named(const std::string& name) {
  if (const Workload* workload = workloads::find_workload(name)) return *workload;
  throw UsageError(unknown_name("workload", name, workload_names()));
}

const Strategy& strategy_named(const std::string& name, const Registry& registry) {
  if (const Strategy* strategy = registry.find(name)) return *strategy;
  throw UsageError(unknown_name("strategy", name, strategy_names(registry)));
}

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
    const bool is_all = name == "all";
    const bool is_contenders = name == programs::kContenders;
    if (!is_all && !is_contenders && name.find_first_of("*?[") == std::string::npos) {
      add(strategy_named(name, registry).info().name, true);
      continue;
    }
    const std::string base = name.ends_with(":*") ? name.substr(0, name.size() - 2) : name;
    const std::size_t before = chosen.size();
    for (const auto& strategy : registry.all()) {
      const StrategyInfo& info = strategy->info();
      const bool matches =
          is_all          ? info.in_all
          : is_contenders ? programs::is_contender(*strategy)
                          : info.name == base || ::fnmatch(name.c_str(), info.name.c_str(), 0) == 0;
      if (matches) add(info.name, false);
    }
    if (chosen.size() == before && is_contenders) {
      throw UsageError(
          "no contenders are here; they come with the sources of asyncbench, in "
          "strategies/contenders, and with its installation");
    }
    if (chosen.size() == before && !is_all) {
      throw UsageError(unknown_name("strategy", name, strategy_names(registry)));
    }
  }
  if (chosen.empty()) throw UsageError("no strategy was named; try --strategies all");
  return chosen;
}

std::string why_unsupported(const PlannedCell& cell, const Strategy& strategy) {
  const Parameters& parameters = cell.work.parameters;
  if (cell.strategy == kNullStrategy) {
    // It answers every Receive with the same canned response.
    if (cell.workload != &workloads::fetch_workload()) {
      return "null completes every operation at once, with a canned response: fetch alone";
    }
    if (cell.is_open_loop()) return "null completes at once: closed loop only";
    if (!cell.work.urls.empty()) return "null sends nothing: it cannot measure a URL";
    if (parameters.is_on("tls")) return "null sends nothing: there is no TLS";
  }
  const programs::Program* const program = programs::as_program(&strategy);
  if (program != nullptr && !cell.work.urls.empty() &&
      !program->takes_part(cell.subject(), cell.workload->info().name)) {
    return cell.strategy + " is a server: it cannot measure a URL";
  }
  const Support support = supports(strategy, *cell.workload, cell.subject(), parameters);
  return support ? "" : support.reason;
}

Support has_cpus(const Strategy& strategy, const std::string& side, const Pinning& pinning) {
  const StrategyInfo& info = strategy.info();
  const std::vector<unsigned>& pinned = side == "subject" ? pinning.subject : pinning.peer;
  const std::vector<unsigned> cpus = pinned.empty() ? usable_cpus() : pinned;
  if (cpus.size() >= info.cpus_min) return Support::yes();
  std::vector<unsigned> more = usable_cpus();
  if (more.size() < info.cpus_min) {
    return Support::no(fmt::format("{} needs {} CPUs, and this process may use {}", info.name,
                                   info.cpus_min, more.size()));
  }
  more.resize(info.cpus_min);
  std::string remedy = fmt::format("--pin {}={}", side, fmt::join(more, "+"));
  if (pinning.mode == Pinning::Mode::automatic) {
    const Setting& threads = *find_setting(side == "subject" ? "threads" : "peer_threads");
    remedy = fmt::format("{} {} or {}", threads.option_name(), info.cpus_min, remedy);
  }
  return Support::no(fmt::format("{} needs {} CPUs, and the {} has CPU {} alone; use {}", info.name,
                                 info.cpus_min, side, fmt::join(cpus, ", "), remedy));
}

Support has_cpus(const Plan& plan, const PlannedCell& cell, const std::string& side,
                 const Registry& registry) {
  const Settings settings = settings_of(plan, cell);
  const std::string& strategy = side == "subject" ? cell.strategy : settings.peer_strategy;
  Pinning pinning = pinning_for(settings.pin, threads_of(settings));
  pinning.peer = cpus_of(pinning.peer, {.of = settings.peer_processes});
  return has_cpus(strategy_named(strategy, registry), side, pinning);
}

std::string why_nothing_runs(const Plan& plan) {
  std::vector<std::string> reasons;
  for (const PlannedCell& cell : plan.cells) {
    if (cell.unsupported.empty()) return "";
    std::string reason = cell.unsupported.starts_with(cell.strategy)
                             ? cell.unsupported
                             : cell.strategy + ": " + cell.unsupported;
    if (std::ranges::find(reasons, reason) == reasons.end()) reasons.push_back(std::move(reason));
  }
  return fmt::format("no strategy can run this here: {}", fmt::join(reasons, "; "));
}

Support supports(const Strategy& strategy, const Workload& workload, Role role,
                 const Parameters& parameters) {
  if (const programs::Program* program = programs::as_program(&strategy)) {
    return program->plays(role, workload.info().name, parameters);
  }
  const workloads::Forms forms = workload.forms(role, parameters);
  const Support support = takes_part(strategy, forms.operations);
  if (support || !forms.exchange) return support;
  return takes_part(strategy, *forms.exchange) ? Support::yes() : support;
}

Support supports_subject(const Strategy& strategy, const Workload& workload) {
  const PlannedCell cell{.workload = &workload,
                         .strategy = strategy.info().name,
                         .work = {.parameters = Parameters(workload.info().parameters)}};
  const std::string reason = why_unsupported(cell, strategy);
  return reason.empty() ? Support::yes() : Support::no(reason);
}

std::string choose_peer_strategy(const std::string& wanted, const Registry& registry) {
  if (!wanted.empty()) return strategy_named(wanted, registry).info().name;
  std::vector<std::string> candidates = {"uring", "asio"};
  std::ranges::copy(strategy_names(registry), std::back_inserter(candidates));
  for (const std::string& name : candidates) {
    const Strategy* strategy = registry.find(name);
    if (strategy == nullptr || name == kNullStrategy) continue;
    if (supports_subject(*strategy, workloads::fetch_workload()) &&
        supports_subject(*strategy, workloads::serve_workload())) {
      return name;
    }
  }
  throw UsageError("no strategy can be the peer on this host; asyncbench list says why");
}

}  // namespace asyncbench::run
