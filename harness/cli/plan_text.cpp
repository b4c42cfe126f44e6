#include "cli/plan_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/command.hpp"
#include "cli/progress.hpp"
#include "report/format.hpp"

namespace asyncbench::cli {
namespace {

std::string cpu_list(const std::vector<unsigned>& cpus) {
  return cpus.empty() ? "any" : fmt::format("{}", fmt::join(cpus, "+"));
}

}  // namespace

std::string plan_text(const run::Plan& plan) {
  const run::Settings& settings = plan.settings;
  std::string text;
  for (const run::PlannedCell& cell : plan.cells) {
    text += cell.id + '\n';
    if (cell.unsupported.empty()) continue;
    text += report::wrapped("not supported here: " + cell.unsupported, "    ", kColumns);
  }
  const std::string window = settings.requests == 0
                                 ? workloads::to_text(settings.duration) + " window"
                                 : fmt::format("{} requests", settings.requests);
  text += fmt::format("\n{}\n", amount_text(plan));
  text += fmt::format("each trial: {} warm-up, {}, at most {} grace; seed {}\n",
                      workloads::to_text(settings.warmup), window,
                      workloads::to_text(settings.grace), settings.seed);
  text += fmt::format("peer strategy {}; CPUs: subject {}, peer {}\n", settings.peer_strategy,
                      cpu_list(settings.pin.subject), cpu_list(settings.pin.peer));
  return text;
}

}  // namespace asyncbench::cli
