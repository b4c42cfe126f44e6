#include "workloads/definition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <set>
#include <utility>

namespace asyncbench::workloads {

namespace {

// A letter, then letters, digits and what `more` has.
bool is_name(std::string_view name, std::string_view more) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz";
  constexpr std::string_view kDigits = "0123456789";
  return !name.empty() && kLetters.find(name.front()) != std::string_view::npos &&
         std::ranges::all_of(name, [&](char c) {
           return kLetters.find(c) != std::string_view::npos ||
                  kDigits.find(c) != std::string_view::npos ||
                  more.find(c) != std::string_view::npos;
         });
}

std::string fault_of_choices(const ParameterInfo& info) {
  if (info.kind != ValueKind::choice) {
    return info.choices.empty() ? "" : "it has choices, and is of another kind than choice";
  }
  const std::vector<std::string_view> choices = split(info.choices, '|');
  const std::set<std::string_view> distinct(choices.begin(), choices.end());
  if (!distinct.contains("") && distinct.size() == choices.size()) return "";
  return fmt::format("its choices \"{}\" cannot be told apart; write them as one|other",
                     info.choices);
}

std::string fault_of(const ParameterInfo& info, std::span<const ParameterInfo> all) {
  if (std::ranges::count(all, info.name, &ParameterInfo::name) > 1) {
    return "it is there twice; give one of them another name";
  }
  if (info.description.empty()) return "it has no description, which --help shows";
  if (info.otherwise.empty()) {
    return "it has no default; say in `otherwise` what holds where no value is given";
  }
  if (info.least > info.most) {
    return fmt::format("its least value, {}, is above its most, {}", info.least, info.most);
  }
  // The rate of an open loop is found, and varied, under this name.
  if ((info.kind == ValueKind::arrivals) != (info.name == "arrivals")) {
    return "the parameter of the kind arrivals, and no other, is called arrivals";
  }
  if (std::string fault = fault_of_choices(info); !fault.empty()) return fault;
  if (!info.not_with.empty()) {
    const ParameterInfo* const other = find_parameter(all, info.not_with);
    if (other == nullptr || other->kind != ValueKind::on_off) {
      return fmt::format("not_with names {}, which is no parameter of the kind on_off",
                         info.not_with);
    }
  }
  try {
    parse_value(info, info.otherwise);
  } catch (const UsageError& error) {
    return fmt::format("its default cannot be: {}", error.what());
  }
  return "";
}

// What trials are planned by, with all parameters at their defaults.
std::string fault_of_roles(const Workload& workload) {
  const Work work{.parameters = Parameters(workload.info().parameters)};
  const std::vector<Role> roles = workload.roles(work);
  const bool ascend =
      std::ranges::adjacent_find(roles, std::ranges::greater_equal()) == roles.end();
  if (roles.empty() || roles.back() != Role::client || !ascend) {
    return "roles() are not those that take part, each once, in the order upstream, server, client";
  }
  if (std::ranges::find(roles, workload.subject(work.parameters)) == roles.end()) {
    return "subject() is none of its roles()";
  }
  for (const Role role : roles) {
    const Forms forms = workload.forms(role, work.parameters);
    if ((forms.operations - kTaskOps).is_empty()) {
      return fmt::format("forms() of the {} have no operation that does I/O or waits",
                         name_of(role));
    }
  }
  if (workload.in_flight(work.parameters) == 0) return "in_flight() is 0: there is no request";
  return "";
}

}  // namespace

std::string definition_fault(const Workload& workload) {
  const WorkloadInfo& info = workload.info();
  if (!is_name(info.name, "_-")) return "that is no name of a workload; use [a-z][a-z0-9_-]*";
  if (info.summary.empty()) return "it has no summary, which list shows";
  for (const ParameterInfo& parameter : info.parameters) {
    const std::string fault = is_name(parameter.name, "_")
                                  ? fault_of(parameter, info.parameters)
                                  : "that is no name of a parameter; use [a-z][a-z0-9_]*";
    if (!fault.empty()) return fmt::format("parameter {}: {}", parameter.name, fault);
  }
  try {
    return fault_of_roles(workload);
  } catch (const std::exception& error) {
    return fmt::format("with its defaults, {}", error.what());
  }
}

}  // namespace asyncbench::workloads
