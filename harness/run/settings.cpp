#include "run/settings.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "core/op.hpp"
#include "workloads/names.hpp"
#include "workloads/parameters.hpp"

namespace asyncbench::run {
namespace {

using workloads::refuse_value;
using workloads::to_text;
using workloads::unknown_name;
using From = Setting::From;

// A run has a record for each, and a plan holds them all.
constexpr std::uint64_t kMostTrials = 100'000;
constexpr std::uint64_t kMostThreads = 1024;
constexpr std::uint64_t kLongest = 30ULL * 24 * 3600 * 1'000'000'000;  // 30 days

// Help shows them in this order.
constexpr std::array kSettings = {
    Setting{.name = "verify",
            .member = &Settings::verify,
            .type = "HOW",
            .help = "content of results: all, sample (first of a connection or file, every 64th), "
                    "none (a foreign server's replies may differ in length, too)"},
    Setting{.name = "duration",
            .member = &Settings::duration,
            .type = "TIME",
            .help = "window of a trial; of turns half a second at most, without --rounds",
            .has_field = true,
            .least = 1,
            .most = kLongest},
    Setting{.name = "stages",
            .member = &Settings::stages,
            .from = From::deciding,
            .type = "TIME:N,...",
            .help = "rates of an open loop that change: 10s:1000,20s:1000..5000 is 10 s at 1000 a "
                    "second, then 20 s up to 5000; poisson, or as --arrivals says; without turns",
            .otherwise = "",
            .in_job = true},
    Setting{.name = "warmup",
            .member = &Settings::warmup,
            .type = "TIME",
            .help = "before the window, not measured",
            .has_field = true,
            .most = kLongest},
    Setting{.name = "cooldown",
            .member = &Settings::cooldown,
            .type = "TIME",
            .help =
                "idle before each trial, so that sockets in TIME_WAIT and the CPU's heat do not "
                "carry over",
            .most = kLongest},
    Setting{.name = "trials",
            .member = &Settings::trials,
            .type = "N",
            .help = "of each cell; 6 are the least for a 95 % interval",
            .has_field = true,
            .least = 1,
            .most = kMostTrials},
    Setting{.name = "turns",
            .member = &Settings::turns,
            .type = "on|off",
            .help = "let all cells of one point take turns, or measure one trial after the other"},
    Setting{.name = "turn",
            .member = &Settings::turn,
            .type = "TIME",
            .help = "length of a turn",
            .otherwise = "by the work, 50ms or more",
            .most = kLongest},
    Setting{.name = "rest",
            .member = &Settings::rest,
            .type = "TIME",
            .help = "after each turn, in which requests in flight end",
            .otherwise = "by the work, 10ms or more",
            .most = kLongest},
    Setting{.name = "rounds",
            .member = &Settings::rounds,
            .type = "N",
            .help = "turns of each cell in a trial, beside one to warm up",
            .otherwise = "half a second of turns, at least 4",
            .most = kMostTrials},
    Setting{.name = "relevant",
            .member = &Settings::relevant,
            .from = From::deciding,
            .type = "SHARE",
            .help = "the smallest difference worth a decision"},
    Setting{.name = "budget",
            .member = &Settings::budget,
            .from = From::deciding,
            .type = "TIME",
            .help = "measure what is undecided on, up to so long in all; 0: --trials are all",
            .otherwise = "10m, without --trials",
            .most = kLongest},
    Setting{.name = "against",
            .member = &Settings::against,
            .from = From::deciding,
            .type = "NAME",
            .help = "the strategy that others are compared with",
            .otherwise = "thread_per_connection"},
    Setting{.name = "seed",
            .member = &Settings::seed,
            .type = "N",
            .help = "of the order of trials and of random arrivals",
            .has_field = true,
            .in_job = true,
            .most = std::numeric_limits<std::uint64_t>::max()},
    Setting{.name = "requests",
            .member = &Settings::requests,
            .type = "N",
            .help = "end a window after N requests instead of --duration; 10 min at most",
            .otherwise = "",
            .in_job = true},
    Setting{.name = "threads",
            .member = &Settings::threads,
            .type = "N",
            .help = "event loops of the subject, which thread strategies ignore; several are swept",
            .in_job = true,
            .of_cell = true,
            .least = 1,
            .most = kMostThreads},
    Setting{.name = "peer_threads",
            .member = &Settings::peer_threads,
            .type = "N",
            .help = "event loops of the other end, for all alike; several are swept",
            .of_cell = true,
            .least = 1,
            .most = kMostThreads},
    Setting{.name = "peer_processes",
            .member = &Settings::peer_processes,
            .type = "N",
            .help =
                "clients of a server under test, which share its connections, or the rate of an "
                "open loop; several numbers are swept",
            .of_cell = true,
            .least = 1,
            .most = kMostThreads},
    Setting{.name = "slack",
            .member = &Settings::slack,
            .type = "TIME",
            .help = "how late timers and deadlines may be, so that several share a wake-up",
            .otherwise = "0: as punctual as the strategy can be",
            .in_job = true,
            .most = kLongest},
    Setting{.name = "grace",
            .member = &Settings::grace,
            .type = "TIME",
            .help = "from the window's end to the hard stop",
            .has_field = true,
            .in_job = true,
            .most = kLongest},
    Setting{.name = "peer_strategy",
            .member = &Settings::peer_strategy,
            .type = "NAME",
            .help = "of the other end; each of several makes points of its own",
            .otherwise = "uring, else asio",
            .has_field = true,
            .of_cell = true},
    Setting{.name = "pin",
            .member = &Settings::pin,
            .type = "HOW",
            .help =
                "CPUs: auto (as many as a side has threads), none, or subject=1,peer=0 (1+2 for "
                "two)",
            .has_field = true},
    Setting{.name = "cpu_idle",
            .member = &Settings::cpu_idle,
            .type = "HOW",
            .help = "poll: keep idle CPUs awake; default: leave them; auto: poll where permitted",
            .has_field = true,
            .of_cell = true},
    Setting{.name = "plugins", .member = &Settings::plugins, .from = From::plan, .separator = '\n'},
    Setting{.name = "urls",
            .member = &Settings::urls,
            .from = From::command_line,
            .type = "URL...",
            .help = "real servers instead of the embedded origin",
            .option = "--url",
            .separator = ' '},
    Setting{.name = "allowed_hosts",
            .member = &Settings::allowed_hosts,
            .from = From::command_line,
            .type = "HOST...",
            .help = "a host beyond loopback that URLs may name: load it only if it is yours",
            .option = "--allow-remote"},
    Setting{.name = "ca",
            .member = &Settings::ca,
            .from = From::command_line,
            .type = "FILE",
            .help = "certificates in PEM that servers by https are trusted by, or a server's own",
            .otherwise = "the system's"},
    Setting{.name = "insecure",
            .member = &Settings::insecure,
            .from = From::command_line,
            .help = "trust any certificate of servers by https, of any host",
            .is_switch = true},
    Setting{.name = "folder",
            .member = &Settings::folder,
            .from = From::command_line,
            .type = "PATH",
            .help = "where files are made, and removed after",
            .otherwise = "the current folder"},
};

constexpr std::array<std::string_view, 3> kCpuIdleNames = {"auto", "poll", "default"};

// How the text of each type of value is read.
struct Reader {
  std::string_view text;
  char separator;

  void operator()(Duration& value) const { value = workloads::parse_duration(text); }
  void operator()(std::uint64_t& value) const { value = workloads::parse_count(text); }
  // What does not fit is beyond every row's range.
  void operator()(unsigned& value) const {
    value = static_cast<unsigned>(std::min<std::uint64_t>(workloads::parse_count(text),
                                                          std::numeric_limits<unsigned>::max()));
  }
  void operator()(bool& value) const { value = workloads::parse_switch(text); }
  void operator()(Share& value) const { value.value = workloads::parse_share(text); }
  void operator()(std::string& value) const { value = text; }
  void operator()(std::vector<std::string>& value) const {
    value = workloads::split_list(text, separator);
  }
  void operator()(Pinning& value) const { value = parse_pinning(text); }
  void operator()(CpuIdle& value) const {
    const auto found = std::ranges::find(kCpuIdleNames, text);
    if (found == kCpuIdleNames.end()) refuse_value(text, "auto, poll or default");
    value = static_cast<CpuIdle>(found - kCpuIdleNames.begin());
  }
  void operator()(workloads::Verify& value) const { value = workloads::parse_verify(text); }
  void operator()(load::Stages& value) const { value = workloads::parse_stages(text); }
};

// How each type of value is printed.
struct Printer {
  char separator;

  std::string operator()(const Duration& value) const { return to_text(value); }
  std::string operator()(std::uint64_t value) const { return std::to_string(value); }
  std::string operator()(unsigned value) const { return std::to_string(value); }
  std::string operator()(bool value) const { return value ? "on" : "off"; }
  std::string operator()(Share value) const { return fmt::format("{:g}%", value.value * 100); }
  std::string operator()(const std::string& value) const { return value; }
  std::string operator()(const std::vector<std::string>& value) const {
    return fmt::format("{}", fmt::join(value, std::string_view(&separator, 1)));
  }
  std::string operator()(const Pinning& value) const { return run::to_text(value); }
  std::string operator()(CpuIdle value) const {
    return std::string(kCpuIdleNames.at(static_cast<std::size_t>(value)));
  }
  std::string operator()(workloads::Verify value) const { return to_text(value); }
  std::string operator()(const load::Stages& value) const { return to_text(value); }
};

}  // namespace

std::span<const Setting> all_settings() { return kSettings; }

const Setting* find_setting(std::string_view name) {
  const auto found = std::ranges::find(kSettings, name, &Setting::name);
  return found == kSettings.end() ? nullptr : &*found;
}

std::vector<std::string> values_of(const Setting& setting, std::string_view text) {
  std::vector<std::string> values;
  if (std::holds_alternative<unsigned Settings::*>(setting.member)) {
    constexpr workloads::ParameterInfo kCount{.name = "", .kind = workloads::ValueKind::count};
    for (const workloads::ParameterValue& value : workloads::parse_values(kCount, text)) {
      values.push_back(std::to_string(std::get<std::uint64_t>(value)));
    }
  } else {
    values = workloads::split_list(text);
  }
  for (const std::string& value : values) {
    Settings with;
    setting.read(value, with);
  }
  return values;
}

void check_ranges(const Settings& settings) {
  for (const Setting& setting : kSettings) {
    const auto check = [&](auto value, const auto& text) {
      if (std::cmp_greater_equal(value, setting.least) &&
          std::cmp_less_equal(value, setting.most)) {
        return;
      }
      throw UsageError(fmt::format("{}: {} is not between {} and {}", setting.name, text(value),
                                   text(setting.least), text(setting.most)));
    };
    const auto as_time = [](auto ns) { return to_text(Duration{static_cast<std::int64_t>(ns)}); };
    const auto as_number = [](auto number) { return std::to_string(number); };
    setting.visit(settings, Overloaded{[&](Duration value) { check(value.count(), as_time); },
                                       [&](unsigned value) { check(value, as_number); },
                                       [&](std::uint64_t value) { check(value, as_number); },
                                       [](const auto&) {}});
  }
}

void Setting::read(std::string_view text, Settings& into) const {
  visit(into, Reader{.text = text, .separator = separator});
}

std::string Setting::text(const Settings& settings) const {
  return visit(settings, Printer{.separator = separator});
}

std::string Setting::option_name() const {
  return option.empty() ? run::option_name(name) : std::string(option);
}

std::string option_name(std::string_view name) {
  std::string text = fmt::format("--{}", name);
  std::ranges::replace(text, '_', '-');
  return text;
}

void GivenSettings::read(const Setting& setting, std::string_view text) {
  setting.read(text, values_);
  given_.insert(&setting);
}

void GivenSettings::read(std::string_view name, std::string_view text) {
  std::vector<std::string> known;
  for (const Setting& setting : kSettings) {
    if (setting.from != From::anywhere && setting.from != From::deciding) continue;
    if (setting.name == name) return read(setting, text);
    known.emplace_back(setting.name);
  }
  throw UsageError(unknown_name("setting", name, known));
}

Settings GivenSettings::over(Settings below) const {
  for (const Setting* setting : given_) {
    std::visit([&](auto member) { below.*member = values_.*member; }, setting->member);
  }
  return below;
}

std::vector<std::pair<std::string, std::string>> GivenSettings::texts() const {
  std::vector<std::pair<std::string, std::string>> texts;
  for (const Setting& setting : kSettings) {
    if (given_.contains(&setting)) texts.emplace_back(setting.name, setting.text(values_));
  }
  return texts;
}

const Setting& GivenSettings::row_of(Setting::Member member) {
  return *std::ranges::find(kSettings, member, &Setting::member);
}

}  // namespace asyncbench::run
