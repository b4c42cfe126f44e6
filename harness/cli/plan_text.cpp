#include "cli/plan_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/output.hpp"
#include "cli/progress.hpp"
#include "report/format.hpp"
#include "run/open_loop.hpp"
#include "run/selection.hpp"

namespace asyncbench::cli {
namespace {

std::string cpu_list(const std::vector<unsigned>& cpus) {
  return cpus.empty() ? "any" : fmt::format("{}", fmt::join(cpus, "+"));
}

// Whether cells have CPUs by their threads, and these differ.
bool has_cpus_by_threads(const run::Plan& plan) {
  return plan.settings.pin.mode == run::Pinning::Mode::automatic &&
         std::ranges::any_of(plan.cells, [](const run::PlannedCell& cell) {
           return cell.own.has(&run::Settings::threads) ||
                  cell.own.has(&run::Settings::peer_threads) ||
                  cell.own.has(&run::Settings::peer_processes);
         });
}

}  // namespace

std::string plan_text(const run::Plan& given) {
  const run::Plan plan = run::with_open_loop(given);
  const run::Settings& settings = plan.settings;
  std::string text;
  for (const run::PlannedCell& cell : plan.cells) {
    text += cell.id + '\n';
    if (cell.unsupported.empty()) continue;
    text += report::wrapped("not supported here: " + cell.unsupported, "    ", columns());
  }
  const std::string window = settings.requests == 0
                                 ? workloads::to_text(settings.duration) + " window"
                                 : fmt::format("{} requests", settings.requests);
  text += fmt::format("\n{}\n", amount_text(plan));
  const std::vector<run::Point> points = run::points_of(plan);
  const bool any_turns = std::ranges::any_of(points, &run::Point::in_turns);
  if (any_turns) {
    text += "cells that differ in their strategy take turns, in fresh processes for every block";
    if (settings.budget > Duration{0}) {
      text += fmt::format(",\nuntil all differences of {:g} % are decided or {} have passed",
                          settings.relevant.value * 100, clock_text(settings.budget));
    }
    text += '\n';
  }
  if (plan.cells.size() > given.cells.size()) {
    text += "open loop: at shares of what the slowest of the strategies does in closed loop\n";
  }
  const bool all_turns = any_turns && std::ranges::all_of(points, &run::Point::in_turns);
  if (!all_turns) {
    text += fmt::format("each {}trial: {} warm-up, {}, at most {} grace\n",
                        any_turns ? "other " : "", workloads::to_text(settings.warmup), window,
                        workloads::to_text(settings.grace));
  }
  text += fmt::format("seed {}\n", settings.seed);
  text += fmt::format("peer strategy {}; CPUs: subject {}, peer {}{}\n", settings.peer_strategy,
                      cpu_list(settings.pin.subject), cpu_list(settings.pin.peer),
                      has_cpus_by_threads(plan) ? " (a cell has as many of them as threads)" : "");
  if (settings.peer_processes > 1) {
    text += fmt::format("{} processes share out the load of a server under test\n",
                        settings.peer_processes);
  }
  for (const result::Note& note : plan.notes) {
    text += report::wrapped(note.detail, "note: ", columns());
  }
  return text;
}

ExitCode show_plan(const run::Plan& plan) {
  put(plan_text(plan));
  const auto is_missing = [](const run::PlannedCell& cell) {
    return cell.named && !cell.unsupported.empty();
  };
  const bool whole =
      run::why_nothing_runs(plan).empty() && std::ranges::none_of(plan.cells, is_missing);
  return whole ? ExitCode::done : ExitCode::incomplete;
}

}  // namespace asyncbench::cli
