#include "result/json.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "result/convert.hpp"
#include "result/strict_json.hpp"

namespace asyncbench::result {
namespace {

using Json = nlohmann::ordered_json;

std::string compact(const Json& json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// One field a line, but lists and objects without structure inside on one line: a person can read
// it, and a diff of two results shows fields.
void render(const Json& json, std::size_t indent, std::string& out) {
  const bool flat = std::ranges::none_of(json, [](const Json& v) { return v.is_structured(); });
  const bool rows = json.is_array() && std::ranges::all_of(json, [](const Json& v) {
                      return v.is_array() && (v.size() == 2 || v.size() == 3 || v.size() == 5);
                    });
  if (!json.is_structured() || flat || rows) {
    out += compact(json);
    return;
  }
  out += json.is_object() ? "{\n" : "[\n";
  bool first = true;
  for (const auto& [name, value] : json.items()) {
    if (!std::exchange(first, false)) out += ",\n";
    out.append(indent + 1, ' ');
    if (json.is_object()) out += compact(name) + ": ";
    render(value, indent + 1, out);
  }
  out += '\n';
  out.append(indent, ' ');
  out += json.is_object() ? '}' : ']';
}

// The version decides what else may be in the file, so it is read before everything else.
bool may_have_unknown_fields(const Json& json) {
  const Schema ours;
  const auto schema = json.is_object() ? json.find("schema") : json.end();
  if (!json.is_object() || schema == json.end() || !schema->is_object() ||
      schema->value("name", Json()) != ours.name) {
    throw FieldError("/schema",
                     fmt::format("is not \"{}\": not a result of asyncbench", ours.name));
  }
  const Json major = schema->value("major", Json());
  const Json minor = schema->value("minor", Json());
  if (!major.is_number_unsigned() || !minor.is_number_unsigned()) {
    throw FieldError("/schema", "has no major and minor version");
  }
  if (major != ours.major) {
    throw FieldError(
        "/schema/major",
        fmt::format("is {}, made by {} asyncbench; this one reads version {}", major.dump(),
                    major > ours.major ? "a newer" : "an older", ours.major));
  }
  return minor > ours.minor;
}

}  // namespace

std::string serialize(const Result& result) {
  std::string text;
  render(to_json(result), 0, text);
  text += '\n';
  return text;
}

Parsed parse(std::string_view text) {
  const Json json = parse_strict(text);
  Parsed parsed;
  try {
    const bool lenient = may_have_unknown_fields(json);
    parsed.result = result_from_json(json, lenient ? &parsed.ignored : nullptr);
  } catch (const FieldError& error) {
    const std::size_t offset = offset_of(text, error.path());
    throw FormatError(fmt::format("byte {}: {} {}", offset,
                                  error.path().empty() ? "the file" : error.path(), error.what()),
                      offset);
  }
  return parsed;
}

}  // namespace asyncbench::result
