// `asyncbench list`: what this host can measure, and why not the rest.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/parse.hpp"
#include "report/format.hpp"
#include "run/plan.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "Examples:\n"
    "  asyncbench list\n"
    "  asyncbench list --json\n"
    "\n"
    "Exit codes: 0, also when some strategy is not supported here";

struct WorkloadText {
  std::string_view name;
  std::string_view summary;
};
constexpr std::array kWorkloads = {
    WorkloadText{"fetch", "HTTP client under test: GET from the embedded origin or from --url"},
    WorkloadText{"serve", "HTTP server under test: the same load generator asks every strategy"},
};

struct Row {
  const StrategyInfo* info;
  Support fetch;
  Support serve;
};

std::string yes_or_no(const Support& support) { return support ? "yes" : "no"; }

void print_table(const std::vector<Row>& rows) {
  std::size_t name_width = 8;
  std::size_t library_width = 7;
  for (const Row& row : rows) {
    name_width = std::max(name_width, row.info->name.size());
    library_width = std::max(library_width, row.info->library.size());
  }
  const auto print_row = [&](std::string_view name, std::string_view fetch, std::string_view serve,
                             std::string_view library, std::string_view waits) {
    fmt::print("{:<{}}  {:<5}  {:<5}  {:<{}}  {}\n", name, name_width, fetch, serve, library,
               library_width, waits);
  };
  print_row("strategy", "fetch", "serve", "library", "waits in");
  for (const Row& row : rows) {
    print_row(row.info->name, yes_or_no(row.fetch), yes_or_no(row.serve), row.info->library,
              row.info->waits);
  }
}

void print_reasons(const std::vector<Row>& rows) {
  bool first = true;
  const auto print_reason = [&](const Row& row, std::string_view workload, const Support& support) {
    if (support) return;
    if (first) fmt::print("\nNot supported here:\n");
    first = false;
    fmt::print("  {}, {}:\n{}", row.info->name, workload,
               report::wrapped(support.reason, "    ", kColumns));
  };
  for (const Row& row : rows) {
    print_reason(row, "fetch", row.fetch);
    print_reason(row, "serve", row.serve);
  }
}

void print_workloads(const std::vector<Row>& rows) {
  fmt::print("\nWorkloads:\n");
  for (const WorkloadText& workload : kWorkloads) {
    fmt::print("  {:<7}{}\n", workload.name, workload.summary);
  }
  fmt::print("Suites: {}\n", fmt::join(run::suite_names(), ", "));
  for (const Row& row : rows) {
    if (row.info->in_all) continue;
    std::fputs(report::wrapped(fmt::format("Not part of '--strategies all': {}, {}", row.info->name,
                                           row.info->summary),
                               "", kColumns)
                   .c_str(),
               stdout);
  }
}

nlohmann::ordered_json to_json(const Support& support) {
  nlohmann::ordered_json json{{"supported", support.supported}};
  json["reason"] =
      support ? nlohmann::ordered_json(nullptr) : nlohmann::ordered_json(support.reason);
  return json;
}

void print_json(const std::vector<Row>& rows) {
  auto strategies = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    auto options = nlohmann::ordered_json::object();
    for (const StrategyOption& option : row.info->options) options[option.name] = option.value;
    strategies.push_back(
        {{"name", row.info->name},
         {"summary", row.info->summary},
         {"library", row.info->library},
         {"waits", row.info->waits},
         {"event_loop", row.info->event_loop},
         {"in_all", row.info->in_all},
         {"options", options},
         {"workloads", {{"fetch", to_json(row.fetch)}, {"serve", to_json(row.serve)}}}});
  }
  const nlohmann::ordered_json document{{"strategies", strategies},
                                        {"workloads", run::workload_names()},
                                        {"suites", run::suite_names()}};
  fmt::print("{}\n", document.dump(2));
}

}  // namespace

ExitCode list_command(const Arguments& arguments, const Registry& registry) {
  const auto app = make_app(
      "list", "Which strategies this host supports, for which workloads, and why not the others.",
      kFooter);
  bool json = false;
  add_switch(*app, "--json", json, "print JSON instead of a table");
  if (!parse(*app, arguments)) return ExitCode::done;

  std::vector<Row> rows;
  for (const auto& strategy : registry.all()) {
    rows.push_back(
        {&strategy->info(), run::supports_client(*strategy), run::supports_server(*strategy)});
  }
  if (json) {
    print_json(rows);
  } else {
    print_table(rows);
    print_reasons(rows);
    print_workloads(rows);
  }
  return ExitCode::done;
}

}  // namespace asyncbench::cli
