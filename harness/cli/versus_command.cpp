// `asyncbench versus`: should I move from one strategy to another?
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <set>

#include "analyze/summary.hpp"
#include "cli/measuring_options.hpp"
#include "cli/open_loop.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/plan_text.hpp"
#include "cli/plugins.hpp"
#include "cli/progress.hpp"
#include "cli/recorded_request.hpp"
#include "cli/until_decided.hpp"
#include "report/format.hpp"
#include "report/terminal.hpp"
#include "report/versus_text.hpp"
#include "run/run.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::cli {
namespace {

using run::ParameterLists;
using run::SuiteEntry;
using std::string;
using std::vector;

constexpr std::string_view kFooter =
    "Measures the strategies over a small grid of what changes the answer: as server and as\n"
    "client; 1, 8, 64 and 512 connections; 12 bytes and 16 KiB; saturated, and in open loop at\n"
    "30, 60 and 90 % of the slower one's capacity. They take turns, in fresh processes for every\n"
    "block, until all is decided or the budget is spent. --workload and parameters narrow the\n"
    "grid.\n"
    "\n"
    "Ratios are those of the others to the first: 0.89 is 11 % less. = alike within the margin\n"
    "(--relevant), ? undecided.\n"
    "\n"
    "Examples:\n"
    "  asyncbench versus epoll uring\n"
    "  asyncbench versus thread_per_connection asio uring --workload serve --budget 5m\n"
    "  asyncbench versus epoll uring --connections 64 --body-bytes 12,64k\n"
    "\n"
    "Exit codes:\n"
    "  0 every condition is decided   3 some are not   2 wrong usage   4, 5 as run\n"
    "  6 the result was not stored   7 internal error   129, 130, 143 interrupted";

// Beside the closed loop.
constexpr std::array kShares = {0.3, 0.6, 0.9};

struct Request {
  vector<string> strategies;  // the first is the reference
  vector<string> workloads;
  run::RunOptions options;
  vector<string> plugins;
  bool json = false;
  bool dry_run = false;
  string resume;  // not empty: go on with the run whose result belongs here
};

std::optional<Request> parse_request(const Arguments& arguments) {
  const auto app =
      make_app("versus", "Says whether to move from one strategy to another, and when.", kFooter);
  Request request;
  MeasuringOptions measuring("versus");
  app->add_option("strategies", request.strategies,
                  "the one that you have, then those that you consider")
      .option_text("NAME NAME...");
  string workloads;
  add_value(*app, "--workload", workloads, "NAME,...", "instead of serve and fetch").group("What");
  measuring.define(*app, {});
  measuring.define_output(*app);
  add_switch(*app, "--json", request.json, "print the answer as JSON").group("Output");
  add_resume(*app, request.resume, "the run");
  add_switch(*app, "--dry-run", request.dry_run, "print cells and time, and measure nothing")
      .group("Output");
  if (!parse(*app, arguments)) return std::nullopt;
  request.plugins = measuring.plugins();
  if (!request.resume.empty()) {
    check_resume_alone(*app);
    return request;
  }
  measuring.apply(*app, arguments, request.options);
  if (request.strategies.size() < 2) {
    throw usage_error("versus compares two strategies or more",
                      "for example: asyncbench versus epoll uring");
  }
  if (!request.options.strategies.empty()) {
    throw usage_error("strategies are given by their names alone",
                      "for example: asyncbench versus epoll uring");
  }
  const std::set<string> distinct(request.strategies.begin(), request.strategies.end());
  if (distinct.size() < request.strategies.size()) {
    throw usage_error("a strategy is named twice", "its twin takes part anyway");
  }
  request.workloads = workloads::split_list(workloads);
  request.options.strategies = request.strategies;
  request.options.finds_capacity = true;
  request.options.settings.set(&run::Settings::against, request.strategies.front());
  return request;
}

// The parameter of a workload that says how much a request carries; empty: it has none.
string bytes_parameter(const string& workload) {
  for (const std::string_view name : {"body_bytes", "message_bytes"}) {
    const workloads::Workload* const found = workloads::find_workload(workload);
    if (found != nullptr && find_parameter(found->info().parameters, name) != nullptr) {
      return string(name);
    }
  }
  return "";
}

SuiteEntry entry(const string& workload, std::uint64_t connections, std::uint64_t bytes) {
  SuiteEntry made{.workload = workload};
  const workloads::Workload* const found = workloads::find_workload(workload);
  if (found == nullptr) return made;
  if (find_parameter(found->info().parameters, "connections") != nullptr) {
    made.parameters["connections"] = {connections};
  }
  if (const string name = bytes_parameter(workload); !name.empty()) made.parameters[name] = {bytes};
  return made;
}

// Also at shares of the capacity, where that goes with what was given.
void add_open_loop(SuiteEntry& entry, const Request& request) {
  if (!request.options.settings.over({}).urls.empty() ||
      request.options.parameters.contains("think_time")) {
    return;
  }
  std::vector<workloads::ParameterValue>& arrivals = entry.parameters["arrivals"];
  arrivals = {load::ArrivalSpec{}};
  for (const double share : kShares) {
    arrivals.emplace_back(load::ArrivalSpec{.kind = load::ArrivalKind::share, .share = share});
  }
}

// What changes the answer, once each.
run::Suite grid_of(const Request& request) {
  constexpr std::uint64_t kSmall = 12;
  constexpr std::uint64_t kLarge = 16 * 1024;
  run::Suite suite{.name = "versus"};
  suite.settings.set(&run::Settings::trials, 6);
  suite.settings.set(&run::Settings::budget, std::chrono::minutes(10));
  const bool usual = request.workloads.empty();
  const vector<string> names = usual ? vector<string>{"serve", "fetch"} : request.workloads;
  for (const string& workload : names) {
    const bool whole = !usual || workload == "serve";
    for (const std::uint64_t connections : {1U, 8U, 64U, 512U}) {
      if (whole || connections == 1 || connections == 64) {
        SuiteEntry made = entry(workload, connections, kSmall);
        // Clients that are measured themselves are asked once: what their CPU does the server's
        // does.
        if (workload == "serve" && connections == 64) add_open_loop(made, request);
        suite.cells.push_back(std::move(made));
      }
    }
    for (const std::uint64_t connections : {1U, 64U}) {
      if (whole || connections == 64) suite.cells.push_back(entry(workload, connections, kLarge));
    }
  }
  return suite;
}

// The table has six columns, and the conditions have what is left.
std::size_t table_columns() { return std::max(kColumns, report::terminal_of(STDOUT_FILENO).width); }

ExitCode exit_code_of(const run::RunReport& report, const vector<report::Versus>& answers) {
  if (report.exit_code != ExitCode::done) return report.exit_code;
  for (const report::Versus& versus : answers) {
    const bool decided = std::ranges::all_of(versus.conditions, [](const auto& condition) {
      return analyze::is_decided(condition.deciding().decision);
    });
    if (!decided || versus.conditions.empty()) return ExitCode::inconclusive;
  }
  return ExitCode::done;
}

}  // namespace

ExitCode versus_command(const Arguments& arguments, Registry& registry) {
  auto request = parse_request(arguments);
  if (!request) return ExitCode::done;
  load_programs(request->plugins, registry);
  if (!request->resume.empty()) request = recorded_request("versus", *request, parse_request);
  request->options.suite = grid_of(*request);
  const run::Plan plan = run::make_plan(request->options, registry, false);
  if (request->dry_run) return show_plan(plan);

  ProgressLine progress(stderr, report::terminal_of(STDERR_FILENO));
  const run::Summarize summarize = [](result::Result& result) { analyze::summarize(result); };
  const auto note = [&](const string& line) { progress.note(line); };
  OpenLoop open_loop(note);
  UntilDecided until_decided(note);
  const run::Extend extend = [&](run::Plan& growing, const result::Result& so_far) {
    const bool opened = open_loop(growing, so_far);
    return until_decided(growing, so_far) || opened;
  };
  const run::RunReport report = request->resume.empty()
                                    ? run::run(plan, registry, progress, summarize, extend)
                                    : run::resume(plan, registry, progress, summarize, extend);
  progress.clear();

  vector<report::Versus> answers;
  const analyze::DecisionRule rule = analyze::rule_of(report.result);
  for (std::size_t i = 1; i < request->strategies.size(); ++i) {
    answers.push_back(
        {.reference = request->strategies.front(),
         .other = request->strategies[i],
         .rule = rule,
         .conditions = analyze::conditions_of(report.result, request->strategies.front(),
                                              request->strategies[i], rule)});
  }
  if (request->json) {
    vector<string> texts;
    for (const report::Versus& versus : answers) texts.push_back(report::versus_json(versus));
    print_out("[{}]\n", fmt::join(texts, ",\n"));
  } else {
    for (const report::Versus& versus : answers) {
      print_out("{}\n{}\n", report::versus_table(versus, table_columns()),
                report::wrapped(report::versus_answer(versus), "",
                                report::terminal_of(STDOUT_FILENO).width));
    }
    if (!report.out.empty()) {
      print_result(report.out);
    }
  }
  flush_out();
  for (const string& message : report.messages) {
    complain(message);
  }
  return exit_code_of(report, answers);
}

}  // namespace asyncbench::cli
