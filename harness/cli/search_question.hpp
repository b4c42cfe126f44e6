// A question that a search answers by growing the plan of its run.
#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/search_options.hpp"
#include "core/strategy.hpp"
#include "result/result.hpp"
#include "run/runner.hpp"

namespace asyncbench::cli {

using Json = nlohmann::ordered_json;

struct SearchAnswer {
  std::string table;                   // of the points, for a terminal
  std::vector<std::string> sentences;  // the last word
  std::vector<std::string> notes;      // what weakens it
  Json points;                         // to plot
  Json answer;
  ExitCode exit_code = ExitCode::done;  // inconclusive: there is none
};

class Question {
 public:
  virtual ~Question() = default;

  // What is asked, for the record.
  virtual Json asked() const = 0;

  // Settings and the cells that need the most descriptors and ports, to be checked beforehand.
  // Throws run::UsageError for what cannot be planned.
  virtual run::Plan extremes() const = 0;

  // Takes what has been measured and adds what is to be measured next; false: nothing is. To be
  // called with an empty result at first. Says through `progress` what it has learned.
  virtual bool extend(run::Plan& plan, const result::Result& so_far, run::Progress& progress) = 0;

  // How many trials may still come, at most, beside those in the plan.
  virtual std::size_t trials_left() const = 0;

  // The answer as far as it is known. `measured` has been summarized.
  virtual SearchAnswer answer(const result::Result& measured) const = 0;
};

std::unique_ptr<Question> make_question(const CrossoverRequest& request,
                                        const run::RunOptions& options, const Registry& registry);
std::unique_ptr<Question> make_question(const RateRequest& request, const run::RunOptions& options,
                                        const Registry& registry);
std::unique_ptr<Question> make_question(const SweepRequest& request, const run::RunOptions& options,
                                        const Registry& registry);

}  // namespace asyncbench::cli
