#include "run/plan_threads.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "measure/cpu.hpp"

namespace asyncbench::run {
namespace {

// The settings of which a run may have several values, each in cells of its own.
struct Axis {
  std::string_view name;
  Counts Settings::*values;
  unsigned Threads::*value;
  bool PlannedCell::*is_swept;
};
constexpr std::array kAxes = {
    Axis{"threads", &Settings::threads, &Threads::subject, &PlannedCell::threads_swept},
    Axis{"peer_threads", &Settings::peer_threads, &Threads::peer,
         &PlannedCell::peer_threads_swept}};

bool has_peer(const PlannedCell& cell) {
  return cell.strategy != kNullStrategy && cell.workload->roles(cell.work).size() > 1;
}

}  // namespace

std::vector<PlannedCell> with_threads(const PlannedCell& cell, const Settings& settings) {
  std::vector<PlannedCell> all{cell};
  for (const Axis& axis : kAxes) {
    const Counts& values = settings.*axis.values;
    const bool is_alone =
        axis.value == &Threads::peer && cell.workload->roles(cell.work).size() < 2;
    std::vector<PlannedCell> next;
    for (const PlannedCell& base : all) {
      for (const unsigned value : is_alone ? Counts{values.front()} : values) {
        PlannedCell& added = next.emplace_back(base);
        added.threads.*axis.value = value;
        added.*axis.is_swept = !is_alone && values.size() > 1;
      }
    }
    all = std::move(next);
  }
  return all;
}

std::vector<result::Note> cpu_shortages_of(const Plan& plan) {
  std::vector<std::string> of_side;
  std::vector<std::string> of_both;
  const auto add = [](std::vector<std::string>& to, const std::string& text) {
    if (!text.empty() && std::ranges::find(to, text) == to.end()) to.push_back(text);
  };
  const std::size_t allowed = measure::allowed_cpus().size();
  for (const PlannedCell& cell : plan.cells) {
    if (!cell.unsupported.empty()) continue;
    const CpuShortage shortage = cpu_shortage(pinning_for(plan.settings.pin, cell.threads),
                                              cell.threads, has_peer(cell), allowed);
    add(of_side, shortage.of_side);
    add(of_both, shortage.of_both);
  }
  std::vector<result::Note> notes;
  if (!of_side.empty()) {
    notes.push_back({.code = std::string(kThreadsExceedCpus),
                     .detail = fmt::format("{}: more of them than CPUs do not show scaling",
                                           fmt::join(of_side, "; "))});
  }
  if (!of_both.empty()) {
    notes.push_back({.code = std::string(kCpusShared),
                     .detail = fmt::format("{}: what one side uses the other lacks, so compare CPU "
                                           "per request rather than throughput or latency",
                                           fmt::join(of_both, "; "))});
  }
  return notes;
}

result::Values shown_threads(const PlannedCell& cell) {
  result::Values shown;
  for (const Axis& axis : kAxes) {
    if (cell.*axis.is_swept) shown.emplace_back(axis.name, std::int64_t{cell.threads.*axis.value});
  }
  return shown;
}

bool put_threads(PlannedCell& cell, std::string_view name, const result::Value& value,
                 const Settings& settings) {
  const auto* const axis = std::ranges::find(kAxes, name, &Axis::name);
  if (axis == kAxes.end()) return false;
  const auto* const number = std::get_if<std::int64_t>(&value);
  const Counts& known = settings.*axis->values;
  const auto found = std::ranges::find_if(
      known, [&](unsigned each) { return number != nullptr && std::cmp_equal(each, *number); });
  if (found == known.end()) {
    throw UsageError(fmt::format("{}: {} is none of the plan's {}", name, result::text_of(value),
                                 fmt::join(known, ",")));
  }
  cell.threads.*axis->value = *found;
  cell.*axis->is_swept = true;
  return true;
}

}  // namespace asyncbench::run
