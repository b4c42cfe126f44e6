// Says on stderr how far a run is.
#pragma once

#include <cstdio>
#include <string>

#include "report/terminal.hpp"
#include "run/runner.hpp"

namespace asyncbench::cli {

// On a terminal that can do so one line that is overwritten: the trial that runs, the median of its
// cell so far, and the time that is left. Elsewhere, for logs, a line for each cell that is done,
// and one a minute.
class ProgressLine : public run::Progress {
 public:
  // `stream` outlives the object; `terminal` is what it is. `live`: also a line a second of each
  // trial that runs.
  ProgressLine(std::FILE* stream, const report::Terminal& terminal, bool live = false)
      : stream_(stream), terminal_(terminal), live_(live) {}
  ~ProgressLine() override { clear(); }

  void run_begins(const run::Plan& plan, std::size_t done) override;
  void trial_begins(const run::Step& step) override;
  void trial_ends(const run::Step& step, const result::Trial& trial) override;
  bool wants_seconds() const override { return live_; }
  void second_passes(const run::PlannedCell& cell, result::TrialKind kind,
                     const run::report::Progress& second) override;
  void note(std::string_view line) override;

  // Takes the line off the terminal, before something else is printed.
  void clear();

 private:
  void print_line(const std::string& text);
  std::string describe(const run::Step& step) const;
  std::string line_of(const run::Step& step, std::string what, const std::string& tail) const;

  std::FILE* stream_;
  report::Terminal terminal_;
  bool live_;
  bool line_shown_ = false;
  std::string shown_;         // the line that was printed last
  Duration last_printed_{0};  // Step::elapsed when a log line was written
};

// "1:05", "2:03:00"; rounded up to whole seconds.
std::string clock_text(Duration time);

// How much there is to measure: "2 cells, 14 trials, about 1:10".
std::string amount_text(const run::Plan& plan);

}  // namespace asyncbench::cli
