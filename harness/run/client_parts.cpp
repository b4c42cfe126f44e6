#include "run/client_parts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using workloads::Role;
using workloads::Workload;

bool is_loaded_by_peer(const Workload& workload, const workloads::Parameters& parameters) {
  return workload.subject(parameters) != Role::client;
}

std::vector<std::string> loaded_by_peers() {
  std::vector<std::string> names;
  for (const Workload* workload : workloads::all_workloads()) {
    const workloads::Parameters usual(workload->info().parameters);
    if (is_loaded_by_peer(*workload, usual)) names.emplace_back(workload->info().name);
  }
  return names;
}

// Why so many clients cannot share the cell's load out; empty: they can.
std::string objection(const PlannedCell& cell, const Settings& settings) {
  const unsigned clients = settings.peer_processes;
  const workloads::Parameters& parameters = cell.work.parameters;
  if (!is_loaded_by_peer(*cell.workload, parameters)) {
    return fmt::format(
        "the client of {} is under test, and there is one of it: leave this out, or measure a "
        "server ({})",
        cell.workload->info().name, fmt::join(loaded_by_peers(), ", "));
  }
  if (settings.requests > 0) {
    return "--requests ends a window by the count of one client: give --duration instead";
  }
  if (!settings.stages.empty()) {
    return "--stages are the schedule of one client: leave one of the two out";
  }
  const std::uint64_t in_flight = cell.workload->in_flight(parameters);
  if (clients > in_flight) {
    return fmt::format("so many cannot share {} connection{} out: give --connections {} or more",
                       in_flight, in_flight == 1 ? "" : "s", clients);
  }
  return "";
}

void add_turns(std::vector<std::optional<std::int64_t>>& to,
               const std::vector<std::optional<std::int64_t>>& more) {
  to.resize(std::max(to.size(), more.size()));
  for (std::size_t i = 0; i < to.size(); ++i) {
    const auto other = i < more.size() ? more[i] : std::nullopt;
    to[i] = to[i] && other ? std::optional(*to[i] + *other) : std::nullopt;
  }
}

void add_items(std::vector<workloads::ItemOutcomes>& to,
               const std::vector<workloads::ItemOutcomes>& more) {
  for (const workloads::ItemOutcomes& item : more) {
    auto found = std::ranges::find(to, item.name, &workloads::ItemOutcomes::name);
    if (found == to.end()) found = to.insert(found, {.name = item.name, .outcomes = {}});
    for (const auto& [outcome, count] : item.outcomes) found->outcomes[outcome] += count;
  }
}

void add(report::Record& to, const report::Record& more) {
  to.recording->merge(*more.recording);
  to.arrivals_due += more.arrivals_due;
  to.arrivals_before += more.arrivals_before;
  for (const auto& [name, histogram] : more.series) to.series[name].merge(histogram);
  add_items(to.items, more.items);
  to.unreadable.insert(more.unreadable.begin(), more.unreadable.end());
  to.usage = result::sum(to.usage, more.usage);
  add_turns(to.turns_cpu_ns, more.turns_cpu_ns);
  to.resources_back = to.resources_back && more.resources_back;
  to.resources_missing += more.resources_missing;
}

}  // namespace

void check_peer_processes(const Plan& plan) {
  for (const PlannedCell& cell : plan.cells) {
    const Settings settings = settings_of(plan, cell);
    if (settings.peer_processes == 1 || !cell.unsupported.empty()) continue;
    if (const std::string reason = objection(cell, settings); !reason.empty()) {
      throw UsageError(fmt::format("--peer-processes {}: {}", settings.peer_processes, reason));
    }
  }
}

workloads::Work part_of(workloads::Work whole, load::Part part) {
  for (const workloads::ParameterInfo& info : whole.parameters.infos()) {
    if (!info.divided) continue;
    const std::uint64_t all = whole.parameters.number(info.name);
    whole.parameters.put(info.name, all / part.of + (part.index < all % part.of ? 1 : 0));
  }
  return whole;
}

std::vector<unsigned> cpus_of(const std::vector<unsigned>& all, load::Part part) {
  if (all.empty()) return {};
  const std::size_t begin = all.size() * part.index / part.of;
  const std::size_t end = all.size() * (part.index + std::size_t{1}) / part.of;
  return {all.begin() + static_cast<std::ptrdiff_t>(begin),
          all.begin() + static_cast<std::ptrdiff_t>(std::max(end, begin + 1))};
}

report::Record together(const std::vector<report::Record>& records) {
  report::Record all = records.front();
  if (records.size() == 1) return all;
  all.figures.clear();
  all.curves.clear();
  for (std::size_t i = 1; i < records.size(); ++i) add(all, records[i]);
  return all;
}

}  // namespace asyncbench::run
