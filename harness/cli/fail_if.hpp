// --fail-if "p99>5ms": figures that end a command with an exit code of their own.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "analyze/threshold.hpp"
#include "cli/command.hpp"
#include "result/result.hpp"

namespace asyncbench::cli {

class App;

// The paragraph of help that says what can be asked.
extern const std::string_view kFailIfHelp;

class FailIf {
 public:
  // Adds the option, which may be given several times. The object outlives the app.
  void define(App& app);

  // Understands what was typed. Throws run::UsageError that shows what would be right.
  void parse();

  // Judges each cell that this host supports by each threshold and says on stderr, a line each,
  // which hold (ExitCode::regression) and which cannot be judged (ExitCode::inconclusive); also
  // which hold in some trials alone. `so_far`, the code of what was measured, stays where it is not
  // done; an interrupted run is not judged.
  ExitCode judge(const result::Result& result, ExitCode so_far) const;

 private:
  std::vector<std::string> typed_;
  std::vector<analyze::Threshold> thresholds_;
};

}  // namespace asyncbench::cli
