// How every trial of a run is made, and the one table that the command line, suites, help, the
// stored plan and the participants' job read it from. To add a setting, add a member and a row.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "measure/profile.hpp"
#include "run/pinning.hpp"
#include "workloads/values.hpp"

namespace asyncbench::run {

using workloads::UsageError;

// Whether idle CPUs are kept from sleeping deeply: it moves a 55 us round trip to 10 us.
enum class CpuIdle : std::uint8_t {
  automatic,  // poll where permitted
  poll,       // hold /dev/cpu_dma_latency at 0; refused is an error
  leave,      // the machine's own setting ("default")
};

// A part of a whole: 0.03 is 3 %.
struct Share {
  double value = 0;
  bool operator==(const Share&) const = default;
};

struct Settings {
  Duration duration = std::chrono::seconds(3);  // of the window
  Duration warmup = std::chrono::seconds(1);
  Duration grace = std::chrono::seconds(2);  // from the window's end to the hard stop
  Duration cooldown{0};                      // idle before each trial
  unsigned trials = 6;
  bool turns = true;     // cells of one point take turns, where the workload can rest
  Duration turn{0};      // 0: by the work, see turn_plan()
  Duration rest{0};      // after each turn; 0: by the work
  unsigned rounds = 0;   // of turns in a trial, without the warm-up; 0: by the turn's length
  Share relevant{0.03};  // the smallest difference worth a decision
  // Not 0: where cells take turns, blocks are added to what is undecided until it is decided or the
  // run has taken so long.
  Duration budget{0};
  std::string against;  // the strategy that others are compared with; empty: see points_of()
  load::Stages stages;  // of open loops, instead of one rate: together they are the window
  std::uint64_t seed = 1;
  std::uint64_t requests = 0;        // not 0: the window ends after that many requests instead
  unsigned threads = 1;              // event loops of the subject
  unsigned peer_threads = 1;         // of each other process
  unsigned peer_processes = 1;       // that are the client of a server under test
  Duration slack{0};                 // how late timers of any participant may fire
  std::vector<std::string> plugins;  // absolute paths, loaded by every participant
  std::string peer_program;          // plays every role but the subject's; empty: this program
  std::string peer_plugin;           // loaded for these roles beside `plugins`; empty: none
  std::string peer_strategy;  // "uring" where it is supported, then "asio", then the first that can
  Pinning pin;                // in a plan: resolve_pinning()
  CpuIdle cpu_idle = CpuIdle::automatic;
  workloads::Verify verify = workloads::Verify::sample;
  std::optional<measure::ProfileOptions> profile;  // of profile trials; empty: there are none
  std::vector<std::string> urls;                   // real servers instead of the embedded origin
  std::vector<std::string> allowed_hosts;          // hosts beyond loopback that `urls` may name
  std::string ca;  // path of the certificates that servers by https are trusted by; empty: system's
  bool insecure = false;  // servers by https may have any certificate
  std::string folder;     // where files are made; empty: the current folder
};

inline Threads threads_of(const Settings& settings) {
  return {.subject = settings.threads, .peer = settings.peer_threads * settings.peer_processes};
}

// No duration is longer, 31 years, and no number of requests greater, unless a row says less.
inline constexpr std::uint64_t kMostOfASetting = 1'000'000'000'000'000'000;

// One row of the table. The member's type says how the value is read, printed, stored and sent.
struct Setting {
  using Member =
      std::variant<Duration Settings::*, unsigned Settings::*, std::uint64_t Settings::*,
                   bool Settings::*, Share Settings::*, std::string Settings::*,
                   std::vector<std::string> Settings::*, Pinning Settings::*, CpuIdle Settings::*,
                   workloads::Verify Settings::*, load::Stages Settings::*>;
  // Who can give it.
  enum class From : std::uint8_t {
    anywhere,      // suites, and the command line under "How"
    command_line,  // under "What"
    deciding,      // as anywhere, of commands that measure until all is decided
    plan,          // nobody: make_plan() finds it
  };

  std::string_view name;  // in suites and in the stored plan: "peer_strategy"
  Member member;
  From from = From::anywhere;
  std::string_view type = {};  // of the value in help: "TIME"
  std::string_view help = {};
  std::optional<std::string_view> otherwise = {};  // the default in help, if not Settings' own
  std::string_view option = {};  // on the command line; empty: "--" and the name with hyphens
  char separator = ',';          // of a list that is stored as one text
  bool has_field = false;        // the stored plan has a field for it; others are in its options
  bool in_job = false;           // participants are told
  bool is_switch = false;        // of a bool: given on the command line, it is true
  // Cells of one run can differ in it: a [[cells]] table of a suite gives it, and both a suite and
  // the command line can list several values, each of which makes a point of its own.
  bool of_cell = false;
  // Of a number, or of a duration in nanoseconds.
  std::uint64_t least = 0;
  std::uint64_t most = kMostOfASetting;

  void read(std::string_view text, Settings& into) const;  // throws UsageError
  std::string text(const Settings& settings) const;        // read() understands it
  std::string option_name() const;

  // Calls with_value(value) for the member of `settings`, which may be const.
  decltype(auto) visit(auto& settings, auto&& with_value) const {
    return std::visit([&](auto which) -> decltype(auto) { return with_value(settings.*which); },
                      member);
  }
};

std::span<const Setting> all_settings();

// The setting of that name; null when there is none.
const Setting* find_setting(std::string_view name);

// The values that a list of them gives a setting of cells, each as read() takes it; of numbers
// ranges, too: "1..8*2". Throws UsageError for one that it cannot take; check_ranges() is to come.
std::vector<std::string> values_of(const Setting& setting, std::string_view text);

// Throws UsageError for a number beyond its row's range, wherever it is from: the command line, a
// suite, a journal or a runner.
void check_ranges(const Settings& settings);

// "--body-bytes" of "body_bytes".
std::string option_name(std::string_view name);

// What one layer says: a suite, or the command line. What it does not give holds as before.
class GivenSettings {
 public:
  // From text; by its name, as suites do. Throws UsageError: a name that suites do not know, or a
  // value that it cannot take.
  void read(const Setting& setting, std::string_view text);
  void read(std::string_view name, std::string_view text);

  template <class T>
  GivenSettings& set(T Settings::*member, std::type_identity_t<T> value) {
    values_.*member = std::move(value);
    given_.insert(&row_of(member));
    return *this;
  }

  bool has(Setting::Member member) const { return given_.contains(&row_of(member)); }

  // What is given, by name, in the table's order.
  std::vector<std::pair<std::string, std::string>> texts() const;

  // `below`, with what is given here instead of what it says.
  Settings over(Settings below) const;

 private:
  static const Setting& row_of(Setting::Member member);

  Settings values_;
  std::set<const Setting*> given_;
};

}  // namespace asyncbench::run
