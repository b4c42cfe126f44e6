#include "workloads/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "core/op.hpp"

namespace asyncbench::workloads {
namespace {

std::string limits_text(const ParameterInfo& info) {
  if (info.kind == ValueKind::duration) {
    return fmt::format("a duration of at least {}", to_text(Duration{info.least}));
  }
  if (info.most == ParameterInfo{}.most) return fmt::format("at least {}", info.least);
  return fmt::format("between {} and {}", info.least, info.most);
}

// `text` is what was written for the value.
ParameterValue within(const ParameterInfo& info, ParameterValue value, std::string_view text) {
  std::uint64_t number = info.least;
  if (const auto* count = std::get_if<std::uint64_t>(&value)) number = *count;
  if (const auto* duration = std::get_if<Duration>(&value)) {
    number = static_cast<std::uint64_t>(duration->count());
  }
  if (number < info.least || number > info.most) refuse_value(text, limits_text(info));
  return value;
}

// Runs `read`, whose UsageError gets the parameter's name.
template <class Read>
auto named(std::string_view name, Read read) {
  try {
    return read();
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", name, error.what()));
  }
}

std::size_t index_of(std::span<const ParameterInfo> infos, std::string_view name) {
  const auto found = std::ranges::find(infos, name, &ParameterInfo::name);
  if (found != infos.end()) return static_cast<std::size_t>(found - infos.begin());
  std::vector<std::string_view> names;
  for (const ParameterInfo& info : infos) names.push_back(info.name);
  throw UsageError(fmt::format("no parameter {} here; there are {}", name, fmt::join(names, ", ")));
}

}  // namespace

std::string canonical_text(const ParameterValue& value) {
  return std::visit(
      Overloaded{[](std::uint64_t number) { return std::to_string(number); },
                 [](double share) { return share_text(share); },
                 [](bool is_on) { return std::string(is_on ? "on" : "off"); },
                 [](const load::ArrivalSpec& arrivals) { return arrivals.to_string(); },
                 [](const std::string& text) { return text; },
                 [](const auto& other) { return to_text(other); }},
      value);
}

ParameterValue parse_value(const ParameterInfo& info, std::string_view text) {
  switch (info.kind) {
    case ValueKind::count:
      return within(info, parse_count(text), text);
    case ValueKind::size:
      return within(info, parse_size(text), text);
    case ValueKind::duration:
      return within(info, parse_duration(text), text);
    case ValueKind::delay:
      return parse_delay(text);
    case ValueKind::share:
      return parse_share(text);
    case ValueKind::on_off:
      return parse_switch(text);
    case ValueKind::arrivals:
      return parse_arrivals(text);
    case ValueKind::sync:
      return parse_sync(text);
    case ValueKind::choice:
      break;
  }
  const auto choices = split(info.choices, '|');
  if (std::ranges::find(choices, text) == choices.end()) {
    refuse_value(text, fmt::format("one of {}", fmt::join(choices, ", ")));
  }
  return std::string(text);
}

std::vector<ParameterValue> parse_values(const ParameterInfo& info, std::string_view text) {
  std::vector<ParameterValue> values;
  if (info.kind == ValueKind::count || info.kind == ValueKind::size) {
    const auto parse = info.kind == ValueKind::count ? parse_count : parse_size;
    for (const std::uint64_t value : parse_numbers(text, parse)) {
      values.push_back(within(info, value, std::to_string(value)));
    }
  } else {
    for (const std::string_view item : split(text, ',')) values.push_back(parse_value(info, item));
  }
  return values;
}

Parameters::Parameters(std::span<const ParameterInfo> infos) : infos_(infos) {
  for (const ParameterInfo& info : infos) values_.push_back(parse_value(info, info.otherwise));
}

void Parameters::set(std::string_view name, std::string_view text) {
  const std::size_t index = index_of(infos_, name);
  values_[index] = named(name, [&] { return parse_value(infos_[index], text); });
}

void Parameters::put(std::string_view name, ParameterValue value) {
  const std::size_t index = index_of(infos_, name);
  if (value.index() != values_[index].index()) {
    throw std::logic_error("a value of another kind for " + std::string(name));
  }
  values_[index] = named(name, [&] { return within(infos_[index], value, canonical_text(value)); });
}

bool Parameters::has(std::string_view name) const {
  return find_parameter(infos_, name) != nullptr;
}

const ParameterValue& Parameters::value(std::string_view name) const {
  const ParameterInfo* const info = find_parameter(infos_, name);
  if (info == nullptr) throw std::logic_error("no such parameter: " + std::string(name));
  return values_[static_cast<std::size_t>(info - infos_.data())];
}

std::map<std::string, std::string> Parameters::texts() const {
  std::map<std::string, std::string> texts;
  for (const ParameterInfo& info : infos_) texts.emplace(info.name, text(info.name));
  return texts;
}

const ParameterInfo* find_parameter(std::span<const ParameterInfo> infos, std::string_view name) {
  const auto found = std::ranges::find(infos, name, &ParameterInfo::name);
  return found == infos.end() ? nullptr : &*found;
}

}  // namespace asyncbench::workloads
