// Whether and how a run goes on from the journal that stands beside its result. recorded_command()
// and resume_command() are in runner.hpp.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/strategy.hpp"
#include "result/journal.hpp"
#include "run/plan.hpp"
#include "run/runner.hpp"

namespace asyncbench::run {

std::string journal_of(const std::string& out);

// The subcommand of a recorded command line.
std::string_view subcommand_of(const std::vector<std::string>& command);

bool compares_builds(const Plan& plan);

// All of these throw UsageError.

void check_preflight(const Plan& plan);

// The journal of a new run, and with it the right to write the result at plan.out. One that stands
// in the way is removed: that of a finished run, or one that cannot be resumed, has served its
// purpose. A result that is there already, or the journal of an unfinished run, is refused without
// Plan::may_overwrite. Where the name is nobody's choice, `plan` gets the next that is free.
result::Journal claim_out(Plan& plan, const result::Result& header, Progress& progress);

// Opens the journal beside `out` to go on with it, and fills `contents`.
result::Journal take_up(const std::string& out, result::JournalContents& contents,
                        Progress& progress);

// This program has the plugins of what was recorded, which plan_of() needs.
void check_plugins(const result::Result& recorded, const std::string& out,
                   const Registry& registry);

// Its command is `run`, which can go on from the journal alone.
void check_whole(const Plan& recorded, const std::string& out);

// Adds to the plan what had been measured beyond its first blocks.
void add_recorded(Plan& plan, const result::JournalContents& contents);

// This program can go on with the plan: it has the strategies, CPUs and descriptors.
void check_resumable(const Plan& recorded, const Registry& registry);

// A growing run goes on only as it began. Whether idle CPUs are kept awake is found anew, and such
// a run has more blocks with time.
void check_same_settings(const Plan& given, const Plan& recorded);

}  // namespace asyncbench::run
