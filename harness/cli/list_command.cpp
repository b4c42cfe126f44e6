// `asyncbench list`: what this host can measure, and why not the rest.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "programs/program.hpp"
#include "report/format.hpp"
#include "report/remarks.hpp"
#include "run/plan.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "Examples:\n"
    "  asyncbench list\n"
    "  asyncbench list --json\n"
    "\n"
    "Exit codes: 0, also when some strategy is not supported here";

// One strategy, and whether it can be the subject of each workload, in the order of
// workloads::all_workloads().
struct Row {
  const StrategyInfo* info;
  const programs::Program* program;  // null: it is none
  std::vector<Support> supports;
};

// The reasons why something is not supported, each once, in the order of their first use.
class Reasons {
 public:
  // "yes", or the number under which the reason is printed: "[3]".
  std::string mark(const Support& support) {
    if (support) return "yes";
    auto reason = std::ranges::find(reasons_, support.reason);
    if (reason == reasons_.end()) reason = reasons_.insert(reasons_.end(), support.reason);
    return fmt::format("[{}]", reason - reasons_.begin() + 1);
  }

  void print() const {
    if (!reasons_.empty()) print_out("\nNot supported here:\n");
    for (std::size_t i = 0; i < reasons_.size(); ++i) {
      const std::string number = fmt::format("  {:<5}", fmt::format("[{}]", i + 1));
      print_out("{}", report::wrapped(reasons_[i], number, columns()));
    }
  }

 private:
  std::vector<std::string> reasons_;
};

// The matrix, in as many blocks of workloads as the width demands.
void print_table(const std::vector<Row>& rows) {
  const auto workloads = workloads::all_workloads();
  std::size_t name_width = 8;
  for (const Row& row : rows) name_width = std::max(name_width, row.info->name.size());
  Reasons reasons;
  for (std::size_t first = 0; first < workloads.size();) {
    std::size_t last = first;
    std::size_t width = name_width;
    const auto column = [&](std::size_t i) {
      return std::max<std::size_t>(workloads[i]->info().name.size(), 4);
    };
    while (last < workloads.size() && width + 2 + column(last) <= columns()) {
      width += 2 + column(last++);
    }
    const auto print_line = [&](std::string_view name, auto text_of) {
      std::string line = fmt::format("{:<{}}", name, name_width);
      for (std::size_t i = first; i < last; ++i) {
        line += fmt::format("  {:<{}}", text_of(i), column(i));
      }
      line.erase(line.find_last_not_of(' ') + 1);
      print_out("{}\n", line);
    };
    if (first > 0) print_out("\n");
    print_line("strategy", [&](std::size_t i) { return workloads[i]->info().name; });
    for (const Row& row : rows) {
      print_line(row.info->name, [&](std::size_t i) { return reasons.mark(row.supports[i]); });
    }
    first = last;
  }
  reasons.print();
}

void print_strategies(const std::vector<Row>& rows) {
  print_out("\nStrategies:\n");
  std::vector<const StrategyInfo*> infos;
  for (const Row& row : rows) {
    const StrategyInfo& info = *row.info;
    if (info.in_all) infos.push_back(&info);
    const std::string how = row.program != nullptr ? std::string(row.program->kind())
                                                   : fmt::format("waits in {}", info.waits);
    print_out("{}", report::wrapped(fmt::format("{} ({}; {}{}){}", info.summary, info.library, how,
                                                info.family ? "; family: " + *info.family : "",
                                                info.in_all ? "" : "; not part of 'all'"),
                                    fmt::format("  {}: ", info.name), columns()));
  }
  print_out("\n{}", report::wrapped(report::files_text(infos), "", columns()));
}

void print_workloads() {
  print_out("\nWorkloads:\n");
  for (const workloads::Workload* workload : workloads::all_workloads()) {
    print_out("{}", report::wrapped(workload->info().summary,
                                    fmt::format("  {:<13}", workload->info().name), columns()));
  }
  print_out("Suites: {}\n", fmt::join(run::suite_names(), ", "));
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
    auto operations = nlohmann::ordered_json::array();
    for (std::size_t i = 0; i < kOpKinds; ++i) {
      const auto kind = static_cast<OpKind>(i);
      if (row.info->operations.contains(kind)) operations.push_back(name_of(kind));
    }
    auto supports = nlohmann::ordered_json::object();
    for (std::size_t i = 0; i < row.supports.size(); ++i) {
      supports[std::string{workloads::all_workloads()[i]->info().name}] = to_json(row.supports[i]);
    }
    strategies.push_back({{"name", row.info->name},
                          {"summary", row.info->summary},
                          {"library", row.info->library},
                          {"waits", row.info->waits},
                          {"family", row.info->family ? nlohmann::ordered_json(*row.info->family)
                                                      : nlohmann::ordered_json(nullptr)},
                          {"operations", operations},
                          {"files", row.info->files ? nlohmann::ordered_json(*row.info->files)
                                                    : nlohmann::ordered_json(nullptr)},
                          {"event_loop", row.info->event_loop},
                          {"in_all", row.info->in_all},
                          {"options", options},
                          {"workloads", supports}});
  }
  const nlohmann::ordered_json document{{"strategies", strategies},
                                        {"workloads", run::workload_names()},
                                        {"suites", run::suite_names()}};
  print_out("{}\n", document.dump(2));
}

}  // namespace

ExitCode list_command(const Arguments& arguments, Registry& registry) {
  const auto app = make_app(
      "list", "Which strategies this host supports, for which workloads, and why not the others.",
      kFooter);
  bool json = false;
  add_switch(*app, "--json", json, "print JSON instead of a table");
  std::vector<std::string> plugins;
  add_plugin_option(*app, plugins, "Options");
  if (!parse(*app, arguments)) return ExitCode::done;

  std::vector<Row> rows;
  for (const auto& strategy : registry.all()) {
    Row& row = rows.emplace_back(
        Row{.info = &strategy->info(), .program = programs::as_program(strategy.get())});
    for (const workloads::Workload* workload : workloads::all_workloads()) {
      row.supports.push_back(run::supports_subject(*strategy, *workload));
    }
  }
  if (json) {
    print_json(rows);
  } else {
    print_table(rows);
    print_strategies(rows);
    print_workloads();
  }
  return ExitCode::done;
}

}  // namespace asyncbench::cli
