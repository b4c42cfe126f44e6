#include "report/profile_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>

#include "analyze/profile.hpp"
#include "report/location_json.hpp"
#include "report/protobuf.hpp"
#include "result/gzip.hpp"

namespace asyncbench::report {
namespace {

using analyze::CellProfile;
using measure::CallTree;
using measure::Function;

constexpr double kPicoseconds = 1e3;  // in a nanosecond

// CPU per request of one sample.
double ns_of_a_sample(const CellProfile& profile) {
  return profile.requests == 0 ? 0 : profile.sample_ns / static_cast<double>(profile.requests);
}

std::string shown(const Function& function) {
  if (function.name.empty()) {
    return function.module.starts_with('[') ? function.module : '[' + function.module + ']';
  }
  return function.name;
}

std::string folded_frame(const Function& function) {
  std::string name = shown(function);
  // A semicolon would end the frame.
  std::ranges::replace(name, ';', ':');
  if (analyze::is_kernel(function.module)) name += "_[k]";
  return name;
}

// Samples by folded stack.
std::map<std::string, std::uint64_t> folded_stacks(const CallTree& tree) {
  std::map<std::string, std::uint64_t> stacks;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    if (tree.nodes[i].weight == 0) continue;
    std::string stack;
    for (const std::uint64_t function : tree.stack_of(i)) {
      if (!stack.empty()) stack += ';';
      stack += folded_frame(tree.functions[function]);
    }
    stacks[stack] += tree.nodes[i].weight;
  }
  return stacks;
}

long long picoseconds(std::uint64_t samples, const CellProfile& profile) {
  return std::llround(static_cast<double>(samples) * ns_of_a_sample(profile) * kPicoseconds);
}

// Texts by index, the first of them empty as the format demands.
class StringTable {
 public:
  std::uint64_t index_of(const std::string& text) {
    const auto [known, is_new] = indices_.try_emplace(text, texts_.size());
    if (is_new) texts_.push_back(text);
    return known->second;
  }
  const std::vector<std::string>& texts() const { return texts_; }

 private:
  std::vector<std::string> texts_{""};
  std::map<std::string, std::uint64_t> indices_{{"", 0}};
};

// The fields' numbers are those of profile.proto.
class Pprof {
 public:
  std::string write(const result::Cell& cell) {
    const CellProfile profile = analyze::profile_of(cell);
    const CallTree tree = analyze::stacks_of(cell);
    for (const auto& [type, unit] : kTypes) profile_.message(1, value_type(type, unit));
    mapping(profile.program);  // the first is what pprof calls the file
    for (const Function& function : tree.functions) mapping(function.module);
    for (std::size_t i = 0; i < tree.functions.size(); ++i) function(tree.functions[i], i + 1);
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) sample(tree, i, profile);
    profile_.integer(10, static_cast<std::uint64_t>(profile.window_ns));
    profile_.message(11, value_type("cpu", "nanoseconds"));
    profile_.integer(12, static_cast<std::uint64_t>(std::llround(profile.sample_ns)));
    profile_.integer(13, strings_.index_of(cell.id));  // a comment
    profile_.integer(14, strings_.index_of(kTypes.back().first));
    for (const std::string& text : strings_.texts()) profile_.text(6, text);
    return result::gzipped(profile_.bytes());
  }

 private:
  static constexpr std::array<std::pair<const char*, const char*>, 3> kTypes = {{
      {"samples", "count"},
      {"cpu", "nanoseconds"},
      {"cpu_per_1000_requests", "nanoseconds"},
  }};

  ProtobufMessage value_type(const std::string& type, const std::string& unit) {
    ProtobufMessage message;
    message.integer(1, strings_.index_of(type));
    message.integer(2, strings_.index_of(unit));
    return message;
  }

  void mapping(const std::string& module) {
    const auto [known, is_new] = mappings_.try_emplace(module, mappings_.size() + 1);
    if (!is_new) return;
    ProtobufMessage mapping;
    mapping.integer(1, known->second);
    mapping.integer(5, strings_.index_of(module));
    mapping.integer(7, 1);  // its functions are known: pprof need not look for the file
    profile_.message(3, mapping);
  }

  // Every function is one location: the lines in it were not kept.
  void function(const Function& function, std::uint64_t id) {
    ProtobufMessage line;
    line.integer(1, id);
    ProtobufMessage location;
    location.integer(1, id);
    location.integer(2, mappings_.at(function.module));
    location.message(4, line);
    profile_.message(4, location);
    ProtobufMessage message;
    message.integer(1, id);
    message.integer(2, strings_.index_of(shown(function)));
    message.integer(4, strings_.index_of(function.module));
    profile_.message(5, message);
  }

  void sample(const CallTree& tree, std::size_t node, const CellProfile& profile) {
    const std::uint64_t samples = tree.nodes[node].weight;
    if (samples == 0) return;
    std::vector<std::uint64_t> stack = tree.stack_of(node);
    std::ranges::reverse(stack);  // the leaf first
    for (std::uint64_t& function : stack) ++function;
    const double ns = static_cast<double>(samples) * profile.sample_ns;
    const double per_1000 = static_cast<double>(samples) * ns_of_a_sample(profile) * 1000;
    ProtobufMessage message;
    message.packed(1, stack);
    message.packed(2, std::array{samples, static_cast<std::uint64_t>(std::llround(ns)),
                                 static_cast<std::uint64_t>(std::llround(per_1000))});
    profile_.message(2, message);
  }

  ProtobufMessage profile_;
  StringTable strings_;
  std::map<std::string, std::uint64_t> mappings_;  // by module
};

}  // namespace

bool has_stacks(const result::Cell& cell) { return analyze::profile_of(cell).all.samples > 0; }

std::string folded(const result::Cell& cell) {
  const CellProfile profile = analyze::profile_of(cell);
  std::string text;
  for (const auto& [stack, samples] : folded_stacks(analyze::stacks_of(cell))) {
    text += fmt::format("{} {}\n", stack, picoseconds(samples, profile));
  }
  return text;
}

std::string folded_difference(const result::Cell& before, const result::Cell& after) {
  std::map<std::string, std::array<long long, 2>> stacks;
  for (const auto& [index, cell] : {std::pair{0, &before}, std::pair{1, &after}}) {
    const CellProfile profile = analyze::profile_of(*cell);
    for (const auto& [stack, samples] : folded_stacks(analyze::stacks_of(*cell))) {
      stacks[stack].at(static_cast<std::size_t>(index)) = picoseconds(samples, profile);
    }
  }
  std::string text;
  for (const auto& [stack, both] : stacks) {
    text += fmt::format("{} {} {}\n", stack, both[0], both[1]);
  }
  return text;
}

std::string speedscope(const std::vector<const result::Cell*>& cells) {
  std::map<Function, std::size_t> indices;
  Json frames = Json::array();
  Json profiles = Json::array();
  for (const result::Cell* cell : cells) {
    const CellProfile profile = analyze::profile_of(*cell);
    if (profile.all.samples == 0) continue;
    const CallTree tree = analyze::stacks_of(*cell);
    Json samples = Json::array();
    Json weights = Json::array();
    for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
      if (tree.nodes[i].weight == 0) continue;
      Json& stack = samples.emplace_back(Json::array());
      for (const std::uint64_t index : tree.stack_of(i)) {
        const Function& function = tree.functions[index];
        const auto [known, is_new] = indices.try_emplace(function, frames.size());
        if (is_new) frames.push_back({{"name", shown(function)}, {"file", function.module}});
        stack.push_back(known->second);
      }
      weights.push_back(static_cast<double>(tree.nodes[i].weight) * ns_of_a_sample(profile));
    }
    profiles.push_back({{"type", "sampled"},
                        {"name", fmt::format("{}: CPU of a request", cell->id)},
                        {"unit", "nanoseconds"},
                        {"startValue", 0},
                        {"endValue", profile.all.ns},
                        {"samples", std::move(samples)},
                        {"weights", std::move(weights)}});
  }
  const Json file = {{"$schema", "https://www.speedscope.app/file-format-schema.json"},
                     {"shared", {{"frames", std::move(frames)}}},
                     {"profiles", std::move(profiles)},
                     {"name", "asyncbench"},
                     {"activeProfileIndex", 0},
                     {"exporter", "asyncbench"}};
  return file.dump(-1, ' ', false, Json::error_handler_t::replace) + '\n';
}

std::string pprof(const result::Cell& cell) { return Pprof().write(cell); }

}  // namespace asyncbench::report
