// `asyncbench profile`: trials with and without a profile -> where each request's CPU goes.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "analyze/summary.hpp"
#include "cli/measuring_options.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "cli/progress.hpp"
#include "measure/syscalls.hpp"
#include "report/format.hpp"
#include "report/profile_text.hpp"
#include "report/terminal.hpp"
#include "run/run.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "Every block has each strategy twice, in random order: once as asyncbench run\n"
    "measures it, once with its call stacks sampled. The difference is what sampling\n"
    "costs; no profile goes into a timed figure. At the end each has a trial in which\n"
    "its system calls are counted by name, and one that records every turn of its\n"
    "tasks and every switch of its threads: what is waited for, and what is slow.\n"
    "\n"
    "As root the kernel's code is seen as well. As another user, that takes\n"
    "sysctl kernel.perf_event_paranoid=1; with 2, user code alone is seen.\n"
    "\n"
    "Examples:\n"
    "  asyncbench profile fetch --strategies asio,uring --connections 64 --out p.json\n"
    "  asyncbench show p.json\n"
    "  asyncbench profile echo --strategies epoll --frequency 4999 --trials 3\n"
    "\n"
    "Exit codes:\n"
    "  0 done, also where this host permits a part of the profile alone\n"
    "  2 wrong usage   4 some cell lacks valid trials or samples   5 some cells failed\n"
    "  6 the result was not stored   7 internal error   129, 130, 143 interrupted";

struct Typed {
  run::RunOptions options;
  MeasuringOptions measuring{"profile"};
  std::string frequency = "999";
  std::string profiler = "builtin";
};

measure::ProfileOptions profiling_of(const Typed& typed) {
  measure::ProfileOptions profiling;
  std::uint64_t frequency = 0;
  try {
    frequency = workloads::parse_count(typed.frequency);
  } catch (const run::UsageError& error) {
    throw run::UsageError(fmt::format("--frequency: {}", error.what()));
  }
  if (frequency == 0 || frequency > measure::kMostFrequencyHz) {
    throw usage_error(fmt::format("--frequency {}: must be between 1 and {}", typed.frequency,
                                  measure::kMostFrequencyHz),
                      "999 costs little, and leaves no rhythm to fall into");
  }
  profiling.frequency_hz = static_cast<std::int64_t>(frequency);
  if (typed.profiler == "perf") {
    profiling.profiler = measure::ProfilerKind::perf;
  } else if (typed.profiler != "builtin") {
    throw usage_error(fmt::format("--profiler {}: unknown", typed.profiler), "builtin or perf");
  }
  return profiling;
}

std::optional<run::RunOptions> parse_profile(const Arguments& arguments,
                                             std::vector<std::string>& plugins) {
  const auto app = make_app("profile",
                            "Shows where each request's CPU goes under several strategies, side by "
                            "side in nanoseconds per request, and why one beats another.",
                            kFooter);
  Typed typed;
  run::RunOptions& options = typed.options;
  app->add_option("what", options.what, "a workload or a suite, as for asyncbench run")
      .option_text("WORKLOAD|SUITE");
  // A profile is made of short trials: it is the samples of all of them that count.
  options.settings.set(&run::Settings::duration, std::chrono::seconds(2))
      .set(&run::Settings::warmup, std::chrono::milliseconds(500));
  typed.measuring.define(*app, options.settings);
  add_value(*app, "--frequency", typed.frequency, "HZ", "samples in a second of CPU time")
      .group("Profile");
  add_value(*app, "--profiler", typed.profiler, "HOW",
            "builtin: stacks by frame pointers; perf: `perf record` with DWARF stacks")
      .group("Profile");
  typed.measuring.define_output(*app);
  if (!parse(*app, arguments)) return std::nullopt;
  if (options.what.empty()) {
    throw usage_error("no workload or suite given", "for example: asyncbench profile fetch");
  }
  options.profile = profiling_of(typed);
  typed.measuring.apply(*app, arguments, options);
  plugins = typed.measuring.plugins();
  return options;
}

}  // namespace

ExitCode profile_command(const Arguments& arguments, Registry& registry) {
  std::vector<std::string> plugins;
  const auto options = parse_profile(arguments, plugins);
  if (!options) return ExitCode::done;
  load_programs(plugins, registry);
  const run::Plan plan = run::make_plan(*options, registry, measure::SyscallCounter().available());

  ProgressLine progress(stderr, report::terminal_of(STDERR_FILENO));
  const run::RunReport report = run::run(
      plan, registry, progress, [](result::Result& result) { analyze::summarize(result); });
  progress.clear();
  put(report::profile_text(report.result, columns()));
  if (!report.out.empty()) {
    print_result(report.out, true);
  }
  flush_out();
  for (const std::string& message : report.messages) {
    complain(message);
  }
  return report.exit_code;
}

}  // namespace asyncbench::cli
