#include "cli/measuring_options.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "cli/program_options.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::cli {
namespace {

using run::RunOptions;
using run::Setting;

// A parameter of some workload, as an option.
struct WorkOption {
  workloads::ParameterInfo info;
  std::vector<std::string> workloads;  // that have it
  std::string defaults;                // "0; 1ms in interference"
  std::string text;

  std::string name() const { return run::option_name(info.name); }
};

// One for each name: workloads that share a parameter mean the same by it. The workload that is
// measured has limits of its own, which hold when its cells are made.
std::vector<WorkOption> work_options() {
  std::vector<WorkOption> options;
  for (const workloads::Workload* workload : workloads::all_workloads()) {
    for (const workloads::ParameterInfo& info : workload->info().parameters) {
      auto option =
          std::ranges::find(options, info.name, [](const WorkOption& o) { return o.info.name; });
      if (option == options.end()) {
        option =
            options.insert(options.end(), {.info = info, .defaults = std::string(info.otherwise)});
      } else if (option->info.otherwise != info.otherwise) {
        option->defaults += fmt::format("; {} in {}", info.otherwise, workload->info().name);
      }
      option->info.least = std::min(option->info.least, info.least);
      option->info.most = std::max(option->info.most, info.most);
      option->workloads.emplace_back(workload->info().name);
    }
  }
  return options;
}

const char* type_of(workloads::ValueKind kind) {
  switch (kind) {
    using enum workloads::ValueKind;
    case count:
      return "N";
    case size:
      return "SIZE";
    case duration:
    case delay:
      return "TIME";
    case share:
      return "SHARE";
    case on_off:
      return "on|off";
    case arrivals:
    case choice:
    case sync:
      return "HOW";
  }
  return "HOW";
}

void define(App& app, std::vector<WorkOption>& options) {
  for (WorkOption& option : options) {
    std::string name = option.name();
    if (option.info.name == "connections") name += ",-c";
    std::string description{option.info.description};
    if (!option.info.choices.empty()) description += fmt::format(": {}", option.info.choices);
    add_value(app, name, option.text, type_of(option.info.kind), description)
        .default_str(option.defaults)
        .group(fmt::format("Parameters of {}", fmt::join(option.workloads, ", ")));
  }
}

void apply(const App& app, const std::vector<WorkOption>& options, RunOptions& run_options) {
  for (const WorkOption& option : options) {
    if (app.count(option.name()) == 0) continue;
    run_options.parameters[std::string{option.info.name}] =
        named(option.name(), [&] { return workloads::parse_values(option.info, option.text); });
  }
}

// A setting as an option: what was typed.
struct SettingOption {
  const Setting& setting;
  std::string text;
  std::vector<std::string> list;  // instead of the text, where it can have several values
  bool is_on = false;             // likewise, of a switch

  bool is_list() const {
    return std::holds_alternative<std::vector<std::string> run::Settings::*>(setting.member);
  }
};

// `decides`: the command measures until all is decided.
std::vector<SettingOption> setting_options(bool decides) {
  std::vector<SettingOption> options;
  for (const Setting& setting : run::all_settings()) {
    if (setting.from == Setting::From::plan) continue;
    if (setting.from == Setting::From::deciding && !decides) continue;
    options.push_back({.setting = setting});
  }
  return options;
}

void define(App& app, SettingOption& option, const run::Settings& defaults) {
  const Setting& setting = option.setting;
  if (setting.is_switch) {
    add_switch(app, setting.option_name(), option.is_on, std::string(setting.help)).group("What");
    return;
  }
  Option defined =
      option.is_list()
          ? app.add_option(setting.option_name(), option.list, std::string(setting.help))
          : app.add_option(setting.option_name(), option.text, std::string(setting.help));
  defined.type_name(std::string(setting.type));
  defined.group(setting.from == Setting::From::command_line ? "What" : "How");
  defined.default_str(setting.otherwise ? std::string(*setting.otherwise) : setting.text(defaults));
}

void apply(const App& app, const SettingOption& option, RunOptions& options) {
  run::GivenSettings& given = options.settings;
  const std::string name = option.setting.option_name();
  if (app.count(name) == 0) return;
  if (option.setting.is_switch) return given.read(option.setting, "on");
  if (option.setting.of_cell) {
    std::vector<std::string> values;
    named(name, [&] { values = run::values_of(option.setting, option.text); });
    if (values.size() > 1) {
      options.setting_lists[std::string{option.setting.name}] = values;
      return;
    }
  }
  if (option.is_list()) {
    given.set(std::get<std::vector<std::string> run::Settings::*>(option.setting.member),
              option.list);
    return;
  }
  named(name, [&] { given.read(option.setting, option.text); });
}

std::vector<std::string> read_urls(const std::string& path) {
  errno = 0;
  std::ifstream file(path);
  std::vector<std::string> urls;
  for (std::string line; std::getline(file, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (!line.empty() && line[0] != '#') urls.push_back(line);
  }
  if (!file.is_open() || file.bad()) {
    throw usage_error(fmt::format("--urls-from {}: {}", path, std::strerror(errno)),
                      "give a readable file with one URL a line");
  }
  if (urls.empty()) {
    throw usage_error(fmt::format("--urls-from {}: no URL in it", path),
                      "write one URL a line; lines that begin with # are skipped");
  }
  return urls;
}

// "asyncbench-search-TIME.json" in the current folder; the name of `run`, the usual command, is
// left out.
std::string default_out(std::string_view command, std::string_view time) {
  return command == "run" ? fmt::format("asyncbench-{}.json", time)
                          : fmt::format("asyncbench-{}-{}.json", command, time);
}

}  // namespace

// What was typed, before it is understood.
struct MeasuringOptions::Typed {
  std::string command;
  std::vector<WorkOption> work = work_options();
  std::vector<SettingOption> settings = setting_options(command == "run" || command == "versus");
  std::string strategies;
  std::vector<std::string> plugins;
  ProgramOptions programs;
  std::string urls_from;
  std::string out;
  bool force = false;
};

MeasuringOptions::MeasuringOptions(std::string command)
    : typed_(std::make_unique<Typed>(Typed{.command = std::move(command)})) {}
MeasuringOptions::~MeasuringOptions() = default;

std::vector<std::string> MeasuringOptions::plugins() const {
  std::vector<std::string> all = typed_->plugins;
  for (const programs::ProgramSpec& spec : typed_->programs.specs()) all.push_back(spec.text());
  return all;
}

void MeasuringOptions::define(App& app, const run::GivenSettings& defaults) {
  Typed& typed = *typed_;
  add_value(app, "--strategies,-s", typed.strategies, "A,B",
            "names, patterns (uring:*) or all; see asyncbench list")
      .default_str("all")
      .group("What");
  add_plugin_option(app, typed.plugins, "What");
  typed.programs.define(app);
  cli::define(app, typed.work);
  const run::Settings values = defaults.over({});
  for (SettingOption& option : typed.settings) {
    cli::define(app, option, values);
    if (option.setting.name != "urls") continue;
    add_value(app, "--urls-from", typed.urls_from, "FILE", "the same, one URL a line")
        .group("What");
  }
}

void MeasuringOptions::define_output(App& app, std::string_view content) {
  add_value(app, "--out,-o", typed_->out, "FILE", content)
      .default_str(default_out(typed_->command, "<UTC>"))
      .group("Output");
  add_switch(app, "--force", typed_->force, "overwrite FILE").group("Output");
}

void MeasuringOptions::apply(const App& app, const Arguments& arguments,
                             RunOptions& options) const {
  const Typed& typed = *typed_;
  options.command = {"asyncbench", typed.command};
  options.command.insert(options.command.end(), arguments.begin(), arguments.end());
  options.out_is_default = typed.out.empty();
  options.may_overwrite = typed.force;
  options.out = typed.out.empty()
                    ? default_out(typed.command,
                                  fmt::format("{:%Y%m%dT%H%M%SZ}", fmt::gmtime(std::time(nullptr))))
                    : typed.out;
  options.strategies = workloads::split_list(typed.strategies);
  cli::apply(app, typed.work, options);
  for (const SettingOption& option : typed.settings) cli::apply(app, option, options);
  std::vector<std::string> peers = {options.settings.over({}).peer_strategy};
  if (const auto list = options.setting_lists.find("peer_strategy");
      list != options.setting_lists.end()) {
    peers = list->second;
  }
  std::ranges::move(typed.programs.strategies(peers), std::back_inserter(options.strategies));
  if (typed.urls_from.empty()) return;
  std::vector<std::string> urls = options.settings.over({}).urls;
  for (std::string& url : read_urls(typed.urls_from)) urls.push_back(std::move(url));
  options.settings.set(&run::Settings::urls, std::move(urls));
}

void add_resume(App& app, std::string& resume, std::string_view what) {
  add_value(app, "--resume", resume, "FILE",
            fmt::format("go on with {} that was to write FILE", what))
      .group("Output");
}

void check_resume_alone(const App& app) {
  std::vector<std::string> given = app.parse_order();
  std::erase_if(given, [](const std::string& name) {
    constexpr std::array<std::string_view, 11> kOfNoPlan = {
        "--resume", "--json",  "--plugin", "--program", "--participant", "--program-args",
        "--target", "--notes", "--tables", "--fail-if", "--live"};
    return std::ranges::find(kOfNoPlan, name) != kOfNoPlan.end();
  });
  if (!given.empty()) {
    throw usage_error("--resume takes the plan from the journal",
                      "give no other option with it but --json, --plugin and what is printed");
  }
}

}  // namespace asyncbench::cli
