#include "report/remarks.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <utility>

#include "analyze/notes.hpp"
#include "analyze/summary.hpp"
#include "report/format.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;

// What tells a cell from the result's others: workload, strategy, and the parameters in which the
// workload's cells differ.
std::string name_of(const result::Result& result, const Cell& cell) {
  std::string name = cell.workload + " " + cell.strategy;
  for (const auto& parameter : cell.parameters) {
    const bool is_shared = std::ranges::all_of(result.cells, [&](const Cell& other) {
      return other.workload != cell.workload ||
             std::ranges::find(other.parameters, parameter) != other.parameters.end();
    });
    if (is_shared) continue;
    name += fmt::format(" {} {}", parameter.first, result::text_of(parameter.second));
  }
  return name;
}

// "disturbed (4/12)"
std::string name_of(const result::Result& result, std::string_view code) {
  std::size_t measured = 0;
  std::size_t with_note = 0;
  for (const Cell& cell : result.cells) {
    measured += cell.summary.has_value();
    with_note += analyze::has_note(cell, code);
  }
  return with_note == measured ? std::string(code)
                               : fmt::format("{} ({}/{})", code, with_note, measured);
}

Remark remark_of(const result::Result& result, std::string_view code) {
  const analyze::NoteMeaning* meaning = analyze::meaning_of(code);
  Remark remark{.name = name_of(result, code),
                .text = meaning ? fmt::format("{}: {} {}", code, meaning->meaning, meaning->advice)
                                : std::string(code)};
  // Every cell says the same.
  if (code == analyze::kFewTrials || code == analyze::kPeersDiffer) return remark;
  for (const Cell& cell : result.cells) {
    if (!cell.summary) continue;
    for (const result::Note& note : cell.summary->notes) {
      if (note.code != code) continue;
      std::string detail = fmt::format("{}: {}", name_of(result, cell), note.detail);
      if (std::ranges::find(remark.details, detail) == remark.details.end()) {
        remark.details.push_back(std::move(detail));
      }
    }
  }
  return remark;
}

}  // namespace

std::string files_text(const std::vector<const StrategyInfo*>& strategies) {
  std::vector<std::pair<std::string_view, std::vector<std::string_view>>> shares;
  for (const StrategyInfo* info : strategies) {
    if (!info->files) continue;
    auto share =
        std::ranges::find(shares, *info->files, [](const auto& pair) { return pair.first; });
    if (share == shares.end()) share = shares.insert(share, {*info->files, {}});
    if (std::ranges::find(share->second, info->name) == share->second.end()) {
      share->second.emplace_back(info->name);
    }
  }
  std::string text;
  for (const auto& [files, names] : shares) {
    text += fmt::format("{}by {} under {}", text.empty() ? "Files are performed " : "; ", files,
                        fmt::join(names, ", "));
  }
  return text.empty() ? text : text + ".";
}

std::vector<Remark> remarks_of(const result::Result& result) {
  std::vector<Remark> remarks;
  for (const result::Note& note : result.run.notes) {
    remarks.push_back({.name = note.code, .text = fmt::format("{}: {}", note.code, note.detail)});
  }
  std::vector<std::string_view> codes;
  for (const Cell& cell : result.cells) {
    if (!cell.summary) continue;
    for (const result::Note& note : cell.summary->notes) {
      if (std::ranges::find(codes, note.code) == codes.end()) codes.push_back(note.code);
    }
  }
  for (const std::string_view code : codes) remarks.push_back(remark_of(result, code));
  std::vector<const StrategyInfo*> measured;
  for (const Cell& cell : result.cells) {
    if (cell.summary) measured.push_back(&cell.strategy_info);
  }
  if (std::string files = files_text(measured); !files.empty()) {
    remarks.push_back({.name = "what performs files", .text = std::move(files)});
  }
  return remarks;
}

std::string trials_text(const std::vector<const Cell*>& cells) {
  std::size_t least = 0;
  std::size_t most = 0;
  std::int64_t length_ns = 0;  // the last ones': rests may have grown
  bool turns = false;
  for (const Cell* cell : cells) {
    const auto trials = cell->valid_trials();
    if (trials.empty()) continue;
    least = least == 0 ? trials.size() : std::min(least, trials.size());
    most = std::max(most, trials.size());
    turns = trials.back()->turns.has_value();
    length_ns = turns ? trials.back()->turns->length_ns : trials.back()->window_ns;
  }
  if (most == 0) return "no valid trials";
  const std::string count =
      least == most ? fmt::format("{}", most) : fmt::format("{} to {}", least, most);
  return fmt::format(
      "{} {}{} of {}", count, turns ? "block" : "trial", most == 1 ? "" : "s",
      (turns ? "turns of " : "") + format_duration_ns(static_cast<double>(length_ns)));
}

std::string how_measured(const result::Result& result) {
  const auto range = [](std::int64_t least, std::int64_t most, auto text_of) {
    return least == most ? text_of(least) : fmt::format("{} to {}", text_of(least), text_of(most));
  };
  std::int64_t blocks = 0;
  std::int64_t most_blocks = 0;
  std::int64_t length_ns = 0;
  std::int64_t longest_ns = 0;
  bool whole_windows = false;
  for (const result::Cell& cell : result.cells) {
    const auto trials = cell.valid_trials();
    if (trials.empty()) continue;
    if (!trials.front()->turns) {
      whole_windows = true;
      continue;
    }
    const auto count = static_cast<std::int64_t>(trials.size());
    blocks = blocks == 0 ? count : std::min(blocks, count);
    most_blocks = std::max(most_blocks, count);
    for (const result::Trial* trial : trials) {
      if (!trial->turns) continue;
      const std::int64_t turn_ns = trial->turns->length_ns;
      length_ns = length_ns == 0 ? turn_ns : std::min(length_ns, turn_ns);
      longest_ns = std::max(longest_ns, turn_ns);
    }
  }
  std::string text;
  if (blocks > 0) {
    text = fmt::format("{} blocks of fresh processes that took turns of {}",
                       range(blocks, most_blocks, [](std::int64_t n) { return std::to_string(n); }),
                       range(length_ns, longest_ns, [](std::int64_t ns) {
                         return format_duration_ns(static_cast<double>(ns));
                       }));
    if (!whole_windows) return text;
    text += "; else ";
  }
  return text + fmt::format("{} trial{} of {} after {} of warm-up", result.plan.trials,
                            result.plan.trials == 1 ? "" : "s",
                            format_duration_ns(static_cast<double>(result.plan.window_ns)),
                            format_duration_ns(static_cast<double>(result.plan.warm_up_ns)));
}

std::string machine_text(const result::Result& result) {
  std::vector<std::string> parts;
  for (const std::string_view name : {"cpu", "cpus", "kernel"}) {
    const std::string text = result.environment.text_of(name);
    if (!text.empty()) parts.push_back(name == "cpus" ? text + " cpus" : text);
  }
  std::string text = how_measured(result);
  if (!parts.empty()) text += fmt::format(" on {}", fmt::join(parts, ", "));
  if (!result.run.started.empty()) text += fmt::format("; {}", result.run.started);
  if (!result.run.complete) text += "; incomplete";
  return text + ".";
}

}  // namespace asyncbench::report
