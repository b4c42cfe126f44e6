#include "report/gate_files.hpp"

#include <fmt/format.h>

#include <cmath>

#include "report/gate_text.hpp"
#include "report/junit.hpp"
#include "report/location_json.hpp"

namespace asyncbench::report {
namespace {

using analyze::CountRow;
using analyze::GateReport;
using analyze::GateRow;
using analyze::Verdict;

Json rows_json(const std::vector<GateRow>& rows) {
  Json all = Json::array();
  for (const GateRow& row : rows) {
    all.push_back(
        {{"cell", row.cell},
         {"figure", row.figure},
         {"base", finite(row.base)},
         {"candidate", finite(row.candidate)},
         {"log_ratios", row.hypothesis.log_ratios},
         {"margin", row.hypothesis.margin},
         {"advisory", row.hypothesis.advisory},
         {"ratio", ratio_json(row.finding.location, [](double x) { return std::exp(x); })},
         {"p", row.finding.test.p_greater},
         {"adjusted_p", row.finding.adjusted_p},
         {"smallest_detectable_effect", finite(row.finding.smallest_detectable_effect)},
         {"verdict", name_of(row.finding.verdict)}});
  }
  return all;
}

JunitCase case_of(std::string_view cell, std::string_view figure, Verdict verdict,
                  const std::string& detail) {
  JunitCase test{.class_name = std::string(cell), .name = std::string(figure)};
  if (verdict == Verdict::pass) return test;
  test.outcome =
      verdict == Verdict::regression ? JunitCase::Outcome::failed : JunitCase::Outcome::error;
  test.message = fmt::format("{}: {}", name_of(verdict), detail);
  return test;
}

}  // namespace

std::string gate_json(const GateReport& report, const std::string& result) {
  Json counts = Json::array();
  for (const CountRow& row : report.counts) {
    counts.push_back({{"cell", row.cell},
                      {"counted", row.name},
                      {"base", row.base},
                      {"candidate", row.candidate},
                      {"repeatable", row.unjudged != analyze::Unjudged::varies},
                      {"unjudged", row.is_judged() ? Json(nullptr) : Json(name_of(row.unjudged))},
                      {"verdict", name_of(row.verdict)}});
  }
  return text_of({{"schema", schema_json("asyncbench-gate", 1)},
                  {"result", result.empty() ? Json(nullptr) : Json(result)},
                  {"verdict", name_of(report.verdict)},
                  {"reasons", report.reasons},
                  {"remarks", report.remarks},
                  {"pairs", report.pairs},
                  {"alpha", report.alpha},
                  {"stored", report.stored},
                  {"counts", counts},
                  {"figures", rows_json(report.rows)},
                  {"sentinel", rows_json(report.sentinel)}});
}

std::string gate_junit(const GateReport& report) {
  std::vector<JunitCase> cases;
  for (const CountRow& row : report.counts) {
    if (!row.is_judged()) continue;
    cases.push_back(
        case_of(row.cell, row.name, row.verdict, fmt::format("{} to {}", row.base, row.candidate)));
  }
  for (const GateRow& row : report.rows) {
    if (row.hypothesis.advisory) continue;
    cases.push_back(case_of(row.cell, analyze::info_of(row.figure).title(), row.finding.verdict,
                            fmt::format("{} of the base", text_of(row.ratio()))));
  }
  // The whole, which can be worse than its figures: a sentinel that differs, requests that fail.
  cases.push_back(case_of("gate", "verdict", report.verdict,
                          report.reasons.empty() ? "" : report.reasons.front()));
  return junit_xml("asyncbench gate", cases);
}

}  // namespace asyncbench::report
