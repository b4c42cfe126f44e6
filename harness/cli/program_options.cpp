#include "cli/program_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "cli/measuring_options.hpp"
#include "cli/parse.hpp"
#include "programs/contenders.hpp"
#include "workloads/values.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFile = ".toml";

// "a.toml,b.toml" are two; a command is one, whatever is in it.
std::vector<std::string> items_of(const std::string& given) {
  std::vector<std::string> items = workloads::split_list(given);
  const auto is_one = [](const std::string& item) {
    return is_program_file(item) || item == programs::kContenders;
  };
  return std::ranges::all_of(items, is_one) ? items : std::vector{given};
}

}  // namespace

bool is_program_file(const std::string& given) { return given.ends_with(kFile); }

programs::ProgramSpec program_spec(const std::string& given, const std::string& target) {
  programs::ProgramSpec spec;
  if (is_program_file(given)) {
    spec.file = std::filesystem::absolute(given).string();
  } else {
    spec.command = given;
    spec.target = target;
  }
  spec.name = programs::Program(spec).info().name;
  return spec;
}

void ProgramOptions::define(App& app) {
  app.add_option("--program", given_,
                 "a server of yours beside the strategies: a program file (.toml), several with "
                 "commas, a command with {port} in it, or contenders")
      .type_name("FILE|COMMAND")
      .allow_extra_args(false)
      .group("What");
  add_value(app, "--program-args", arguments_, "TEXT", "arguments of such a command").group("What");
  add_value(app, "--target", target_, "PATH",
            "what a command's server is asked for; without it /bytes/N, as the embedded origin")
      .group("What");
}

std::vector<programs::ProgramSpec> ProgramOptions::specs() const {
  std::vector<programs::ProgramSpec> specs;
  std::vector<std::string> names;
  bool has_command = false;
  for (const std::string& given : given_) {
    for (const std::string& item : items_of(given)) {
      if (item == programs::kContenders) continue;
      const bool is_command = !is_program_file(item);
      has_command = has_command || is_command;
      const std::string whole = is_command && !arguments_.empty() ? item + ' ' + arguments_ : item;
      programs::ProgramSpec spec = named("--program", [&] { return program_spec(whole, target_); });
      const std::string name = spec.name;
      for (int nth = 2; std::ranges::find(names, spec.name) != names.end(); ++nth) {
        spec.name = fmt::format("{}_{}", name, nth);
      }
      names.push_back(spec.name);
      specs.push_back(std::move(spec));
    }
  }
  if (!has_command && (!target_.empty() || !arguments_.empty())) {
    throw usage_error(
        target_.empty() ? "--program-args without a command" : "--target without a command",
        "give --program COMMAND, or write it into the program file");
  }
  return specs;
}

std::vector<std::string> ProgramOptions::strategies(const std::vector<std::string>& peers) const {
  std::vector<std::string> names;
  for (const std::string& given : given_) {
    const std::vector<std::string> items = items_of(given);
    if (std::ranges::find(items, programs::kContenders) != items.end()) {
      names.emplace_back(programs::kContenders);
    }
  }
  for (const programs::ProgramSpec& spec : specs()) {
    if (std::ranges::find(peers, spec.name) == peers.end()) names.push_back(spec.name);
  }
  return names;
}

}  // namespace asyncbench::cli
