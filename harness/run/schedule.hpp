// Which trials are still due: it follows from the plan and from what has been recorded, whether the
// records are of this process or of a journal that is resumed.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "result/result.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

// Trials that are compared with each other directly stand next to each other and make up a set:
// those of one block and point that take turns, and the builds of one cell in one block. Any other
// trial is a set of its own. An invalid trial has its whole set measured again, so that those which
// count have all stood side by side; so has one that was interrupted before all of it had taken its
// turns.
struct DueTrial {
  PlannedTrial trial;
  unsigned repeat = 0;  // of its set: not 0: again, because some trial of it was invalid
};

class Schedule {
 public:
  // `plan` outlives it. What `recorded` holds is taken.
  Schedule(const Plan& plan, const result::Result& recorded);

  // In the order of running. A set with an invalid trial is due again until a fifth of the planned
  // sets have been repeated in the whole run. Nothing more of a cell that is given up is due.
  const std::vector<DueTrial>& due() const { return due_; }
  bool has_due(std::size_t cell) const;
  // Whether more trials of the cell are not worth their time: requests did nothing but fail, or two
  // trials broke, and none was valid. Nor are those of a build that has nothing to be compared
  // with.
  bool is_given_up(std::size_t cell) const;
  // What is to be measured next: one trial, or all that sit together.
  std::vector<DueTrial> next() const;
  Duration expected_time() const;

  // The first of these trials, which are those of next(), have their records, in the same order.
  void take(std::span<const DueTrial> due, std::span<const result::Trial> records);

  // The plan has gained cells and trials.
  void grow();

 private:
  struct Member {
    PlannedTrial trial;
    std::optional<unsigned> measured;  // the repeat of its latest record
    bool invalid = false;              // that record is
  };
  struct Seen {                // of a cell
    bool valid = false;        // some trial
    bool only_failed = false;  // the requests of some trial
    unsigned broken = 0;       // trials that did not come to an end of their own

    // Once may be chance: a port that somebody took.
    bool is_given_up() const { return !valid && (only_failed || broken >= 2); }
  };
  struct Set {
    std::vector<Member> members;

    bool in_turns = false;

    unsigned repeat() const;  // which time it is measured, from 0
    bool has_invalid() const;
    // It takes turns, but some members have not had theirs; those that are given up need none.
    bool is_torn(const std::function<bool(std::size_t cell)>& is_given_up) const;
  };

  void note(const PlannedTrial& planned, const result::Trial& record);
  void find_due();

  const Plan& plan_;
  std::vector<std::string> works_;  // by cell: what all builds of it have in common
  std::vector<Seen> seen_;          // by cell
  std::vector<Set> sets_;           // in the order of running
  std::size_t planned_ = 0;         // trials of the plan that are in sets
  // The set and the member of each planned trial.
  std::map<std::tuple<std::size_t, unsigned, result::TrialKind>,
           std::pair<std::size_t, std::size_t>>
      places_;
  std::vector<DueTrial> due_;
};

// Whether a later trial stands for this one.
bool is_replaced(const result::Cell& cell, const result::Trial& trial);

// A trial no longer counts once its set has been measured again. To be called after each trial that
// has been added to its cell.
void retire_replaced(result::Cell& cell);

// The invariant recorded_once: every planned trial has exactly one terminal record, and nothing
// else has one. One line for each violation; to be asked when nothing is due any more.
std::vector<std::string> record_faults(const Plan& plan, const result::Result& recorded);

}  // namespace asyncbench::run
