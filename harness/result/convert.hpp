// Between the structs and JSON values. Internal to this part.
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

// With `ignored`, unknown fields go there; without, they are errors. Throws FieldError.
Result result_from_json(const nlohmann::ordered_json& value, std::vector<std::string>* ignored);
Trial trial_from_json(const nlohmann::ordered_json& value, std::vector<std::string>* ignored);

}  // namespace asyncbench::result
