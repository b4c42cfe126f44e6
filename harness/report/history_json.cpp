#include <cmath>

#include "report/history_text.hpp"
#include "report/location_json.hpp"

namespace asyncbench::report {
namespace {

using analyze::History;
using analyze::HistoryChange;
using analyze::HistoryLine;
using analyze::HistoryPoint;
using analyze::HistoryRun;

Json json_of(const HistoryRun& run) {
  return {{"file", run.file},
          {"started", run.started},
          {"commit", run.commit.empty() ? Json(nullptr) : Json(run.commit)},
          {"complete", run.complete},
          {"footing", run.footing},
          {"differs", run.differs}};
}

Json json_of(const HistoryPoint& point) {
  return {{"run", point.run},
          {"ratio", ratio_json(point.log_ratio, std::exp)},
          {"blocks", point.blocks}};
}

Json json_of(const HistoryLine& line) {
  Json points = Json::array();
  for (const HistoryPoint& point : line.points) points.push_back(json_of(point));
  return {{"figure", line.figure},
          {"group", line.group},
          {"strategy", line.strategy},
          {"reference", line.reference},
          {"points", points}};
}

Json json_of(const History& history, const HistoryChange& change) {
  return {{"line", change.line},
          {"from", change.from},
          {"to", change.to},
          {"before", change.before},
          {"since", change.since},
          {"factor", ratio_json(change.factor, [](double factor) { return factor; })},
          {"direction", direction_of(history, change)},
          {"runs_before", change.runs_before},
          {"runs_since", change.runs_since},
          {"p", change.p},
          {"adjusted_p", change.adjusted_p},
          {"certainty", name_of(change.certainty)},
          {"reference_moved", change.reference_moved},
          {"also", change.also}};
}

}  // namespace

std::string history_json(const History& history) {
  Json runs = Json::array();
  for (const HistoryRun& run : history.runs) runs.push_back(json_of(run));
  Json lines = Json::array();
  for (const HistoryLine& line : history.lines) lines.push_back(json_of(line));
  Json changes = Json::array();
  for (const HistoryChange& change : history.changes) changes.push_back(json_of(history, change));
  return text_of({{"schema", schema_json("asyncbench-history")},
                  {"margin", history.margin},
                  {"runs", runs},
                  {"lines", lines},
                  {"changes", changes},
                  {"left_out", history.left_out}});
}

}  // namespace asyncbench::report
