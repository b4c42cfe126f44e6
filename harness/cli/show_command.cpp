// `asyncbench show`: the table of a stored result.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "cli/fail_if.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/result_view.hpp"
#include "cli/results_from.hpp"
#include "report/format.hpp"
#include "report/profile_text.hpp"
#include "report/terminal.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kExamples =
    "Examples:\n"
    "  asyncbench show asyncbench-20261121T120000Z.json\n"
    "  asyncbench show r.json --against epoll --notes\n"
    "  asyncbench show r.json --fail-if \"p99>5ms\"\n"
    "\n"
    "Exit codes:\n"
    "  0 printed   2 the file cannot be read or is no result (the message names the\n"
    "  byte where the trouble is)\n"
    "  With --fail-if: 1 a condition holds in some cell, 3 one cannot be judged";

}  // namespace

ExitCode show_command(const Arguments& arguments, Registry&) {
  const auto app = make_app("show", "Prints the answer of a stored result.",
                            fmt::format("{}\n\n{}", kFailIfHelp, kExamples));
  std::string path;
  app->add_option("result", path, "what 'asyncbench run' wrote").option_text("RESULT.json");
  ResultView view;
  view.define_against(*app);
  view.define(*app);
  FailIf fail_if;
  fail_if.define(*app);
  if (!parse(*app, arguments)) return ExitCode::done;
  fail_if.parse();
  if (path.empty()) {
    throw usage_error("no result file given", "for example: asyncbench show r.json");
  }

  const result::Result result = result_from(path);
  const std::string text =
      view.text(result, view.compare(result), report::terminal_of(STDOUT_FILENO));
  put(text);
  if (report::has_profile(result)) {
    put(("\n" + report::profile_text(result, columns())));
  }
  flush_out();
  return fail_if.judge(result, ExitCode::done);
}

}  // namespace asyncbench::cli
