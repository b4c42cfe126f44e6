#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "result/convert.hpp"
#include "result/fields.hpp"

namespace asyncbench::result {
namespace {

using Json = nlohmann::ordered_json;

struct Write : WriteContainers<Json, Write> {
  using WriteContainers<Json, Write>::operator();

  // Anything with described fields: an object.
  template <class T>
  Json operator()(const T& object) const requires std::is_class_v<T> {
    Json json = Json::object();
    describe([&](const char* name, const auto& member) { put(json, name, member); }, object);
    return json;
  }

  template <class T>
  Json operator()(T value) const requires std::is_arithmetic_v<T> {
    if constexpr (std::is_floating_point_v<T>) {
      if (!std::isfinite(value)) throw std::logic_error("a figure of the result is not finite");
    }
    return value;
  }

  template <class T>
  Json operator()(T value) const requires std::is_enum_v<T> {
    return kNamesOf<T>.at(static_cast<std::size_t>(value));
  }

  Json operator()(const std::string& text) const { return text; }

  template <class String>
  Json operator()(const OrNull<String>& field) const {
    return field.text.empty() ? Json() : Json(field.text);
  }

  template <class Map>
  Json operator()(const OneFigure<Map>& field) const {
    const auto found = field.figures.find(field.name);
    return found == field.figures.end() ? Json() : (*this)(found->second);
  }

  template <class Map>
  Json operator()(const OtherFigures<Map>& field) const {
    Json json = Json::object();
    for (const auto& [name, estimate] : field.figures) {
      if (std::ranges::find(kSummaryFields, name) == kSummaryFields.end()) {
        json[name] = (*this)(estimate);
      }
    }
    return json;
  }

  template <class... T>
  Json operator()(const std::variant<T...>& value) const {
    return std::visit(*this, value);
  }

  Json operator()(std::monostate) const { return {}; }

  Json operator()(const Values& values) const {
    Json json = Json::object();
    for (const auto& [name, value] : values) json[name] = (*this)(value);
    return json;
  }

  Json operator()(const Slice& slice) const {
    return Json::array({slice.completions, slice.service_time_sum_ns});
  }

  Json operator()(const Turn& turn) const {
    Json json =
        Json::array({turn.start_ns, turn.requests, turn.completions, turn.latencies,
                     turn.latency_sum_ns, (*this)(turn.subject_cpu_ns), (*this)(turn.peer_cpu_ns)});
    if (turn.canary_ns) json.push_back(*turn.canary_ns);
    return json;
  }

  Json operator()(const measure::Function& function) const {
    return Json::array({function.name, function.module});
  }

  Json operator()(const measure::CallTree::Node& node) const {
    return Json::array({node.parent, node.function, node.weight});
  }

  // [start, duration, task, thread, what it wanted next]
  Json operator()(const measure::Turn& turn) const {
    return Json::array({turn.start_ns, turn.end_ns - turn.start_ns, turn.task, turn.thread,
                        static_cast<unsigned>(turn.wanted)});
  }

  Json operator()(const measure::Absence& absence) const {
    return Json::array({absence.thread, absence.out_ns, absence.woken_ns - absence.out_ns,
                        absence.in_ns - absence.out_ns, absence.reason});
  }

  // {phase: {activity: ns}}, of those that took time.
  Json operator()(const measure::PhaseTimes& phases) const {
    Json json = Json::object();
    for (std::size_t i = 0; i < phases.size(); ++i) {
      for (std::size_t j = 0; j < phases[i].size(); ++j) {
        if (phases[i][j] == 0) continue;
        json[name_of(static_cast<measure::RequestPhase>(i))]
            [name_of(static_cast<measure::Activity>(j))] = phases[i][j];
      }
    }
    return json;
  }

  template <class T>
  Json operator()(const std::pair<T, T>& pair) const {
    return Json::array({(*this)(pair.first), (*this)(pair.second)});
  }

  // Outcomes that did not occur are left out.
  Json operator()(const std::array<std::uint64_t, kOutcomes>& outcomes) const {
    Json json = Json::object();
    for (std::size_t i = 0; i < kOutcomes; ++i) {
      if (outcomes[i] > 0) json[std::string(kOutcomeNames[i])] = outcomes[i];
    }
    return json;
  }

  Json operator()(const std::array<std::optional<bool>, kInvariants>& invariants) const {
    Json json = Json::object();
    for (std::size_t i = 0; i < kInvariants; ++i) {
      json[std::string(kInvariantNames[i])] = (*this)(invariants[i]);
    }
    return json;
  }

  // Facts stand directly in the environment, beside the two maps.
  Json operator()(const Environment& environment) const {
    Json json = Json::object();
    for (const auto& [name, fact] : environment.facts) json[name] = (*this)(fact);
    json["libraries"] = (*this)(environment.libraries);
    json["unreadable"] = (*this)(environment.unreadable);
    return json;
  }

 private:
  void put(Json& json, const char* name, const auto& member) const { json[name] = (*this)(member); }

  template <class Optional>
  void put(Json& json, const char* name, const OrAbsent<Optional>& field) const {
    if (field.value) json[name] = (*this)(*field.value);
  }
};

}  // namespace

Json to_json(const Result& result) { return Write{}(result); }
Json to_json(const Trial& trial) { return Write{}(trial); }
Json to_json(const measure::Profile& profile) { return Write{}(profile); }

}  // namespace asyncbench::result
