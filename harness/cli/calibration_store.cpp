#include "cli/calibration_store.hpp"

#include <sys/utsname.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "measure/environment.hpp"

namespace asyncbench::cli {

using Json = nlohmann::ordered_json;

namespace {

// What a calibration is of: kernel and CPU, as results name them.
Json machine() {
  Json facts = Json::object();
  for (const auto& [name, fact] : measure::read_environment().facts) {
    if (name != "kernel" && name != "cpu" && name != "cpus") continue;
    std::visit(
        [&, &key = name](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
            facts[key] = nullptr;
          } else {
            facts[key] = value;
          }
        },
        fact);
  }
  return facts;
}

analyze::Calibration from_json(const Json& document) {
  analyze::Calibration calibration{.gates = document.at("gates"),
                                   .false_alarms = document.at("false_alarms"),
                                   .inconclusive = document.at("inconclusive"),
                                   .invalid = document.at("invalid")};
  for (const Json& spread : document.at("spreads")) {
    const auto figure =
        std::ranges::find(analyze::figures(), spread.at("figure").get_ref<const std::string&>(),
                          &analyze::Figure::name);
    if (figure == analyze::figures().end()) continue;
    calibration.spreads.push_back({.cell = spread.at("cell"),
                                   .figure = figure->name,
                                   .deviation = spread.at("deviation"),
                                   .pairs = spread.at("pairs")});
  }
  return calibration;
}

}  // namespace

std::filesystem::path calibration_path() {
  if (const char* state = std::getenv("XDG_STATE_HOME"); state && *state == '/') {
    return std::filesystem::path(state) / "asyncbench/calibration.json";
  }
  const char* const home = std::getenv("HOME");
  if (home == nullptr || *home == '\0') return {};
  return std::filesystem::path(home) / ".local/state/asyncbench/calibration.json";
}

std::optional<analyze::Calibration> stored_calibration() {
  std::ifstream file(calibration_path());
  if (!file) return std::nullopt;
  try {
    const Json document = Json::parse(file);
    if (document.at("schema").at("name") != "asyncbench-calibration" ||
        document.at("schema").at("major") != 1 || document.at("machine") != machine()) {
      return std::nullopt;
    }
    return from_json(document);
  } catch (const Json::exception&) {
    return std::nullopt;
  }
}

std::string calibration_json(const analyze::Calibration& calibration) {
  Json spreads = Json::array();
  for (const analyze::Spread& spread : calibration.spreads) {
    spreads.push_back({{"cell", spread.cell},
                       {"figure", spread.figure},
                       {"deviation", spread.deviation},
                       {"pairs", spread.pairs}});
  }
  const Json document{{"schema", {{"name", "asyncbench-calibration"}, {"major", 1}, {"minor", 0}}},
                      {"machine", machine()},
                      {"gates", calibration.gates},
                      {"false_alarms", calibration.false_alarms},
                      {"false_alarm_bound", calibration.false_alarm_bound()},
                      {"inconclusive", calibration.inconclusive},
                      {"invalid", calibration.invalid},
                      {"spreads", spreads}};
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace asyncbench::cli
