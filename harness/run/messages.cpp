#include "run/messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

#include "result/convert.hpp"
#include "result/fields.hpp"

namespace asyncbench::run {
namespace {

using measure::Histogram;
using measure::Recording;
using nlohmann::json;

using result::describe;

// One list of fields for writing and for reading: `visit(name, member)` for each. Those of values
// that go into the result as well are the result's.
void describe(auto&& visit, auto& recording) requires
    std::is_same_v<std::remove_const_t<std::remove_reference_t<decltype(recording)>>, Recording> {
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
}

template <class T>
constexpr bool kMayBeAbsent = false;
template <class Optional>
constexpr bool kMayBeAbsent<result::OrAbsent<Optional>> = true;

template <class T>
concept Described = requires(T& value) {
  describe([](const char*, auto&&) {}, value);
};

json written(const Histogram& histogram) {
  if (histogram.empty()) return nullptr;
  return {{"hdr", histogram.encode()}, {"below", histogram.below()}, {"above", histogram.above()}};
}

Histogram read_histogram(const json& field) {
  if (field.is_null()) return {};
  return Histogram::decode(field.at("hdr").get<std::string>(),
                           field.at("below").get<std::uint64_t>(),
                           field.at("above").get<std::uint64_t>());
}

json written(const Recording::Slice& slice) {
  return {slice.completions, slice.service_time_sum_ns};
}

template <Described T>
json written(const T& value) {
  json fields = json::object();
  describe(
      [&](const char* name, const auto& member) {
        using Member = std::remove_cvref_t<decltype(member)>;
        if constexpr (std::is_same_v<Member, Histogram>) {
          fields[name] = written(member);
        } else if constexpr (std::is_same_v<Member, std::vector<Recording::Slice>>) {
          fields[name] = json::array();
          for (const Recording::Slice& slice : member) fields[name].push_back(written(slice));
        } else if constexpr (std::is_same_v<Member, std::optional<std::int64_t>>) {
          fields[name] = member ? json(*member) : json(nullptr);
        } else if constexpr (kMayBeAbsent<Member>) {
          if (member.value) fields[name] = *member.value;
        } else {
          fields[name] = member;
        }
      },
      value);
  return fields;
}

template <Described T>
T read(const json& fields) {
  T value;
  describe(
      [&](const char* name, auto&& member) {
        using Member = std::remove_cvref_t<decltype(member)>;
        if constexpr (kMayBeAbsent<Member>) {
          if (fields.contains(name)) fields.at(name).get_to(member.value.emplace());
        } else if constexpr (std::is_same_v<Member, Histogram>) {
          member = read_histogram(fields.at(name));
        } else if constexpr (std::is_same_v<Member, std::vector<Recording::Slice>>) {
          for (const json& slice : fields.at(name)) {
            member.push_back({.completions = slice.at(0).get<std::uint64_t>(),
                              .service_time_sum_ns = slice.at(1).get<std::uint64_t>()});
          }
        } else if constexpr (std::is_same_v<Member, std::optional<std::int64_t>>) {
          const json& field = fields.at(name);
          if (!field.is_null()) member = field.get<std::int64_t>();
        } else {
          fields.at(name).get_to(member);
        }
      },
      value);
  return value;
}

json written(const workloads::Address& address) {
  return {{"port", address.port}, {"path", address.path}};
}

workloads::Address read_address(const json& j) {
  return {.port = j.at("port").get<std::uint16_t>(), .path = j.at("path").get<std::string>()};
}

json written(const workloads::Work& work) {
  return {{"parameters", work.parameters.texts()},
          {"verify", workloads::to_text(work.verify)},
          {"urls", work.urls},
          {"allowed_hosts", work.allowed_hosts},
          {"folder", work.folder}};
}

workloads::Work read_work(const json& j, const workloads::Workload& workload) {
  workloads::Work work{.parameters = workloads::Parameters(workload.info().parameters)};
  for (const auto& [name, value] : j.at("parameters").items()) {
    work.parameters.set(name, value.get<std::string>());
  }
  work.verify = workloads::parse_verify(j.at("verify").get<std::string>());
  j.at("urls").get_to(work.urls);
  j.at("allowed_hosts").get_to(work.allowed_hosts);
  j.at("folder").get_to(work.folder);
  return work;
}

Role role_named(const std::string& name) {
  for (const Role role : {Role::upstream, Role::server, Role::client}) {
    if (workloads::name_of(role) == name) return role;
  }
  throw ProtocolError(fmt::format("unknown role \"{}\"", name));
}

constexpr std::array<std::string_view, 2> kProfilers = {"builtin", "perf"};
constexpr std::array<std::string_view, 3> kInstruments = {"samples", "calls", "waits"};

json written(const measure::ProfileOptions& options) {
  return {{"instruments", kInstruments.at(static_cast<std::size_t>(options.instruments))},
          {"profiler", kProfilers.at(static_cast<std::size_t>(options.profiler))},
          {"frequency_hz", options.frequency_hz}};
}

// Programs of before there were profiles do not send it.
std::optional<measure::ProfileOptions> read_profiling(const json& job) {
  const json profile = job.value("profile", json());
  if (profile.is_null()) return std::nullopt;
  measure::ProfileOptions options;
  const auto name = profile.at("profiler").get<std::string>();
  const auto known = std::ranges::find(kProfilers, name);
  if (known == kProfilers.end()) throw ProtocolError(fmt::format("unknown profiler \"{}\"", name));
  options.profiler = static_cast<measure::ProfilerKind>(known - kProfilers.begin());
  const auto instruments = profile.at("instruments").get<std::string>();
  const auto found = std::ranges::find(kInstruments, instruments);
  if (found == kInstruments.end()) {
    throw ProtocolError(fmt::format("unknown instruments \"{}\"", instruments));
  }
  options.instruments = static_cast<measure::Instruments>(found - kInstruments.begin());
  profile.at("frequency_hz").get_to(options.frequency_hz);
  return options;
}

// As the job names it: a duration's unit ends the name.
std::string name_in_job(const Setting& setting) {
  const bool is_duration = std::holds_alternative<Duration Settings::*>(setting.member);
  return fmt::format("{}{}", setting.name, is_duration ? "_ns" : "");
}

void write(const Settings& settings, json& job) {
  for (const Setting& setting : all_settings()) {
    if (!setting.in_job) continue;
    json& field = job[name_in_job(setting)];
    setting.visit(settings, Overloaded{[&](Duration value) { field = value.count(); },
                                       [&](const std::integral auto& value) { field = value; },
                                       [&](const auto&) { field = setting.text(settings); }});
  }
}

Settings read_settings(const json& job) {
  Settings settings;
  for (const Setting& setting : all_settings()) {
    // A runner that does not know a setting leaves it at its default.
    const auto field = setting.in_job ? job.find(name_in_job(setting)) : job.end();
    if (field == job.end()) continue;
    setting.visit(settings,
                  Overloaded{[&](Duration& value) { value = Duration{field->get<std::int64_t>()}; },
                             [&](std::integral auto& value) { field->get_to(value); },
                             [&](auto&) { setting.read(field->get<std::string>(), settings); }});
  }
  return settings;
}

json written(const order::Job& job) {
  json line = {{"type", "job"},
               {"protocol", kProtocolVersion},
               {"role", workloads::name_of(job.role)},
               {"workload", job.workload},
               {"strategy", job.strategy},
               {"work", written(job.work)},
               {"address", written(job.address)},
               {"cpus", job.cpus},
               {"window_expected_ns", job.window_expected.count()},
               {"count_syscalls", job.count_syscalls},
               {"profile", job.profile ? written(*job.profile) : json(nullptr)},
               {"parent", job.parent}};
  write(job.settings, line);
  return line;
}

order::Job read_job(const json& j) {
  if (j.at("protocol") != kProtocolVersion) {
    throw ProtocolError(fmt::format("this participant speaks version {} of the protocol, not {}",
                                    kProtocolVersion, j.at("protocol").dump()));
  }
  order::Job job;
  job.role = role_named(j.at("role").get<std::string>());
  j.at("workload").get_to(job.workload);
  const workloads::Workload* const workload = workloads::find_workload(job.workload);
  if (workload == nullptr) {
    throw ProtocolError(fmt::format("unknown workload \"{}\"", job.workload));
  }
  j.at("strategy").get_to(job.strategy);
  job.work = read_work(j.at("work"), *workload);
  job.address = read_address(j.at("address"));
  job.settings = read_settings(j);
  j.at("cpus").get_to(job.cpus);
  job.window_expected = Duration{j.at("window_expected_ns").get<std::int64_t>()};
  j.at("count_syscalls").get_to(job.count_syscalls);
  job.profile = read_profiling(j);
  j.at("parent").get_to(job.parent);
  return job;
}

json written(const std::vector<workloads::ItemOutcomes>& items) {
  json all = json::array();
  for (const auto& item : items) all.push_back({{"name", item.name}, {"outcomes", item.outcomes}});
  return all;
}

json written(const report::Record& record) {
  json lanes = json::array();
  for (const LaneReport& lane : record.lanes) lanes.push_back(written(lane));
  json series = json::object();
  for (const auto& [name, histogram] : record.series) series[name] = written(histogram);
  return {{"type", "record"},
          {"series", series},
          {"figures", record.figures},
          {"curves", record.curves},
          {"unreadable", record.unreadable},
          {"items", written(record.items)},
          {"recording", record.recording ? written(*record.recording) : json(nullptr)},
          {"server", record.server ? written(*record.server) : json(nullptr)},
          {"usage", written(record.usage)},
          {"lanes", lanes},
          {"profile", record.profile ? json(result::to_json(*record.profile)) : json(nullptr)},
          {"window_start_ns", record.window_start_ns},
          {"window_end_ns", record.window_end_ns},
          {"arrivals_due", record.arrivals_due},
          {"arrivals_before", record.arrivals_before},
          {"arrivals_a2", record.arrivals_a2 ? json(*record.arrivals_a2) : json(nullptr)},
          {"resources_back", record.resources_back},
          {"resources_missing", record.resources_missing}};
}

report::Record read_record(const json& j) {
  report::Record record;
  if (!j.at("recording").is_null()) record.recording = read<Recording>(j.at("recording"));
  if (!j.at("server").is_null()) record.server = read<measure::ServerTotals>(j.at("server"));
  record.usage = read<result::Usage>(j.at("usage"));
  for (const json& lane : j.at("lanes")) record.lanes.push_back(read<LaneReport>(lane));
  if (const json profile = j.value("profile", json()); !profile.is_null()) {
    record.profile = result::profile_from_json(profile);
  }
  for (const auto& [name, histogram] : j.at("series").items()) {
    record.series[name] = read_histogram(histogram);
  }
  j.at("figures").get_to(record.figures);
  j.at("curves").get_to(record.curves);
  j.at("unreadable").get_to(record.unreadable);
  for (const json& item : j.at("items")) {
    item.at("name").get_to(record.items.emplace_back().name);
    item.at("outcomes").get_to(record.items.back().outcomes);
  }
  j.at("window_start_ns").get_to(record.window_start_ns);
  j.at("window_end_ns").get_to(record.window_end_ns);
  j.at("arrivals_due").get_to(record.arrivals_due);
  j.at("arrivals_before").get_to(record.arrivals_before);
  // Earlier builds, which a gate may compare with, do not say it.
  if (const auto a2 = j.find("arrivals_a2"); a2 != j.end() && !a2->is_null()) {
    record.arrivals_a2 = a2->get<double>();
  }
  j.at("resources_back").get_to(record.resources_back);
  j.at("resources_missing").get_to(record.resources_missing);
  return record;
}

// Text of the environment (paths, messages) need not be UTF-8: it is replaced, not refused.
std::string dump(const json& value) {
  return value.dump(-1, ' ', false, json::error_handler_t::replace);
}

// Calls `read(type, json)`, whose exceptions become ProtocolError.
template <class Read>
auto parsed(std::string_view line, Read read) {
  constexpr std::size_t kShown = 200;
  try {
    const json j = json::parse(line);
    return read(j.at("type").template get<std::string>(), j);
  } catch (const ProtocolError&) {
    throw;
  } catch (const std::exception& error) {
    throw ProtocolError(
        fmt::format("not a line of the protocol: {}: {}", error.what(), line.substr(0, kShown)));
  }
}

}  // namespace

std::string to_line(const Order& order) {
  return dump(std::visit(
      Overloaded{[](const order::Job& job) { return written(job); },
                 [](const order::Go& go) {
                   json line = {{"type", "go"}, {"window_start_ns", go.window_start_ns}};
                   if (go.window_end_ns) line["window_end_ns"] = *go.window_end_ns;
                   return line;
                 },
                 [](const order::WindowEnd& end) {
                   return json{{"type", "window_end"}, {"window_end_ns", end.window_end_ns}};
                 },
                 [](const order::Stop&) {
                   return json{{"type", "stop"}};
                 }},
      order));
}

std::string to_line(const Report& report) {
  return dump(std::visit(
      Overloaded{[](const report::Listening& listening) {
                   return json{{"type", "listening"}, {"address", written(listening.address)}};
                 },
                 [](const report::Ready&) {
                   return json{{"type", "ready"}};
                 },
                 [](const report::WindowEnd& end) {
                   return json{{"type", "window_end"}, {"window_end_ns", end.window_end_ns}};
                 },
                 [](const report::Record& record) { return written(record); },
                 [](const report::Failed& failed) {
                   return json{{"type", "failed"}, {"reason", failed.reason}};
                 }},
      report));
}

Order order_from(std::string_view line) {
  return parsed(line, [](const std::string& type, const json& j) -> Order {
    if (type == "job") return read_job(j);
    if (type == "go") {
      order::Go go{.window_start_ns = j.at("window_start_ns").get<std::int64_t>()};
      if (j.contains("window_end_ns")) go.window_end_ns = j["window_end_ns"].get<std::int64_t>();
      return go;
    }
    if (type == "window_end") return order::WindowEnd{j.at("window_end_ns").get<std::int64_t>()};
    if (type == "stop") return order::Stop{};
    throw ProtocolError(fmt::format("unknown order \"{}\"", type));
  });
}

Report report_from(std::string_view line) {
  return parsed(line, [](const std::string& type, const json& j) -> Report {
    if (type == "listening") return report::Listening{read_address(j.at("address"))};
    if (type == "ready") return report::Ready{};
    if (type == "window_end") return report::WindowEnd{j.at("window_end_ns").get<std::int64_t>()};
    if (type == "record") return read_record(j);
    if (type == "failed") return report::Failed{j.at("reason").get<std::string>()};
    throw ProtocolError(fmt::format("unknown report \"{}\"", type));
  });
}

}  // namespace asyncbench::run
