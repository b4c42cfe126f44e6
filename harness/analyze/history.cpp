#include "analyze/history.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "analyze/comparison.hpp"
#include "analyze/footing.hpp"
#include "analyze/history_changes.hpp"
#include "analyze/summary.hpp"

namespace asyncbench::analyze {
namespace {

using result::kUsualReference;
using result::Result;
using result::Trial;

constexpr std::string_view kSyscalls = "syscalls_per_request";
constexpr std::string_view kContextSwitches = "context_switches_per_request";

// Of one run; what more would add to an interval is not worth the cube of their number.
constexpr std::size_t kMostBlocks = 60;

// The result without what its trials recorded, but for what account_difference() looks at.
Result facts_of(const Result& result) {
  Result facts;
  facts.schema = result.schema;
  facts.run = result.run;
  facts.environment = result.environment;
  facts.plan = result.plan;
  for (const result::Cell& cell : result.cells) {
    result::Cell bare{.id = cell.id};
    if (!cell.trials.empty()) {
      const Trial& first = cell.trials.front();
      Trial trial;
      trial.subject = first.subject;
      trial.lanes = first.lanes;
      bare.trials.push_back(std::move(trial));
    }
    facts.cells.push_back(std::move(bare));
  }
  return facts;
}

HistoryEntry::Cell cell_of(const result::Cell& cell, const std::string& group,
                           std::string_view figure, std::set<std::string, std::less<>>& measured) {
  HistoryEntry::Cell kept{.group = group, .strategy = cell.strategy, .paced = cell.paced};
  const std::vector<FigureName> usual = figures_of_history();
  for (const result::TrialKind kind : {result::TrialKind::timed, result::TrialKind::count}) {
    for (const Trial* trial : cell.valid_trials(kind)) {
      for (auto& [name, reading] : figures_of(cell, *trial)) {
        measured.insert(name);
        const bool wanted =
            figure.empty() ? std::ranges::find(usual, name) != usual.end() : name == figure;
        if (wanted) kept.figures[trial->block].insert_or_assign(name, reading);
      }
    }
  }
  return kept;
}

// Whether cells took turns. Results before version 1.4 do not say so: none did.
bool takes_turns(const Result& facts) {
  const result::Value* const turns = result::find(facts.plan.options, "turns");
  const bool* const on = turns == nullptr ? nullptr : std::get_if<bool>(turns);
  return on != nullptr && *on;
}

// Why the two stand on different footings: empty where they do not.
std::vector<std::string> footing_differences(const Result& a, const Result& b) {
  std::vector<std::string> differences = incomparable(a, b);
  if (takes_turns(a) != takes_turns(b)) {
    const auto text = [](const Result& facts) { return takes_turns(facts) ? "on" : "off"; };
    differences.push_back(fmt::format("turns: {} and {}", text(a), text(b)));
  }
  return differences;
}

// What a build is made of beside its commit.
Ingredients build_of(const Result& facts) {
  Ingredients build = ingredients_of(facts.environment);
  build["asyncbench"] = facts.run.version;
  return build;
}

class Maker {
 public:
  Maker(std::vector<HistoryEntry> entries, const HistoryOptions& options)
      : entries_(std::move(entries)), options_(options) {}

  History make() {
    history_.margin = options_.margin;
    order_entries();
    make_runs();
    make_lines();
    find_changes();
    return std::move(history_);
  }

 private:
  struct GroupOfRuns {
    std::string name;
    bool paced = false;
    std::vector<std::string> strategies;  // that were measured in some run, in their order
    std::set<std::string, std::less<>> figures;
  };

  void order_entries() {
    std::ranges::sort(entries_, {}, [](const HistoryEntry& entry) {
      return std::pair(entry.facts.run.started, entry.file);
    });
    std::map<std::string, std::string> files;  // run -> its first file
    std::erase_if(entries_, [&](const HistoryEntry& entry) {
      const std::string& id = entry.facts.run.id;
      if (id.empty()) return false;
      const auto [first, is_new] = files.emplace(id, entry.file);
      if (!is_new) {
        history_.left_out.push_back(entry.file + ": the same run as " + first->second);
      }
      return !is_new;
    });
  }

  void make_runs() {
    std::vector<std::size_t> first_of;  // run, by footing
    std::map<std::string, std::size_t> builds;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      const Result& facts = entries_[i].facts;
      HistoryRun run{.file = entries_[i].file,
                     .started = facts.run.started,
                     .commit = facts.environment.text_of("git_commit"),
                     .complete = facts.run.complete};
      const auto footing = std::ranges::find_if(first_of, [&](std::size_t other) {
        return footing_differences(entries_[other].facts, facts).empty();
      });
      run.footing = static_cast<std::size_t>(footing - first_of.begin());
      if (footing == first_of.end()) first_of.push_back(i);
      if (i > 0 && history_.runs.back().footing != run.footing) {
        run.differs = footing_differences(entries_[i - 1].facts, facts);
      }
      // Nothing says that two builds from changed files, or without a commit, are the same.
      std::string build = run.commit;
      if (build.empty() || build.ends_with("-dirty")) build += fmt::format(" {}", i);
      for (const auto& [name, version] : build_of(facts)) build += '\n' + name + version;
      builds_.push_back(builds.try_emplace(build, i).first->second);
      history_.runs.push_back(std::move(run));
    }
  }

  std::size_t place_of(const std::string& strategy) const {
    return static_cast<std::size_t>(std::ranges::find(options_.strategies, strategy) -
                                    options_.strategies.begin());
  }

  // The newest run says the order of the groups.
  std::vector<GroupOfRuns> groups() const {
    std::vector<GroupOfRuns> groups;
    for (auto entry = entries_.rbegin(); entry != entries_.rend(); ++entry) {
      for (const HistoryEntry::Cell& cell : entry->cells) {
        if (cell.figures.empty()) continue;
        auto group = std::ranges::find(groups, cell.group, &GroupOfRuns::name);
        if (group == groups.end()) {
          group =
              groups.insert(groups.end(), {.name = cell.group, .strategies = {}, .figures = {}});
        }
        group->paced = group->paced || cell.paced;
        for (const auto& [block, figures] : cell.figures) {
          for (const auto& [name, reading] : figures) group->figures.insert(name);
        }
        if (std::ranges::find(group->strategies, cell.strategy) == group->strategies.end()) {
          group->strategies.push_back(cell.strategy);
        }
      }
    }
    for (GroupOfRuns& group : groups) {
      std::ranges::stable_sort(group.strategies, {},
                               [&](const std::string& name) { return place_of(name); });
    }
    return groups;
  }

  std::string reference_of(const GroupOfRuns& group) const {
    const auto has = [&](std::string_view name) {
      return std::ranges::find(group.strategies, name) != group.strategies.end();
    };
    if (!options_.against.empty()) return has(options_.against) ? options_.against : "";
    return has(kUsualReference) ? std::string(kUsualReference) : group.strategies.front();
  }

  // The group's own choice among figures that say the same.
  static bool is_shown(const GroupOfRuns& group, std::string_view figure, bool only_one) {
    if (!group.figures.contains(figure)) return false;
    if (only_one) return true;
    if (figure == kCpu) return !group.figures.contains(kTotalCpu);
    if (figure == kServiceP99) return !group.figures.contains(kResponseP99);
    return figure != kThroughput || !group.paced;
  }

  void make_lines() {
    const std::vector<GroupOfRuns> all = groups();
    std::set<std::string, std::less<>> kept;
    for (const GroupOfRuns& group : all) kept.insert(group.figures.begin(), group.figures.end());
    std::vector<std::string> figures;
    for (const FigureName figure : figures_of_history()) {
      if (kept.erase(std::string(figure)) > 0) figures.emplace_back(figure);
    }
    figures.insert(figures.end(), kept.begin(), kept.end());
    for (const std::string& figure : figures) {
      for (const GroupOfRuns& group : all) {
        if (!is_shown(group, figure, figures.size() == 1)) continue;
        const std::string reference = reference_of(group);
        for (const std::string& strategy : group.strategies) {
          if (reference.empty() || strategy == reference) continue;
          HistoryLine line{.figure = figure,
                           .group = group.name,
                           .strategy = strategy,
                           .reference = reference,
                           .points = points_of(figure, group.name, strategy, reference)};
          if (!line.points.empty()) history_.lines.push_back(std::move(line));
        }
      }
    }
    for (const GroupOfRuns& group : all) {
      if (std::ranges::find(history_.lines, group.name, &HistoryLine::group) ==
          history_.lines.end()) {
        const std::string reference = reference_of(group);
        history_.left_out.push_back(
            fmt::format("{}: {}", group.name,
                        reference.empty() ? options_.against + " was not measured there"
                                          : "no strategy beside the reference " + reference));
      }
    }
  }

  std::vector<HistoryPoint> points_of(const std::string& figure, const std::string& group,
                                      const std::string& strategy,
                                      const std::string& reference) const {
    // log_ratios() turns figures round of which more is better.
    const double sign = info_of(figure).higher_is_better.value_or(false) ? -1 : 1;
    std::vector<HistoryPoint> points;
    for (std::size_t run = 0; run < entries_.size(); ++run) {
      const auto cell_under = [&](const std::string& name) -> const HistoryEntry::Cell* {
        const auto found =
            std::ranges::find_if(entries_[run].cells, [&](const HistoryEntry::Cell& cell) {
              return cell.group == group && cell.strategy == name;
            });
        return found == entries_[run].cells.end() ? nullptr : &*found;
      };
      const HistoryEntry::Cell* const base = cell_under(reference);
      const HistoryEntry::Cell* const cell = cell_under(strategy);
      if (base == nullptr || cell == nullptr) continue;
      std::vector<double> ratios = log_ratios(base->figures, cell->figures, figure);
      if (ratios.empty()) continue;
      if (ratios.size() > kMostBlocks) ratios.resize(kMostBlocks);
      for (double& ratio : ratios) ratio *= sign;
      constexpr double kEachSide = 0.025;
      points.push_back(
          {.run = run, .log_ratio = hodges_lehmann(ratios, kEachSide), .blocks = ratios.size()});
    }
    return points;
  }

  void find_changes() {
    analyze::find_changes(history_, builds_);
    for (HistoryChange& change : history_.changes) {
      change.also =
          differences(build_of(entries_[change.from].facts), build_of(entries_[change.to].facts));
    }
  }

  std::vector<HistoryEntry> entries_;
  const HistoryOptions& options_;
  std::vector<std::size_t> builds_;  // by run: equal numbers for equal builds
  History history_;
};

}  // namespace

std::vector<FigureName> figures_of_history() {
  return {kSyscalls, kContextSwitches, kTotalCpu, kCpu, kThroughput, kServiceP99, kResponseP99};
}

HistoryEntry entry_of(const Result& result, std::string file, std::string_view figure) {
  HistoryEntry entry{
      .file = std::move(file), .facts = facts_of(result), .cells = {}, .measured = {}};
  for (const Group& group : groups_of(result)) {
    for (const result::Cell* cell : group.cells) {
      entry.cells.push_back(cell_of(*cell, group.name, figure, entry.measured));
    }
  }
  return entry;
}

History history_of(std::vector<HistoryEntry> entries, const HistoryOptions& options) {
  return Maker(std::move(entries), options).make();
}

}  // namespace asyncbench::analyze
