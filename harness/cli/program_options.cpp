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

// "py=python3 client.py".
programs::ProgramSpec participant_spec(const std::string& given) {
  const std::size_t equals = given.find('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == given.size()) {
    throw usage_error(fmt::format("--participant {}: no name or no command", given),
                      "give both: --participant mine=\"./client --fast\"; a program file goes "
                      "with --program");
  }
  return {
      .name = given.substr(0, equals), .command = given.substr(equals + 1), .participant = true};
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
  return spec;
}

void ProgramOptions::define(App& app) {
  app.add_option("--program", given_,
                 "a server of yours beside the strategies: a program file (.toml), several with "
                 "commas, a command with {port} or {socket} in it, or contenders")
      .type_name("FILE|COMMAND")
      .allow_extra_args(false)
      .group("What");
  app.add_option("--participant", participants_,
                 "a client of yours beside the strategies, or another program that speaks the "
                 "participant protocol: its name and its command")
      .type_name("NAME=COMMAND")
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
  const auto add = [&](const char* option, programs::ProgramSpec spec) {
    const std::string name = named(option, [&] { return programs::Program(spec).info().name; });
    spec.name = name;
    for (int nth = 2; std::ranges::find(names, spec.name) != names.end(); ++nth) {
      spec.name = fmt::format("{}_{}", name, nth);
    }
    names.push_back(spec.name);
    specs.push_back(std::move(spec));
  };
  for (const std::string& given : given_) {
    for (const std::string& item : items_of(given)) {
      if (item == programs::kContenders) continue;
      const bool is_command = !is_program_file(item);
      has_command = has_command || is_command;
      add("--program",
          program_spec(is_command && !arguments_.empty() ? item + ' ' + arguments_ : item,
                       target_));
    }
  }
  for (const std::string& given : participants_) {
    add("--participant", participant_spec(given));
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
