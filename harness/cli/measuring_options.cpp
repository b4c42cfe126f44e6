#include "cli/measuring_options.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <ctime>
#include <fstream>

#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "run/pinning.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::cli {
namespace {

using run::RunOptions;

// An option with one value, beside the parameters of the work. What was not given stays unset: the
// suite's value holds, else the default, which `otherwise` shows.
struct ValueOption {
  const char* name;
  const char* type;
  const char* otherwise;
  const char* description;
  void (*set)(RunOptions& options, const std::string& text);
};

constexpr std::array kTrialOptions = {
    ValueOption{"--verify", "HOW", "sample",
                "content of results: all, sample (first of a connection or file, every 64th), none",
                [](RunOptions& options, const std::string& text) {
                  options.verify = workloads::parse_verify(text);
                }},
    ValueOption{"--duration", "TIME", "3s", "window of a trial",
                [](RunOptions& options, const std::string& text) {
                  options.duration = workloads::parse_duration(text);
                }},
    ValueOption{"--warmup", "TIME", "1s", "before the window, not measured",
                [](RunOptions& options, const std::string& text) {
                  options.warmup = workloads::parse_duration(text);
                }},
    ValueOption{"--trials", "N", "6", "of each cell; 6 are the least for a 95 % interval",
                [](RunOptions& options, const std::string& text) {
                  options.trials = static_cast<unsigned>(
                      std::min<std::uint64_t>(workloads::parse_count(text), UINT32_MAX));
                }},
    ValueOption{"--seed", "N", "1", "of the order of trials and of random arrivals",
                [](RunOptions& options, const std::string& text) {
                  options.seed = workloads::parse_count(text);
                }},
    ValueOption{"--requests", "N", "", "end a window after N requests instead of --duration",
                [](RunOptions& options, const std::string& text) {
                  options.requests = workloads::parse_count(text);
                }},
    ValueOption{"--threads", "N", "1", "event loops of the subject; thread strategies ignore it",
                [](RunOptions& options, const std::string& text) {
                  options.threads = static_cast<unsigned>(
                      std::min<std::uint64_t>(workloads::parse_count(text), UINT32_MAX));
                }},
    ValueOption{"--grace", "TIME", "2s", "from the window's end to the hard stop",
                [](RunOptions& options, const std::string& text) {
                  options.grace = workloads::parse_duration(text);
                }},
    ValueOption{"--peer-strategy", "NAME", "uring, else asio", "of the other end, for all alike",
                [](RunOptions& options, const std::string& text) { options.peer_strategy = text; }},
    ValueOption{"--pin", "HOW", "auto", "CPUs: auto, none, or subject=1,peer=0 (1+2 for two)",
                [](RunOptions& options, const std::string& text) {
                  options.pin = run::parse_pinning(text);
                }},
    ValueOption{"--cpu-idle", "HOW", "auto",
                "poll: keep idle CPUs awake; default: leave them; auto: poll where permitted",
                [](RunOptions& options, const std::string& text) {
                  options.cpu_idle = run::parse_cpu_idle(text);
                }},
};

// A parameter of some workload, as an option.
struct WorkOption {
  workloads::ParameterInfo info;
  std::vector<std::string> workloads;  // that have it
  std::string text;

  std::string name() const { return option_name(info.name); }
};

// One for each name: workloads that share a parameter mean the same by it.
std::vector<WorkOption> work_options() {
  std::vector<WorkOption> options;
  for (const workloads::Workload* workload : workloads::all_workloads()) {
    for (const workloads::ParameterInfo& info : workload->info().parameters) {
      auto option =
          std::ranges::find(options, info.name, [](const WorkOption& o) { return o.info.name; });
      if (option == options.end()) option = options.insert(options.end(), {.info = info});
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

void define(CLI::App& app, std::vector<WorkOption>& options) {
  for (WorkOption& option : options) {
    std::string name = option.name();
    if (option.info.name == "connections") name += ",-c";
    std::string description{option.info.description};
    if (!option.info.choices.empty()) description += fmt::format(": {}", option.info.choices);
    add_value(app, name, option.text, type_of(option.info.kind), description)
        ->default_str(std::string{option.info.otherwise})
        ->group(fmt::format("Parameters of {}", fmt::join(option.workloads, ", ")));
  }
}

void apply(const CLI::App& app, const std::vector<WorkOption>& options, RunOptions& run_options) {
  for (const WorkOption& option : options) {
    if (app.count(option.name()) == 0) continue;
    try {
      workloads::expand_values(option.info, option.text);
    } catch (const run::UsageError& error) {
      // The option's name will stand before the text: it need not be said twice.
      std::string_view said = error.what();
      said.remove_prefix(option.info.name.size() + 2);
      throw run::UsageError(fmt::format("{}: {}", option.name(), said));
    }
    run_options.parameters[std::string{option.info.name}] = option.text;
  }
}

template <std::size_t kSize>
void define(CLI::App& app, const std::array<ValueOption, kSize>& options,
            std::array<std::string, kSize>& texts, const char* group) {
  for (std::size_t i = 0; i < kSize; ++i) {
    const ValueOption& option = options[i];
    add_value(app, option.name, texts[i], option.type, option.description)
        ->default_str(option.otherwise)
        ->group(group);
  }
}

template <std::size_t kSize>
void apply(const CLI::App& app, const std::array<ValueOption, kSize>& options,
           const std::array<std::string, kSize>& texts, RunOptions& run_options) {
  for (std::size_t i = 0; i < kSize; ++i) {
    const std::string name(
        std::string_view(options[i].name).substr(0, std::strcspn(options[i].name, ",")));
    if (app.count(name) == 0) continue;
    try {
      options[i].set(run_options, texts[i]);
    } catch (const run::UsageError& error) {
      throw run::UsageError(fmt::format("{}: {}", name, error.what()));
    }
  }
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

}  // namespace

// What was typed, before it is understood.
struct MeasuringOptions::Typed {
  std::vector<WorkOption> work = work_options();
  std::array<std::string, kTrialOptions.size()> trial;
  std::string strategies;
  std::vector<std::string> plugins;
  std::vector<std::string> urls;
  std::string urls_from;
  std::vector<std::string> allowed_hosts;
  std::string folder;
};

MeasuringOptions::MeasuringOptions() : typed_(std::make_unique<Typed>()) {}
MeasuringOptions::~MeasuringOptions() = default;

const std::vector<std::string>& MeasuringOptions::plugins() const { return typed_->plugins; }

void MeasuringOptions::define(CLI::App& app, const TrialDefaults& defaults) {
  Typed& typed = *typed_;
  add_value(app, "--strategies,-s", typed.strategies, "A,B",
            "names, patterns (uring:*) or all; see asyncbench list")
      ->default_str("all")
      ->group("What");
  add_plugin_option(app, typed.plugins, "What");
  cli::define(app, typed.work);
  app.add_option("--url", typed.urls, "real servers instead of the embedded origin")
      ->type_name("URL...")
      ->group("What");
  add_value(app, "--urls-from", typed.urls_from, "FILE", "the same, one URL a line")->group("What");
  app.add_option("--allow-remote", typed.allowed_hosts,
                 "a host beyond loopback that URLs may name: load it only if it is yours")
      ->type_name("HOST...")
      ->group("What");
  add_value(app, "--folder", typed.folder, "PATH", "where files are made, and removed after")
      ->default_str("the current folder")
      ->group("What");
  cli::define(app, kTrialOptions, typed.trial, "How");
  app.get_option("--duration")->default_str(defaults.duration);
  app.get_option("--warmup")->default_str(defaults.warmup);
}

void MeasuringOptions::apply(const CLI::App& app, RunOptions& options) const {
  const Typed& typed = *typed_;
  options.strategies = workloads::split_list(typed.strategies);
  cli::apply(app, typed.work, options);
  cli::apply(app, kTrialOptions, typed.trial, options);
  options.urls = typed.urls;
  if (!typed.urls_from.empty()) {
    for (std::string& url : read_urls(typed.urls_from)) options.urls.push_back(std::move(url));
  }
  options.allowed_hosts = typed.allowed_hosts;
  options.folder = typed.folder;
}

void check_resume_alone(const CLI::App& app) {
  const auto given = app.parse_order().size();
  if (given > app.count("--resume") + app.count("--json") + app.count("--plugin")) {
    throw usage_error("--resume takes the plan from the journal",
                      "give no other option with it but --json and --plugin");
  }
}

std::string option_name(std::string_view parameter) {
  std::string name = fmt::format("--{}", parameter);
  std::ranges::replace(name, '_', '-');
  return name;
}

std::string default_out(std::string_view kind) {
  return fmt::format("asyncbench-{}{:%Y%m%dT%H%M%SZ}.json", kind, fmt::gmtime(std::time(nullptr)));
}

}  // namespace asyncbench::cli
