#include "cli/run_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/measuring_options.hpp"
#include "cli/parse.hpp"
#include "run/plan.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kUnits =
    "Units: TIME 5s, 10ms, 250us; SIZE 12, 16k, 1m; N plain. Parameters of the work\n"
    "take a value, a list (1,64) or a range (1..1024*2 doubles, 10..50+10 adds);\n"
    "every combination is a cell.";

constexpr std::string_view kExamples =
    "Examples:\n"
    "  asyncbench run quick\n"
    "  asyncbench run fetch --strategies uring,asio\n"
    "  asyncbench run serve --strategies all --connections 1..1024*4 --duration 1s\n"
    "  asyncbench run fetch --arrivals poisson:20000 --server-delay exp:2ms\n"
    "  asyncbench run fetch --url http://127.0.0.1:8080/ --connections 64\n"
    "  asyncbench run serve --arrivals poisson:5000 --fail-if \"p99>5ms,errors>0.1%\"\n"
    "  asyncbench run quick --dry-run\n"
    "  asyncbench run --resume asyncbench-20261121T120000Z.json\n"
    "\n"
    "Ctrl-C once ends the run and keeps the partial result; twice ends it at once.\n"
    "\n"
    "Exit codes:\n"
    "  0 done   2 wrong usage   4 some cell lacks valid trials\n"
    "  5 some cells failed, or a strategy that was named is not supported here\n"
    "  6 the result was not stored   7 internal error   129, 130, 143 interrupted\n"
    "  With --fail-if, where none of these: 1 a condition holds in some cell,\n"
    "  3 a condition cannot be judged in some cell";

}  // namespace

std::optional<RunRequest> parse_run_options(const Arguments& arguments) {
  const auto app = make_app("run",
                            "Measures a workload or a suite (quick, standard ..., or a TOML file) "
                            "under several strategies, prints the answer and stores the result.",
                            fmt::format("{}\n\n{}\n\n{}", kUnits, kFailIfHelp, kExamples));
  RunRequest request;
  run::RunOptions& options = request.options;
  MeasuringOptions measuring("run");
  app->add_option(
         "what", options.what,
         fmt::format("{}, {}, or the path of a suite (.toml)",
                     fmt::join(run::workload_names(), ", "), fmt::join(run::suite_names(), ", ")))
      .option_text("WORKLOAD|SUITE");
  measuring.define(*app, {});
  measuring.define_output(*app);
  add_resume(*app, request.resume, "the run");
  add_switch(*app, "--json", request.json, "print the result as JSON instead of the answer")
      .group("Output");
  add_switch(*app, "--dry-run", request.dry_run, "print cells and time, and measure nothing")
      .group("Output");
  add_switch(*app, "--live", request.live,
             "say once a second on stderr how the trial does that runs: rate, latencies, errors")
      .group("Output");
  request.view.define(*app);
  request.fail_if.define(*app);
  if (!parse(*app, arguments)) return std::nullopt;
  request.fail_if.parse();
  request.plugins = measuring.plugins();

  if (!request.resume.empty()) {
    check_resume_alone(*app);
    return request;
  }
  if (options.what.empty()) {
    throw usage_error("no workload or suite given", "for example: asyncbench run fetch");
  }
  measuring.apply(*app, arguments, options);
  return request;
}

}  // namespace asyncbench::cli
