// A sweep over requests in flight, and the fit of the Universal Scalability Law to it.
#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "analyze/usl.hpp"
#include "cli/search_plan.hpp"
#include "cli/search_question.hpp"
#include "report/format.hpp"
#include "report/search_text.hpp"

namespace asyncbench::cli {
namespace {

using analyze::UslFit;

// A cell of the sweep that was measured.
struct SweepPoint {
  double n = 0;
  result::Estimate throughput_per_s;
};

class SweepQuestion : public Question {
 public:
  SweepQuestion(const SweepRequest& request, const run::RunOptions& options,
                const Registry& registry)
      : request_(request), plan_(run::make_plan(options, registry, false)) {
    keep_supported(plan_);
    parameter_ = request.parameter;
    std::ranges::replace(parameter_, '_', ' ');
    std::vector<std::uint64_t> values;
    for (const run::PlannedCell& cell : plan_.cells) {
      values.push_back(cell.work.parameters.number(request.parameter));
      if (std::ranges::find(strategies_, cell.strategy) == strategies_.end()) {
        strategies_.push_back(cell.strategy);
      }
    }
    std::ranges::sort(values);
    values.erase(std::unique(values.begin(), values.end()), values.end());
    if (values.size() < analyze::kFewestUslPoints) {
      throw usage_error(fmt::format("a fit takes at least {} values of {}, not {}",
                                    analyze::kFewestUslPoints, parameter_, values.size()),
                        "for example 1..256*2");
    }
    if (plan_.cells.size() != values.size() * strategies_.size()) {
      throw usage_error("a sweep varies one parameter, but another one has several values",
                        "give every other parameter one value");
    }
    std::ranges::sort(plan_.cells, {}, [&](const run::PlannedCell& cell) {
      return std::pair(cell.strategy, cell.work.parameters.number(request.parameter));
    });
    plan_.trials = run::order_trials(plan_, false);
  }

  Json asked() const override {
    return {{"kind", "usl"}, {"strategies", strategies_}, {"parameter", request_.parameter}};
  }

  run::Plan extremes() const override { return plan_; }

  bool extend(run::Plan& plan, const result::Result& /*so_far*/,
              run::Progress& /*progress*/) override {
    if (std::exchange(planned_, true)) return false;
    plan = plan_;
    return true;
  }

  std::size_t trials_left() const override { return 0; }

  SearchAnswer answer(const result::Result& measured) const override {
    SearchAnswer answer{.points = Json::array(), .answer = Json::array()};
    answer.table = fmt::format("{:<24} {:>11} {:>10} {:>10}  {}\n", "strategy",
                               parameter_.substr(0, 11), "requests/s", "fit", "interval");
    for (const std::string& strategy : strategies_) {
      const std::vector<SweepPoint> points = points_of(strategy, measured);
      std::vector<std::pair<double, double>> pairs;
      for (const SweepPoint& point : points) {
        pairs.emplace_back(point.n, point.throughput_per_s.median);
      }
      const std::optional<UslFit> fit = analyze::fit_usl(pairs);
      for (const SweepPoint& point : points) put(strategy, point, fit, answer);
      answer.sentences.push_back(report::sweep_sentence(strategy, fit, parameter_));
      answer.answer.push_back(fit_json(strategy, fit));
      if (!fit) answer.exit_code = ExitCode::inconclusive;
    }
    return answer;
  }

 private:
  std::vector<SweepPoint> points_of(const std::string& strategy,
                                    const result::Result& measured) const {
    std::vector<SweepPoint> points;
    for (const run::PlannedCell& cell : plan_.cells) {
      const result::Cell* const row = measured.find_cell(cell.id);
      if (cell.strategy != strategy || row == nullptr) continue;
      const result::Estimate* const throughput = row->find(analyze::kThroughput);
      if (throughput == nullptr) continue;
      points.push_back(
          {static_cast<double>(cell.work.parameters.number(request_.parameter)), *throughput});
    }
    return points;
  }

  static void put(const std::string& strategy, const SweepPoint& point,
                  const std::optional<UslFit>& fit, SearchAnswer& answer) {
    const result::Estimate& x = point.throughput_per_s;
    answer.table += fmt::format("{:<24} {:>11.0f} {:>10} {:>10}  [{}, {}]\n",
                                strategy.substr(0, 24), point.n, report::format_count(x.median),
                                fit ? report::format_count(fit->at(point.n)) : "",
                                report::format_count(x.low), report::format_count(x.high));
    answer.points.push_back(
        {{"strategy", strategy},
         {"n", point.n},
         {"throughput_per_s", {{"median", x.median}, {"low", x.low}, {"high", x.high}}},
         {"trials", x.trials},
         {"fit_per_s", fit ? Json(fit->at(point.n)) : Json(nullptr)}});
  }

  static Json fit_json(const std::string& strategy, const std::optional<UslFit>& fit) {
    Json json = {{"strategy", strategy}, {"fit", nullptr}};
    if (!fit) return json;
    const auto optional = [](const std::optional<double>& value) {
      return value ? Json(*value) : Json(nullptr);
    };
    json["fit"] = {{"lambda_per_s", fit->lambda},
                   {"sigma", fit->sigma},
                   {"kappa", fit->kappa},
                   {"r_squared", fit->r_squared},
                   {"peak_n", optional(fit->peak_n)},
                   {"knee_n", optional(fit->knee_n)},
                   {"valid_to_n", fit->valid_to}};
    return json;
  }

  SweepRequest request_;
  run::Plan plan_;
  std::string parameter_;  // for people
  std::vector<std::string> strategies_;
  bool planned_ = false;
};

}  // namespace

std::unique_ptr<Question> make_question(const SweepRequest& request, const run::RunOptions& options,
                                        const Registry& registry) {
  return std::make_unique<SweepQuestion>(request, options, registry);
}

}  // namespace asyncbench::cli
