// `asyncbench doctor`: the checks of doctor_checks.hpp, printed.
#include <fmt/format.h>

#include <array>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "cli/doctor_checks.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "report/format.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "Each check says ok, warning (noisier or less complete than it could be) or\n"
    "problem (figures will mislead, or something will not run), and the remedy.\n"
    "It changes nothing and takes less than a second.\n"
    "\n"
    "Examples:\n"
    "  asyncbench doctor\n"
    "  asyncbench doctor --json | jq '.checks[] | select(.severity != \"ok\")'\n"
    "\n"
    "Exit codes: 0, whatever was found";

struct Examined {
  std::string_view name;
  Finding finding;
};

std::vector<Examined> examine(const Host& host) {
  std::vector<Examined> all;
  for (const auto checks : {processor_checks(), kernel_checks(), gate_checks()}) {
    for (const Check& check : checks) all.push_back({check.name, check.look(host)});
  }
  return all;
}

std::array<unsigned, 3> count_by_severity(const std::vector<Examined>& all) {
  std::array<unsigned, 3> counts{};
  for (const Examined& one : all) ++counts[static_cast<std::size_t>(one.finding.severity)];
  return counts;
}

void print_text(const std::vector<Examined>& all) {
  for (const Examined& one : all) {
    const Finding& finding = one.finding;
    const std::string head = fmt::format("{:<8} {:<19} ", name_of(finding.severity), one.name);
    print_out("{}", report::wrapped(finding.found, head, columns()));
    if (finding.remedy.empty()) continue;
    const std::string arrow = fmt::format("{:>{}}", "-> ", head.size());
    print_out("{}", report::wrapped(finding.remedy, arrow, columns()));
  }
  const auto counts = count_by_severity(all);
  print_out("\n{} ok, {} warnings, {} problems\n", counts[0], counts[1], counts[2]);
}

void print_json(const std::vector<Examined>& all) {
  auto checks = nlohmann::ordered_json::array();
  for (const Examined& one : all) {
    nlohmann::ordered_json check{{"name", one.name},
                                 {"severity", name_of(one.finding.severity)},
                                 {"found", one.finding.found}};
    check["remedy"] = one.finding.remedy.empty() ? nlohmann::ordered_json(nullptr)
                                                 : nlohmann::ordered_json(one.finding.remedy);
    checks.push_back(std::move(check));
  }
  const auto counts = count_by_severity(all);
  const nlohmann::ordered_json document{
      {"checks", checks}, {"ok", counts[0]}, {"warnings", counts[1]}, {"problems", counts[2]}};
  // Process names may hold any bytes.
  print_out("{}\n", document.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace));
}

}  // namespace

ExitCode doctor_command(const Arguments& arguments, Registry&) {
  const auto app = make_app(
      "doctor", "What on this machine will disturb measurements, with the remedy for each.",
      kFooter);
  bool json = false;
  add_switch(*app, "--json", json, "print JSON instead of text");
  if (!parse(*app, arguments)) return ExitCode::done;

  const std::vector<Examined> all = examine(Host());
  json ? print_json(all) : print_text(all);
  return ExitCode::done;
}

}  // namespace asyncbench::cli
