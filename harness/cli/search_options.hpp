// The command line of `asyncbench search`.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "analyze/figures.hpp"
#include "analyze/objective.hpp"
#include "analyze/rate_search.hpp"
#include "cli/axis.hpp"
#include "cli/command.hpp"
#include "run/options.hpp"

namespace asyncbench::cli {

// At which value of a parameter does the better of two strategies change?
struct CrossoverRequest {
  Axis over;
  analyze::FigureName by = analyze::kCpu;
  unsigned budget = 300;  // trials
};

// Up to which rate does each strategy meet the objective?
struct RateRequest {
  analyze::Objective objective;
  analyze::RateSearchOptions rates;
  std::string schedule;  // "poisson" or "constant"
};

// How does throughput grow with the number of requests in flight?
struct SweepRequest {
  std::string parameter;  // "connections" or "in_flight"
};

struct SearchRequest {
  run::RunOptions options;  // of every point, but for what the search varies
  std::vector<std::string> plugins;
  std::variant<CrossoverRequest, RateRequest, SweepRequest> question;
  std::string resume;  // not empty: go on with the search whose result belongs here; the journal
                       // has all of the above but plugins
  bool json = false;
};

// nullopt when help was asked for and has been printed. Names of strategies are not checked here:
// make_plan() does that. Throws CommandError and run::UsageError.
std::optional<SearchRequest> parse_search_options(const Arguments& arguments);

}  // namespace asyncbench::cli
