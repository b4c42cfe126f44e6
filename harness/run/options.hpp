// What a user can ask of a run, before it is checked and planned.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "measure/profile.hpp"
#include "workloads/values.hpp"

namespace asyncbench::run {

using workloads::UsageError;

// What the program's exit says, for every subcommand.
enum class ExitCode : int {
  done = 0,
  regression = 1,
  usage = 2,
  inconclusive = 3,
  invalid = 4,     // some cell lacks valid trials
  incomplete = 5,  // some cells failed, the rest was kept
  not_stored = 6,  // the output could not be written
  internal = 7,
  interrupted = 130,  // SIGINT, partial result kept
  terminated = 143,   // SIGTERM, partial result kept
};

// On which CPUs the two sides of a cell run.
struct Pinning {
  enum class Mode : std::uint8_t {
    automatic,  // two or more CPUs: subject on the last, peer on the first; else none
    none,
    listed,
  };
  Mode mode = Mode::automatic;
  std::vector<unsigned> subject;  // listed: an empty side is not pinned
  std::vector<unsigned> peer;
};

// Whether idle CPUs are kept from sleeping deeply: it moves a 55 us round trip to 10 us.
enum class CpuIdle : std::uint8_t {
  automatic,  // poll where permitted
  poll,       // hold /dev/cpu_dma_latency at 0; refused is an error
  leave,      // the machine's own setting ("default")
};

// What is not set comes from the suite, else from the defaults of Settings.
struct RunOptions {
  // A workload ("fetch"), an embedded suite ("quick"), or the path of a suite's TOML file.
  std::string what;

  // Names, "all", or a pattern ("uring:*"). Empty: the suite's, else "all".
  std::vector<std::string> strategies;

  // Workload parameters as text, each a value, a list ("1,64") or a range ("1..1024*2"). The names
  // are the workload's own. In suites they override those of every entry that has them.
  std::map<std::string, std::string> parameters;

  std::optional<Duration> duration;  // of the window
  std::optional<Duration> warmup;
  std::optional<Duration> grace;
  std::optional<unsigned> trials;
  std::optional<std::uint64_t> seed;
  std::optional<std::uint64_t> requests;
  std::optional<unsigned> threads;
  std::optional<std::string> peer_strategy;
  std::optional<Pinning> pin;
  std::optional<CpuIdle> cpu_idle;
  std::optional<workloads::Verify> verify;
  // Profile trials beside the timed ones, one for each, in random order with them.
  std::optional<measure::ProfileOptions> profile;

  std::vector<std::string> urls;           // real servers instead of the embedded origin
  std::vector<std::string> allowed_hosts;  // hosts beyond loopback that `urls` may name

  std::string folder;  // where workloads make their files; empty: the current one

  std::string out;  // the result's path; the journal is beside it: out + ".journal"
  std::vector<std::string> command;  // argv, for the record
};

// How every trial of a run is made.
struct Settings {
  Duration duration = std::chrono::seconds(3);
  Duration warmup = std::chrono::seconds(1);
  Duration grace = std::chrono::seconds(2);  // from the window's end to the hard stop
  unsigned trials = 6;
  std::uint64_t seed = 1;
  std::uint64_t requests = 0;        // not 0: the window ends after that many requests instead
  unsigned threads = 1;              // event loops of the subject; the peer has one
  std::vector<std::string> plugins;  // absolute paths, loaded by every participant
  std::string peer_program;          // plays every role but the subject's; empty: this program
  std::string peer_strategy;  // "uring" where it is supported, else "asio", else the first that can
  Pinning pin;                // resolved: none or listed
  CpuIdle cpu_idle = CpuIdle::automatic;
  workloads::Verify verify = workloads::Verify::sample;
  std::optional<measure::ProfileOptions> profile;  // of profile trials; empty: there are none
  std::vector<std::string> urls;
  std::vector<std::string> allowed_hosts;
  std::string folder;
};

}  // namespace asyncbench::run
