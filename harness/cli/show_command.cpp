// `asyncbench show`: the table of a stored result.
#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

#include "analyze/summary.hpp"
#include "cli/parse.hpp"
#include "report/format.hpp"
#include "report/table.hpp"
#include "result/store.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "Examples:\n"
    "  asyncbench show asyncbench-20261121T120000Z.json\n"
    "\n"
    "Exit codes: 0 printed, 2 the file cannot be read or is no result (the message\n"
    "names the byte where the trouble is)";

// Anything wrong with the file is unusable input.
result::Parsed load(const std::string& path) {
  try {
    return result::load(path);
  } catch (const result::FormatError& error) {
    throw usage_error(error.what(), "");
  } catch (const result::StoreError& error) {
    throw usage_error(error.what(), "");
  }
}

}  // namespace

ExitCode show_command(const Arguments& arguments, Registry&) {
  const auto app = make_app("show", "Prints the table of a stored result.", kFooter);
  std::string path;
  app->add_option("result", path, "what 'asyncbench run' wrote")->option_text("RESULT.json");
  if (!parse(*app, arguments)) return ExitCode::done;
  if (path.empty()) {
    throw usage_error("no result file given", "for example: asyncbench show r.json");
  }

  result::Parsed parsed = load(path);
  for (const std::string& field : parsed.ignored) {
    fmt::print(stderr, "asyncbench: {}: unknown field {} ignored: a newer version wrote it\n",
               report::printable(path), report::printable(field));
  }
  analyze::summarize(parsed.result);
  std::fputs(report::table(parsed.result, {.color = report::wants_color(STDOUT_FILENO)}).c_str(),
             stdout);
  return ExitCode::done;
}

}  // namespace asyncbench::cli
