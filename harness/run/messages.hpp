// The lines between the runner and its participants, as values. docs/participant-protocol.md
// describes them for other programs; the two change together.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/job.hpp"
#include "measure/profile.hpp"
#include "measure/recorder.hpp"
#include "measure/server_counters.hpp"
#include "result/result.hpp"
#include "run/live.hpp"
#include "run/settings.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::run {

inline constexpr int kProtocolVersion = 3;

// The other end said something that is not in the protocol.
class ProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using workloads::Role;

// Runner -> participant.
namespace order {

// The first line.
struct Job {
  Role role = Role::client;
  std::string workload;
  std::string strategy;
  workloads::Work work;
  workloads::Address address;                 // of the participant that this one talks to, if any
  std::optional<workloads::ClientPart> part;  // of a client that is one of several
  // Those with Setting::in_job, as they are for this participant in this trial.
  Settings settings;
  std::vector<unsigned> cpus;  // empty: not pinned
  Duration window_expected{0};
  std::uint64_t turns = 0;  // of this cell, the warm-up's too; 0: it has the whole window
  bool count_syscalls = false;
  bool live = false;  // of a client: reports its progress once a second
  std::optional<measure::ProfileOptions> profile;  // not empty: profile the window
  std::int64_t parent = 0;  // the runner's process id: the participant ends with it
};

// The window. Without an end the client finds it (Settings::requests) and the server is told later.
struct Go {
  measure::WindowSpan window;
};
struct WindowEnd {
  std::int64_t window_end_ns = 0;
};
struct Stop {};

}  // namespace order
using Order = std::variant<order::Job, order::Go, order::WindowEnd, order::Stop>;

// Participant -> runner.
namespace report {

struct Listening {
  workloads::Address address;
};
struct Ready {
  std::optional<bool> turns = {};  // of a program: whether it takes them; empty: it does
};
struct WindowEnd {
  std::int64_t window_end_ns = 0;
};

// What one side has to say of the trial; its last line.
struct Record : workloads::SideRecord {
  result::Usage usage;  // between the window's start and its end
  // Turns: the CPU time of each, its rest included; empty where it was read too late.
  std::vector<std::optional<std::int64_t>> turns_cpu_ns;
  std::vector<LaneReport> lanes;
  std::optional<measure::Profile> profile;  // where the job asked for it
  std::int64_t window_start_ns = 0;
  std::int64_t window_end_ns = 0;
  bool resources_back = false;    // invariant resources_returned
  std::string resources_missing;  // what was not given back
  // Of a program: instead of a recording, how many requests it has written to kRequestsFd.
  std::optional<std::uint64_t> records;
};

// Instead of a record: the reason, in one line.
struct Failed {
  std::string reason;
  std::optional<std::vector<measure::FailureCount>> failures = {};  // where requests did only fail
};

}  // namespace report
using Report = std::variant<report::Listening, report::Ready, report::Progress, report::WindowEnd,
                            report::Record, report::Failed>;

// One line of JSON without its newline, and back. Reading throws ProtocolError.
std::string to_line(const Order& order);
std::string to_line(const Report& report);
Order order_from(std::string_view line);
Report report_from(std::string_view line);

// A report of a program, whose record need not have what its adapter finds out by itself.
Report report_of_program(std::string_view line);

}  // namespace asyncbench::run
