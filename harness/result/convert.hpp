// Between the structs and JSON values. For .cpp files of this part, and for those of others that
// carry such values.
#pragma once

#include <cstddef>
#include <nlohmann/json_fwd.hpp>
#include <stdexcept>
#include <string>
#include <vector>

#include "result/result.hpp"

namespace asyncbench::result {

// A value is not what the format says; json.cpp and journal.cpp add where it is in their text.
class FieldError : public std::runtime_error {
 public:
  FieldError(std::string path, const std::string& problem)
      : std::runtime_error(problem), path_(std::move(path)) {}
  const std::string& path() const { return path_; }  // "/cells/0/id"

 private:
  std::string path_;
};

nlohmann::ordered_json to_json(const Result& result);
nlohmann::ordered_json to_json(const Trial& trial);
nlohmann::ordered_json to_json(const measure::Profile& profile);

// Unknown fields go to `ignored`; where it is null, they are errors. Throws FieldError.
Result result_from_json(const nlohmann::ordered_json& value, std::vector<std::string>* ignored);
Trial trial_from_json(const nlohmann::ordered_json& value, std::vector<std::string>* ignored);

// Without unknown fields. Throws FieldError.
measure::Profile profile_from_json(const nlohmann::ordered_json& value);

}  // namespace asyncbench::result
