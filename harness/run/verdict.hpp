// What a run has come to: the state of its cells and its exit code.
#pragma once

#include <string>
#include <vector>

#include "result/result.hpp"
#include "run/options.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

struct RunVerdict {
  ExitCode exit_code = ExitCode::done;
  // One line each; also of cells that are done, of which one request in a hundred or more failed.
  std::vector<std::string> messages;
};

// Sets status and reason of cells without any valid timed trial to failed, and judges the whole:
// invalid (4) when a cell lacks trials because they were invalid, or has a profile of nothing,
// incomplete (5) when trials failed or a strategy that was named cannot run here, otherwise done.
RunVerdict conclude(const Plan& plan, result::Result& result);

}  // namespace asyncbench::run
