// What the documents of comparisons and gates share. For .cpp files.
#pragma once

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "analyze/paired.hpp"
#include "result/result.hpp"

namespace asyncbench::report {

using Json = nlohmann::ordered_json;

inline Json schema_json(const char* name, int minor = 0) {
  return {{"name", name}, {"major", 1}, {"minor", minor}};
}

// JSON has no infinity: an open end is null, as a missing value is.
inline Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }
inline Json finite(const std::optional<double>& value) {
  return value ? finite(*value) : Json(nullptr);
}

// As ratios, exp of a location of logarithms: `of` is std::exp, or the identity when it is one.
inline Json ratio_json(const analyze::Location& location, double (*of)(double)) {
  return {{"estimate", finite(of(location.estimate))},
          {"low", std::isfinite(location.low) ? finite(of(location.low)) : Json(nullptr)},
          {"high", std::isfinite(location.high) ? finite(of(location.high)) : Json(nullptr)}};
}

inline Json notes_json(const std::vector<result::Note>& notes) {
  Json all = Json::array();
  for (const result::Note& note : notes) {
    all.push_back({{"code", note.code}, {"detail", note.detail}});
  }
  return all;
}

// Foreign names may hold any bytes.
inline std::string text_of(const Json& document) {
  return document.dump(1, ' ', false, Json::error_handler_t::replace) + '\n';
}

}  // namespace asyncbench::report
