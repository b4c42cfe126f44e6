// `asyncbench compare`: results -> verdicts.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <set>

#include "analyze/comparison.hpp"
#include "analyze/notes.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/result_view.hpp"
#include "cli/results_from.hpp"
#include "report/change_text.hpp"
#include "report/comparison_json.hpp"
#include "report/format.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "One result: its strategies, each against the best of the same work. Two results:\n"
    "the cells that both have, the second against the first. Results that differ in\n"
    "their peer strategy alone: the strategies of the first, and whether the winner\n"
    "holds under every peer.\n"
    "\n"
    "Examples:\n"
    "  asyncbench compare r.json\n"
    "  asyncbench compare r.json --against thread_per_connection\n"
    "  asyncbench compare before.json after.json\n"
    "  asyncbench compare peer-uring.json peer-asio.json\n"
    "\n"
    "Exit codes: 0 compared, whatever was found   2 wrong usage or unusable input";

}  // namespace

ExitCode compare_command(const Arguments& arguments, Registry&) {
  const auto app = make_app("compare",
                            "Says which strategy wins, by how much, and how sure that is; or what "
                            "changed between results.",
                            kFooter);
  std::vector<std::string> paths;
  ResultView view;
  bool force = false;
  bool json = false;
  app->add_option("results", paths, "what 'asyncbench run' wrote").option_text("RESULT.json...");
  view.define_against(*app);
  add_switch(*app, "--force", force, "compare also what differs in kernel, CPU or definition");
  add_switch(*app, "--json", json, "print JSON instead of text");
  view.define(*app);
  if (!parse(*app, arguments)) return ExitCode::done;
  if (paths.empty()) {
    throw usage_error("no result file given", "for example: asyncbench compare r.json");
  }

  std::vector<result::Result> results;
  for (const std::string& path : paths) results.push_back(result_from(path));
  std::vector<const result::Result*> pointers;
  for (const result::Result& result : results) pointers.push_back(&result);
  // Results of other peers are compared each within itself.
  const std::vector<std::string> forced = differences_of(results, analyze::Peers::any);
  if (!forced.empty() && !force) {
    throw usage_error(fmt::format("the results cannot be compared: {}", fmt::join(forced, "; ")),
                      "measure both alike, or use --force, which the output records");
  }

  std::set<std::string> peers;
  for (const result::Result& result : results) peers.insert(result.plan.peer_strategy);
  const bool strategies = results.size() == 1 || peers.size() > 1;
  if (!strategies && results.size() > 2) {
    throw usage_error("more than two results of the same peer strategy", "compare them two by two");
  }
  analyze::Comparison comparison =
      strategies ? view.compare(results.front()) : analyze::compare_results(results[0], results[1]);
  if (strategies) {
    analyze::note_peers(comparison, pointers);
    for (std::string& remark : build_remarks_of(results)) {
      comparison.notes.push_back({std::string(analyze::kBuilds), std::move(remark)});
    }
  }
  if (comparison.groups.empty()) {
    throw usage_error("the results have no cell in common",
                      "see which they have with asyncbench show");
  }
  const report::Terminal terminal = report::terminal_of(STDOUT_FILENO);
  std::string text;
  if (json) {
    text = report::comparison_json(comparison, paths, forced);
  } else if (strategies) {
    for (const std::string& reason : forced) {
      text += report::wrapped("compared by --force although they differ in " + reason, "! ",
                              terminal.width);
    }
    text += report::build_notes(comparison, terminal);
    text += view.text(results.front(), comparison, terminal, true);
  } else {
    text = report::change_text({.comparison = comparison,
                                .before = results[0],
                                .after = results[1],
                                .before_name = paths[0],
                                .after_name = paths[1],
                                .forced = forced},
                               terminal);
  }
  put(text);
  return ExitCode::done;
}

}  // namespace asyncbench::cli
