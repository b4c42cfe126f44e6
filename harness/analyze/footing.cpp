#include "analyze/footing.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <sstream>
#include <utility>

#include "analyze/validity.hpp"

namespace asyncbench::analyze {
namespace {

using result::Cell;
using result::Result;

constexpr const char* kUnknown = "unknown";

// What matters about the machine. Results of any version have the first three.
constexpr std::array kFacts = {"kernel", "cpu", "cpus"};
constexpr std::array kLaterFacts = {"machine",    "cpus_allowed", "smt",
                                    "hypervisor", "clock_source", "governor"};

// Settings that have no field in the stored plan.
constexpr std::array kOptions = {"threads", "verify", "requests", "urls", "cooldown"};
// Those that came later, with what held before.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kLaterOptions = {
    {{"slack", "0s"}, {"peer_threads", "1"}, {"peer_processes", "1"}}};
constexpr std::array kTurnOptions = {"turn", "rest", "rounds"};

constexpr std::array<std::string_view, 4> kBuildFacts = {"compiler", "compiler_flags", "build_type",
                                                         "optimized"};

std::string stored_option(const Result& result, std::string_view name,
                          std::string_view otherwise = kUnknown) {
  const result::Value* value = result::find(result.plan.options, name);
  return value == nullptr ? std::string(otherwise) : result::text_of(*value);
}

// Empty: it has no trials that count.
std::optional<bool> takes_turns(const Cell& cell) {
  const auto trials = cell.valid_trials();
  return trials.empty() ? std::nullopt : std::optional(trials.front()->turns.has_value());
}

// Of a fact that is a list, what only one of them has: mitigations fill lines.
std::string only_in(const result::Environment& one, const result::Environment& other,
                    std::string_view fact) {
  const auto list_of = [&](const result::Environment& environment) {
    const auto found = std::ranges::find(
        environment.facts, fact, [](const auto& pair) { return std::string_view(pair.first); });
    const auto* const list = found == environment.facts.end()
                                 ? nullptr
                                 : std::get_if<std::vector<std::string>>(&found->second);
    return list == nullptr ? std::vector<std::string>{} : *list;
  };
  std::vector<std::string> only = list_of(one);
  for (const std::string& entry : list_of(other)) std::erase(only, entry);
  return only.empty() ? "none" : fmt::format("{}", fmt::join(only, "; "));
}

class Check {
 public:
  Check(const Result& a, const Result& b) : a_(a), b_(b) {}

  void machine() {
    for (const char* fact : kFacts) differ(fact, fact_of(a_, fact), fact_of(b_, fact));
    for (const char* fact : kLaterFacts) {
      differ_where_known(fact, fact_of(a_, fact), fact_of(b_, fact));
    }
    const std::string one = fact_of(a_, "mitigations");
    const std::string other = fact_of(b_, "mitigations");
    if (one == kUnknown || other == kUnknown || one == other) return;
    differ("mitigations", only_in(a_.environment, b_.environment, "mitigations"),
           only_in(b_.environment, a_.environment, "mitigations"));
  }

  void plan(Peers peers) {
    const result::StoredPlan& a = a_.plan;
    const result::StoredPlan& b = b_.plan;
    differ("window_ns", std::to_string(a.window_ns), std::to_string(b.window_ns));
    differ("warm_up_ns", std::to_string(a.warm_up_ns), std::to_string(b.warm_up_ns));
    differ("cpu_idle", a.cpu_idle, b.cpu_idle);
    differ("subject_cpus", fmt::format("{}", a.subject_cpus), fmt::format("{}", b.subject_cpus));
    differ("peer_cpus", fmt::format("{}", a.peer_cpus), fmt::format("{}", b.peer_cpus));
    if (peers == Peers::alike) differ("peer_strategy", a.peer_strategy, b.peer_strategy);
    for (const char* option : kOptions)
      differ(option, stored_option(a_, option), stored_option(b_, option));
    for (const auto& [option, before] : kLaterOptions)
      differ(option, stored_option(a_, option, before), stored_option(b_, option, before));
  }

  void cells() {
    std::size_t in_turns_once = 0;
    bool in_turns = false;
    for (const Cell& cell : a_.cells) {
      const Cell* const other = b_.find_cell(cell.id);
      if (other == nullptr) continue;
      const std::string difference = account_difference(cell, *other);
      if (!difference.empty()) reasons.push_back(cell.id + ": " + difference);
      const auto one = takes_turns(cell);
      const auto two = takes_turns(*other);
      if (one && two && *one != *two) ++in_turns_once;
      in_turns |= one.value_or(false) && two.value_or(false);
    }
    if (in_turns_once > 0) {
      reasons.push_back(fmt::format("{} of {} cells: in turns and in whole windows", in_turns_once,
                                    a_.cells.size()));
    }
    if (!in_turns) return;
    for (const char* option : kTurnOptions) {
      differ_where_known(option, stored_option(a_, option), stored_option(b_, option));
    }
  }

  std::vector<std::string> reasons;

 private:
  static std::string fact_of(const Result& result, std::string_view fact) {
    const std::string text = result.environment.text_of(fact);
    return text.empty() ? kUnknown : text;
  }

  void differ(std::string_view what, const std::string& one, const std::string& other) {
    const auto shown = [](const std::string& text) { return text.empty() ? "none" : text; };
    if (one != other) {
      reasons.push_back(fmt::format("{}: {} and {}", what, shown(one), shown(other)));
    }
  }
  void differ_where_known(std::string_view what, const std::string& one, const std::string& other) {
    if (one != kUnknown && other != kUnknown) differ(what, one, other);
  }

  const Result& a_;
  const Result& b_;
};

std::string ingredient(const Ingredients& build, const std::string& name) {
  const auto found = build.find(name);
  return found == build.end() ? "" : found->second;
}

}  // namespace

std::vector<std::string> incomparable(const Result& a, const Result& b, Peers peers) {
  Check check(a, b);
  check.machine();
  check.plan(peers);
  check.cells();
  return std::move(check.reasons);
}

Ingredients ingredients_of(const result::Environment& environment) {
  Ingredients build = environment.libraries;
  for (const auto& [name, fact] : environment.facts) {
    const bool is_known = !std::holds_alternative<std::monostate>(fact);
    if (is_known && std::ranges::find(kBuildFacts, name) != kBuildFacts.end()) {
      build[name] = result::text_of(fact);
    }
  }
  return build;
}

Ingredients ingredients_of(std::string_view text) {
  Ingredients build;
  std::istringstream lines{std::string(text)};
  std::string line;
  if (!std::getline(lines, line) || !line.starts_with("asyncbench ")) return build;
  while (std::getline(lines, line)) {
    const std::size_t end = line.find(' ');
    const std::size_t begin = line.find_first_not_of(' ', end);
    const std::string name = line.substr(0, end);
    const std::string value = begin == std::string::npos ? "" : line.substr(begin);
    if (std::ranges::find(kBuildFacts, name) != kBuildFacts.end()) {
      build[name] = value;
    } else if (name == "libraries") {
      // "asio 1.26.0, boost 1.81.0"
      std::istringstream libraries(value);
      for (std::string library; std::getline(libraries >> std::ws, library, ',');) {
        const std::size_t space = library.rfind(' ');
        if (space != std::string::npos) build[library.substr(0, space)] = library.substr(space + 1);
      }
    }
  }
  return build;
}

std::vector<std::string> differences(const Ingredients& a, const Ingredients& b) {
  std::vector<std::string> found;
  for (const auto& [name, was] : a) {
    const auto is = b.find(name);
    if (is == b.end() || is->second == was) continue;
    found.push_back(fmt::format("{}: {} and {}", name, was, is->second));
  }
  return found;
}

std::optional<bool> is_optimized(const Ingredients& build) {
  if (const std::string said = ingredient(build, "optimized"); !said.empty()) return said == "true";
  // Older results have the flags alone; the last level holds.
  const std::string flags = ingredient(build, "compiler_flags");
  const std::string type = ingredient(build, "build_type");
  if (flags.empty() && type.empty()) return std::nullopt;
  bool optimized = false;
  std::istringstream words(flags);
  for (std::string word; words >> word;) {
    if (word.starts_with("-O")) optimized = word != "-O0";
  }
  return optimized;
}

std::string unoptimized_text(const Ingredients& build) {
  const std::string type = ingredient(build, "build_type");
  const std::string flags = ingredient(build, "compiler_flags");
  return fmt::format("not optimized (build_type {}, compiler_flags {})",
                     type.empty() ? "none" : type, flags.empty() ? "none" : flags);
}

std::vector<std::string> build_remarks(const Ingredients& before, const Ingredients& after) {
  std::vector<std::string> remarks;
  if (before.empty() != after.empty()) {
    remarks.push_back(fmt::format("the {} build does not say how it was made",
                                  before.empty() ? "first" : "second"));
  }
  for (const std::string& difference : differences(before, after)) {
    remarks.push_back("the builds differ in " + difference);
  }
  if (is_optimized(before) == false && is_optimized(after) == false) {
    remarks.push_back("both builds are " + unoptimized_text(after) +
                      ": an optimized build has other figures");
  } else if (is_optimized(before) == false) {
    remarks.push_back("the first build is " + unoptimized_text(before));
  } else if (is_optimized(after) == false) {
    remarks.push_back("the second build is " + unoptimized_text(after));
  }
  return remarks;
}

}  // namespace asyncbench::analyze
