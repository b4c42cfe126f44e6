#include "run/resuming.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <string_view>

#include "core/shell_quoted.hpp"
#include "programs/program.hpp"
#include "result/store.hpp"
#include "run/header.hpp"
#include "run/selection.hpp"

namespace asyncbench::run {
namespace {

// The subcommand whose plans are whole from the start, and in their journals.
constexpr std::string_view kRunCommand = "run";

bool compares_builds(const result::Result& recorded) {
  return std::ranges::any_of(recorded.cells, [](const result::Cell& cell) {
    return result::find(cell.parameters, result::kBuildParameter) != nullptr;
  });
}

std::string existing_journal_of(const std::string& out) {
  std::string path = journal_of(out);
  std::error_code error;
  if (std::filesystem::exists(path, error)) return path;
  if (std::filesystem::exists(out, error)) {
    throw UsageError(
        fmt::format("{} is whole, and its journal is gone: nothing to resume; see it "
                    "with asyncbench show {}",
                    out, shell_quoted(out)));
  }
  throw UsageError(fmt::format("there is no {}: nothing to resume", path));
}

// The name is that of something else.
class TakenError : public UsageError {
 public:
  using UsageError::UsageError;
};

void check_free(const Plan& plan) {
  std::error_code error;
  const auto status = std::filesystem::symlink_status(plan.out, error);
  if (plan.may_overwrite || !std::filesystem::is_regular_file(status)) return;
  throw TakenError(fmt::format(
      "{} exists: name another file with --out, or overwrite it with --force", plan.out));
}

void clear_left_journal(const Plan& plan, Progress& progress) {
  const std::string path = journal_of(plan.out);
  try {
    result::Journal::clear(path, [&](const result::JournalContents& contents) {
      if (contents.ended || compares_builds(contents.result)) return true;
      if (plan.may_overwrite && !plan.out_is_default) {
        progress.note(fmt::format("{}: dropped an unfinished run of {} trials (--force)", path,
                                  contents.records));
        return true;
      }
      throw TakenError(
          fmt::format("{} holds an unfinished run: go on with {}, or start anew with --force", path,
                      resume_command(subcommand_of(contents.result.run.command), plan.out,
                                     plan.settings.plugins)));
    });
  } catch (const result::FormatError&) {
    throw TakenError(fmt::format("{} is in the way and no journal of ours; remove it", path));
  }
}

}  // namespace

std::string journal_of(const std::string& out) { return out + ".journal"; }

void check_preflight(const Plan& plan) {
  const std::vector<std::string> problems = preflight(plan);
  if (!problems.empty()) throw UsageError(fmt::format("{}", fmt::join(problems, "; ")));
}

// Programs that make plans of their own have no command line.
std::string_view subcommand_of(const std::vector<std::string>& command) {
  return command.size() > 1 ? std::string_view(command[1]) : kRunCommand;
}

bool compares_builds(const Plan& plan) {
  return std::ranges::any_of(plan.cells,
                             [](const PlannedCell& cell) { return !cell.build.empty(); });
}

void check_out(const Plan& plan) {
  if (!plan.out_is_default) check_free(plan);
}

result::Journal claim_out(Plan& plan, const result::Result& header, Progress& progress) {
  const std::string wanted = plan.out;
  constexpr unsigned kMostNames = 100;
  for (unsigned i = 1;; ++i) {
    if (i > 1) {
      const std::string stem = result::stem_of(wanted);
      plan.out = fmt::format("{}-{}{}", stem, i, wanted.substr(stem.size()));
    }
    try {
      clear_left_journal(plan, progress);
      check_free(plan);
      result::check_writable(plan.out);
      result::Journal journal = result::Journal::create(journal_of(plan.out), header, "");
      // Another run may have ended since.
      try {
        check_free(plan);
      } catch (const UsageError&) {
        journal.remove();
        throw;
      }
      return journal;
    } catch (const TakenError&) {
      if (!plan.out_is_default || i == kMostNames) throw;
    } catch (const result::JournalHeld&) {
      if (!plan.out_is_default || i == kMostNames) throw;
    }
  }
}

result::Journal take_up(const std::string& out, result::JournalContents& contents,
                        Progress& progress) {
  const std::string path = existing_journal_of(out);
  result::check_writable(out);
  try {
    result::Journal journal = result::Journal::resume(path, contents);
    if (!contents.ended) ++contents.result.run.resumed;
    if (contents.torn_bytes > 0) {
      progress.note(fmt::format("{}: cut off {} bytes of a record that was being written", path,
                                contents.torn_bytes));
    }
    return journal;
  } catch (const result::FormatError& error) {
    throw UsageError(error.what());
  }
}

void check_plugins(const result::Result& recorded, const std::string& out,
                   const Registry& registry) {
  const std::vector<std::string> plugins = settings_of(recorded).plugins;
  // plan_of() says that builds are compared anew.
  if (plugins == registry.plugins() || compares_builds(recorded)) return;
  throw UsageError(fmt::format("the run's plugins are others than those given now; go on with {}",
                               resume_command(subcommand_of(recorded.run.command), out, plugins)));
}

void check_resumable(const Plan& plan, const Registry& registry) {
  for (const PlannedCell& cell : plan.cells) {
    for (const std::string& name : {cell.strategy, settings_of(plan, cell).peer_strategy}) {
      if (registry.find(name) != nullptr) continue;
      throw UsageError(fmt::format("the journal's strategy {} is not in this build", name));
    }
    if (!cell.unsupported.empty()) continue;
    for (const char* side : {"subject", "peer"}) {
      const Support support = has_cpus(plan, cell, side, registry);
      if (!support) throw UsageError("the run cannot go on here: " + support.reason);
    }
  }
  check_preflight(plan);
}

void check_same_settings(const Plan& given, const Plan& recorded) {
  for (const Setting& setting : all_settings()) {
    if (setting.name == "cpu_idle" || setting.name == "trials") continue;
    const std::string now_text = setting.text(given.settings);
    const std::string then_text = setting.text(recorded.settings);
    if (now_text == then_text) continue;
    throw UsageError(
        fmt::format("{} was begun with other settings than its command gives here: {} is \"{}\" "
                    "and was \"{}\"; start anew",
                    given.out, setting.name, now_text, then_text));
  }
}

void check_whole(const Plan& recorded, const std::string& out) {
  const std::string_view subcommand = subcommand_of(recorded.command);
  if (subcommand == kRunCommand) return;
  throw UsageError(fmt::format("asyncbench {0} began this run; go on with {1}", subcommand,
                               resume_command(subcommand, out, recorded.settings.plugins)));
}

void add_recorded(Plan& plan, const result::JournalContents& contents) {
  std::map<std::string_view, std::size_t> cells;
  for (std::size_t i = 0; i < plan.cells.size(); ++i) cells.emplace(plan.cells[i].id, i);
  std::map<std::string_view, std::size_t> taken;
  const std::vector<Point> points = points_of(plan);
  const auto add = [&](const PlannedTrial& trial) {
    if (std::ranges::find(plan.trials, trial) == plan.trials.end()) plan.trials.push_back(trial);
  };
  for (const std::string& id : contents.order) {
    const result::Trial& record = contents.result.find_cell(id)->trials.at(taken[id]++);
    const PlannedTrial trial{
        .cell = cells.at(id), .block = static_cast<unsigned>(record.block), .kind = record.kind};
    add(trial);
    if (trial.kind != result::TrialKind::timed && trial.kind != result::TrialKind::twin) continue;
    // Whatever was measured here was so beside the reference, and in turns beside its twin.
    const auto point = std::ranges::find_if(points, [&](const Point& of) {
      return std::ranges::find(of.cells, trial.cell) != of.cells.end();
    });
    if (point == points.end() || point->cells.size() < 2) continue;
    add({.cell = point->reference, .block = trial.block});
    if (point->in_turns) {
      add({.cell = point->reference, .block = trial.block, .kind = result::TrialKind::twin});
    }
  }
}

std::vector<std::string> recorded_command(const std::string& out) {
  try {
    return result::read_journal(existing_journal_of(out)).result.run.command;
  } catch (const result::FormatError& error) {
    throw UsageError(error.what());
  }
}

std::string resume_command(std::string_view subcommand, const std::string& out,
                           const std::vector<std::string>& plugins) {
  std::string command = fmt::format("asyncbench {} --resume {}", subcommand, shell_quoted(out));
  for (const std::string& plugin : plugins) {
    if (!programs::ProgramSpec::is_one(plugin)) {
      command += " --plugin " + shell_quoted(plugin);
      continue;
    }
    const programs::ProgramSpec spec = programs::ProgramSpec::from(plugin);
    if (spec.participant) {
      command += " --participant " + shell_quoted(spec.name + '=' + spec.command);
      continue;
    }
    command += " --program " + shell_quoted(spec.file.empty() ? spec.command : spec.file);
    if (!spec.target.empty()) command += " --target " + shell_quoted(spec.target);
  }
  return command;
}

}  // namespace asyncbench::run
