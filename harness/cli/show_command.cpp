// `asyncbench show`: the table of a stored result.
#include <unistd.h>

#include <cstdio>

#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/result_view.hpp"
#include "cli/results_from.hpp"
#include "report/format.hpp"
#include "report/profile_text.hpp"
#include "report/terminal.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "Examples:\n"
    "  asyncbench show asyncbench-20261121T120000Z.json\n"
    "  asyncbench show r.json --against epoll --notes\n"
    "\n"
    "Exit codes: 0 printed, 2 the file cannot be read or is no result (the message\n"
    "names the byte where the trouble is)";

}  // namespace

ExitCode show_command(const Arguments& arguments, Registry&) {
  const auto app = make_app("show", "Prints the answer of a stored result.", kFooter);
  std::string path;
  app->add_option("result", path, "what 'asyncbench run' wrote").option_text("RESULT.json");
  ResultView view;
  view.define_against(*app);
  view.define(*app);
  if (!parse(*app, arguments)) return ExitCode::done;
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
  return ExitCode::done;
}

}  // namespace asyncbench::cli
