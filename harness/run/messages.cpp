#include "run/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <nlohmann/json.hpp>

#include "result/convert.hpp"
#include "result/fields.hpp"
#include "result/ranges.hpp"
#include "workloads/all_workloads.hpp"

// The names that lines have for these values.
namespace asyncbench::result {
template <>
inline constexpr std::array<std::string_view, 3> kNamesOf<workloads::Role> = {"upstream", "server",
                                                                              "client"};
template <>
inline constexpr std::array<std::string_view, 3> kNamesOf<workloads::Verify> = {"all", "sample",
                                                                                "none"};
template <>
inline constexpr std::array<std::string_view, 2> kNamesOf<measure::ProfilerKind> = {"builtin",
                                                                                    "perf"};
template <>
inline constexpr std::array<std::string_view, 3> kNamesOf<measure::Instruments> = {
    "samples", "calls", "waits"};
}  // namespace asyncbench::result

namespace asyncbench::run {
namespace {

using measure::Histogram;
using measure::Recording;
using nlohmann::json;
using result::describe;
using result::Is;
using result::OrAbsent;

// The fields of each message and of what it holds, once, for writing and for reading:
// visit(name, member). Those of values that go into the result as well are the result's.

void describe(auto&& visit, Is<Recording> auto& recording) {
  visit("ended", recording.ended);
  visit("begun", recording.begun);
  visit("attempts", recording.attempts);
  visit("censored", recording.censored);
  visit("not_started", recording.not_started);
  visit("in_flight_max", recording.in_flight_max);
  visit("body_bytes", recording.body_bytes);
  visit("answered", recording.answered);
  visit("answered_body_bytes", recording.answered_body_bytes);
  visit("time_in_flight_ns", recording.time_in_flight_ns);
  visit("time_in_turns_ns", recording.time_in_turns_ns);
  visit("service_time", recording.service_time);
  visit("response_time", recording.response_time);
  visit("failed_time", recording.failed_time);
  visit("connect_time", recording.connect_time);
  visit("time_to_first_byte", recording.time_to_first_byte);
  visit("start_lag", recording.start_lag);
  visit("censored_service", recording.censored_service);
  visit("censored_response", recording.censored_response);
  visit("slices", recording.slices);
  visit("coarse", recording.coarse);
  visit("without_latency", recording.without_latency);
  visit("turns", recording.turns);
  visit("failures", recording.failures);
}

void describe(auto&& visit, Is<measure::Turns> auto& turns) {
  visit("begins_ns", turns.begins_ns);
  visit("length_ns", turns.length);
  visit("rest_ns", turns.rest);
  visit("lead_in_ns", turns.lead_in);
  visit("warm_up", turns.warm_up);
}

void describe(auto&& visit, Is<workloads::Address> auto& address) {
  visit("port", address.port);
  visit("path", address.path);
  visit("target", OrAbsent{address.target});
  visit("certificate", OrAbsent{address.certificate});
}

void describe(auto&& visit, Is<workloads::Trust> auto& trust) {
  visit("ca_file", trust.ca_file);
  visit("verifies", trust.verifies);
}

void describe(auto&& visit, Is<workloads::ClientPart> auto& part) {
  visit("index", part.part.index);
  visit("of", part.part.of);
  visit("schedule_begins_ns", part.schedule_begins_ns);
}

void describe(auto&& visit, Is<workloads::Work> auto& work) {
  visit("parameters", work.parameters);
  visit("verify", work.verify);
  visit("urls", work.urls);
  visit("allowed_hosts", work.allowed_hosts);
  visit("trust", OrAbsent{work.trust});
  visit("folder", work.folder);
}

void describe(auto&& visit, Is<measure::ProfileOptions> auto& options) {
  visit("instruments", options.instruments);
  visit("profiler", options.profiler);
  visit("frequency_hz", options.frequency_hz);
}

// A job also has the protocol's version and the settings: see written().
void describe(auto&& visit, Is<order::Job> auto& job) {
  visit("role", job.role);
  visit("workload", job.workload);
  visit("strategy", job.strategy);
  visit("work", job.work);
  visit("address", job.address);
  visit("part", OrAbsent{job.part});
  visit("cpus", job.cpus);
  visit("window_expected_ns", job.window_expected);
  visit("turns", job.turns);
  visit("count_syscalls", job.count_syscalls);
  visit("live", job.live);
  visit("profile", job.profile);
  visit("parent", job.parent);
}

void describe(auto&& visit, Is<order::Go> auto& go) {
  visit("window_start_ns", go.window.start_ns);
  visit("window_end_ns", OrAbsent{go.window.end_ns});
  visit("turns", OrAbsent{go.window.turns});
}

void describe(auto&& visit, Is<order::WindowEnd> auto& end) {
  visit("window_end_ns", end.window_end_ns);
}

void describe(auto&& /*visit*/, Is<order::Stop> auto& /*stop*/) {}

void describe(auto&& visit, Is<report::Listening> auto& listening) {
  visit("address", listening.address);
}

void describe(auto&& visit, Is<report::Ready> auto& ready) {
  visit("turns", OrAbsent{ready.turns});
}

void describe(auto&& visit, Is<report::WindowEnd> auto& end) {
  visit("window_end_ns", end.window_end_ns);
}

void describe(auto&& visit, Is<report::Progress> auto& progress) {
  visit("active_ns", progress.active);
  visit("ok", progress.ok);
  visit("failed", progress.failed);
  visit("p50_ns", progress.p50_ns);
  visit("p99_ns", progress.p99_ns);
}

void describe(auto&& visit, Is<report::Record> auto& record) {
  visit("recording", record.recording);
  visit("server", record.server);
  visit("series", record.series);
  visit("figures", record.figures);
  visit("curves", record.curves);
  visit("unreadable", record.unreadable);
  visit("items", record.items);
  visit("usage", record.usage);
  visit("turns_cpu_ns", record.turns_cpu_ns);
  visit("lanes", record.lanes);
  visit("profile", record.profile);
  visit("window_start_ns", record.window_start_ns);
  visit("window_end_ns", record.window_end_ns);
  visit("arrivals_due", record.arrivals_due);
  visit("arrivals_before", record.arrivals_before);
  visit("arrivals_a2", record.arrivals_a2);
  visit("resources_back", record.resources_back);
  visit("resources_missing", record.resources_missing);
  visit("records", OrAbsent{record.records});
}

void describe(auto&& visit, Is<report::Failed> auto& failed) {
  visit("reason", failed.reason);
  visit("failures", OrAbsent{failed.failures});
}

template <class Message>
constexpr std::string_view kTypeOf = "";
template <>
constexpr std::string_view kTypeOf<order::Job> = "job";
template <>
constexpr std::string_view kTypeOf<order::Go> = "go";
template <>
constexpr std::string_view kTypeOf<order::WindowEnd> = "window_end";
template <>
constexpr std::string_view kTypeOf<order::Stop> = "stop";
template <>
constexpr std::string_view kTypeOf<report::Listening> = "listening";
template <>
constexpr std::string_view kTypeOf<report::Ready> = "ready";
template <>
constexpr std::string_view kTypeOf<report::WindowEnd> = "window_end";
template <>
constexpr std::string_view kTypeOf<report::Progress> = "progress";
template <>
constexpr std::string_view kTypeOf<report::Record> = "record";
template <>
constexpr std::string_view kTypeOf<report::Failed> = "failed";

template <class T>
concept Described = requires(T& value) {
  describe([](const char*, auto&&) {}, value);
};

struct Write : result::WriteContainers<json, Write> {
  using WriteContainers<json, Write>::operator();

  template <class T>
  json operator()(const T& value) const {
    if constexpr (Described<const T>) {
      json fields = json::object();
      describe([&](const char* name, const auto& member) { put(fields, name, member); }, value);
      return fields;
    } else if constexpr (std::is_enum_v<T>) {
      return result::kNamesOf<T>.at(static_cast<std::size_t>(value));
    } else {
      return value;
    }
  }
  json operator()(Duration value) const { return value.count(); }
  json operator()(const workloads::Parameters& value) const { return value.texts(); }
  json operator()(const measure::Profile& value) const { return result::to_json(value); }
  json operator()(const Recording::Slice& value) const {
    return {value.completions, value.service_time_sum_ns};
  }
  json operator()(const Recording::TurnCounts& value) const {
    return {value.requests, value.completions, value.latencies, value.latency_sum_ns,
            value.overran};
  }
  json operator()(const Histogram& value) const {
    if (value.empty()) return nullptr;
    return {{"hdr", value.encode()}, {"below", value.below()}, {"above", value.above()}};
  }

 private:
  void put(json& fields, const char* name, const auto& member) const {
    fields[name] = (*this)(member);
  }
  template <class Optional>
  void put(json& fields, const char* name, const OrAbsent<Optional>& member) const {
    if (member.value) fields[name] = (*this)(*member.value);
  }
};

struct Read {
  template <class T>
  void operator()(const json& field, T& value) const {
    if constexpr (Described<T>) {
      describe([&](const char* name, auto&& member) { take(field, name, member); }, value);
    } else if constexpr (std::is_enum_v<T>) {
      constexpr auto& names = result::kNamesOf<T>;
      const auto found = std::ranges::find(names, field.get_ref<const std::string&>());
      if (found == names.end()) {
        throw ProtocolError(
            fmt::format("unknown {}: there are {}", field.dump(), fmt::join(names, ", ")));
      }
      value = static_cast<T>(found - names.begin());
    } else {
      field.get_to(value);
    }
  }
  // A conversion would turn what does not fit into another number.
  template <std::integral T>
  void operator()(const json& field, T& value) const requires(!std::same_as<T, bool>) {
    const bool fits = field.is_number_unsigned() ? std::in_range<T>(field.get<std::uint64_t>())
                                                 : std::in_range<T>(field.get<std::int64_t>());
    if (!field.is_number_integer() || !fits) {
      throw ProtocolError(fmt::format("{} is not a number that fits here", field.dump()));
    }
    field.get_to(value);
  }
  void operator()(const json& field, Duration& value) const {
    std::int64_t ns = 0;
    (*this)(field, ns);
    value = Duration{ns};
  }
  void operator()(const json& field, workloads::Parameters& value) const {
    for (const auto& [name, text] : field.items()) value.set(name, text.get<std::string>());
  }
  void operator()(const json& field, measure::Profile& value) const {
    value = result::profile_from_json(field);
  }
  void operator()(const json& field, Recording::Slice& value) const {
    (*this)(field.at(0), value.completions);
    (*this)(field.at(1), value.service_time_sum_ns);
  }
  void operator()(const json& field, Recording::TurnCounts& value) const {
    (*this)(field.at(0), value.requests);
    (*this)(field.at(1), value.completions);
    (*this)(field.at(2), value.latencies);
    (*this)(field.at(3), value.latency_sum_ns);
    (*this)(field.at(4), value.overran);
  }
  void operator()(const json& field, Histogram& value) const {
    if (field.is_null()) return;
    value = Histogram::decode(field.at("hdr").get<std::string>(),
                              field.at("below").get<std::uint64_t>(),
                              field.at("above").get<std::uint64_t>());
  }
  template <class T>
  void operator()(const json& field, std::optional<T>& value) const {
    if (!field.is_null()) (*this)(field, value.emplace());
  }
  template <class T>
  void operator()(const json& field, std::vector<T>& list) const {
    for (const json& one : field) (*this)(one, list.emplace_back());
  }
  template <class T>
  void operator()(const json& field, std::map<std::string, T>& map) const {
    for (const auto& [name, value] : field.items()) {
      (*this)(value, map[name]);
      check(name, map[name]);
    }
  }

 private:
  // What is a number must be one that its name can have.
  static void check(std::string_view name, const auto& value) {
    if constexpr (std::is_arithmetic_v<std::remove_cvref_t<decltype(value)>>) {
      const result::Range range = result::range_of(name);
      if (range.has(static_cast<double>(value))) return;
      throw ProtocolError(
          fmt::format("{}: {} is not between {:g} and {:g}", name, value, range.least, range.most));
    }
  }
  void take(const json& fields, const char* name, auto& member) const {
    (*this)(fields.at(name), member);
    check(name, member);
  }
  // Older builds, which a gate may compare with, do not know every optional field, nor say what
  // failed.
  void take(const json& fields, const char* name, std::vector<measure::FailureCount>& list) const {
    if (const auto field = fields.find(name); field != fields.end()) (*this)(*field, list);
  }
  template <class T>
  void take(const json& fields, const char* name, std::optional<T>& member) const {
    if (const auto field = fields.find(name); field != fields.end()) (*this)(*field, member);
    if (member) check(name, *member);
  }
  template <class Optional>
  void take(const json& fields, const char* name, OrAbsent<Optional>& member) const {
    take(fields, name, member.value);
  }
};

// The job's name for a setting: a duration's unit ends it.
std::string name_in_job(const Setting& setting) {
  const bool is_duration = std::holds_alternative<Duration Settings::*>(setting.member);
  return fmt::format("{}{}", setting.name, is_duration ? "_ns" : "");
}

json written(const auto& message) { return Write{}(message); }

json written(const order::Job& job) {
  json fields = Write{}(job);
  fields["protocol"] = kProtocolVersion;
  for (const Setting& setting : all_settings()) {
    if (!setting.in_job) continue;
    json& field = fields[name_in_job(setting)];
    setting.visit(job.settings,
                  Overloaded{[&](Duration value) { field = value.count(); },
                             [&](const std::integral auto& value) { field = value; },
                             [&](const auto&) { field = setting.text(job.settings); }});
  }
  return fields;
}

void read(const json& fields, auto& message) { Read{}(fields, message); }

void read(const json& fields, order::Job& job) {
  if (fields.at("protocol") != kProtocolVersion) {
    throw ProtocolError(fmt::format("this participant speaks version {} of the protocol, not {}",
                                    kProtocolVersion, fields.at("protocol").dump()));
  }
  const auto name = fields.at("workload").get<std::string>();
  const workloads::Workload* const workload = workloads::find_workload(name);
  if (workload == nullptr) throw ProtocolError(fmt::format("unknown workload \"{}\"", name));
  job.work.parameters = workloads::Parameters(workload->info().parameters);
  Read{}(fields, job);
  if (job.part && job.part->part.index >= job.part->part.of) {
    throw ProtocolError(
        fmt::format("part {} of {} is none", job.part->part.index, job.part->part.of));
  }
  for (const Setting& setting : all_settings()) {
    // A runner that does not know a setting leaves it at its default.
    const auto field = setting.in_job ? fields.find(name_in_job(setting)) : fields.end();
    if (field == fields.end()) continue;
    setting.visit(
        job.settings,
        Overloaded{[&](Duration& value) { Read{}(*field, value); },
                   [&](std::integral auto& value) { Read{}(*field, value); },
                   [&](auto&) { setting.read(field->get<std::string>(), job.settings); }});
  }
  check_ranges(job.settings);
}

// Text of the environment (paths, messages) need not be UTF-8: it is replaced, not refused.
template <class Message>
std::string line_of(const Message& message) {
  json line = written(message);
  line["type"] = kTypeOf<Message>;
  return line.dump(-1, ' ', false, json::error_handler_t::replace);
}

// The message of one of these types that the line holds.
template <class... Messages>
void find_message(const json& line, std::variant<Messages...>& found) {
  const auto type = line.at("type").get<std::string>();
  const bool known =
      ((type == kTypeOf<Messages> && (read(line, found.template emplace<Messages>()), true)) ||
       ...);
  if (!known) throw ProtocolError(fmt::format("unknown type \"{}\"", type));
}

// The message of the line, which `complete` may add to before it is read.
template <class Variant, class Complete>
Variant message_from(std::string_view line, Complete complete) {
  constexpr std::size_t kShown = 200;
  try {
    Variant message;
    json fields = json::parse(line);
    complete(fields);
    find_message(fields, message);
    return message;
  } catch (const ProtocolError&) {
    throw;
  } catch (const std::exception& error) {
    throw ProtocolError(
        fmt::format("not a line of the protocol: {}: {}", error.what(), line.substr(0, kShown)));
  }
}

}  // namespace

std::string to_line(const Order& order) {
  return std::visit([](const auto& message) { return line_of(message); }, order);
}

std::string to_line(const Report& report) {
  return std::visit([](const auto& message) { return line_of(message); }, report);
}

Order order_from(std::string_view line) {
  return message_from<Order>(line, [](json& /*fields*/) {});
}
Report report_from(std::string_view line) {
  return message_from<Report>(line, [](json& /*fields*/) {});
}

Report report_of_program(std::string_view line) {
  return message_from<Report>(line, [](json& fields) {
    if (fields.at("type") != kTypeOf<report::Record>) return;
    json whole = written(report::Record{});
    whole.update(fields);
    fields = std::move(whole);
  });
}

}  // namespace asyncbench::run
