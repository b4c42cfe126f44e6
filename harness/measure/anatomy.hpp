// What the time of single requests went into, from the turns of tasks and the switches of threads.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/batch_sizes.hpp"
#include "measure/off_cpu.hpp"
#include "measure/request_log.hpp"
#include "measure/timeline.hpp"
#include "measure/wait_reasons.hpp"

namespace asyncbench::measure {

// The phases of a request, in this order. A phase that did not happen is empty.
enum class RequestPhase : std::uint8_t {
  queued,      // open loop: from the intended start to the actual one
  connecting,  // until the connect has ended, on a new connection
  sending,     // until the send has ended
  answering,   // until the first byte of the answer
  receiving,   // until the request has ended
};
inline constexpr std::size_t kRequestPhases = 5;
std::string_view name_of(RequestPhase phase);

using ActivityTimes = std::array<std::int64_t, kActivities>;  // ns
using PhaseTimes = std::array<ActivityTimes, kRequestPhases>;

// One request. Its times are all in the window; CLOCK_MONOTONIC.
struct RequestAnatomy {
  std::uint32_t task = 0;   // the task that asked, and so its connection
  std::int32_t thread = 0;  // the thread on which it ended
  std::optional<std::int64_t> intended_ns;
  std::int64_t begun_ns = 0;
  std::optional<std::int64_t> connect_begun_ns;
  std::optional<std::int64_t> connected_ns;
  std::optional<std::int64_t> sent_ns;
  std::optional<std::int64_t> first_byte_ns;
  std::int64_t ended_ns = 0;
  std::int64_t attempts = 1;
  PhaseTimes phases{};

  std::int64_t latency_ns() const { return ended_ns - intended_ns.value_or(begun_ns); }

  bool operator==(const RequestAnatomy&) const = default;
};

// Sums over several requests.
struct RequestGroup {
  std::uint64_t requests = 0;
  std::uint64_t without = 0;  // further requests, left out because turns had been overwritten
  std::int64_t latency_ns = 0;
  PhaseTimes phases{};

  void add(const RequestAnatomy& request);
  // The sum over all phases.
  std::int64_t sum(Activity activity) const;

  bool operator==(const RequestGroup&) const = default;
};

// Finds what threads did at a time.
class TimelineIndex {
 public:
  // `activities` has one entry for each recorded stack. `switches` outlive the index; without them,
  // the time outside of tasks is unknown.
  TimelineIndex(Timeline::Taken timeline, const OffCpuRecorder::Taken* switches,
                std::vector<Activity> activities);

  // nullopt when some of the request's turns are missing.
  std::optional<RequestAnatomy> anatomy(const LoggedRequest& request) const;

  const std::vector<Turn>& turns() const { return turns_; }
  std::int64_t complete_from_ns() const { return complete_from_ns_; }

 private:
  struct Thread {
    std::vector<std::size_t> turns;  // by start, which for one thread is also by end
    std::vector<const OffCpuSpan*> spans;
    std::optional<std::int64_t> first_run_ns;
  };
  struct Piece {
    std::int32_t thread;
    std::int64_t from_ns;
    std::int64_t to_ns;
  };

  std::vector<Piece> pieces_of(std::uint32_t task, std::int64_t from, std::int64_t to) const;
  void add_times(const Piece& piece, std::uint32_t task, ActivityTimes& times) const;
  void add_running(const Thread& thread, std::int64_t from, std::int64_t to, std::uint32_t task,
                   ActivityTimes& times) const;

  std::vector<Turn> turns_;
  std::int64_t complete_from_ns_;
  std::vector<Activity> activities_;
  bool knows_switches_;
  std::vector<std::vector<std::size_t>> by_task_;
  std::map<std::int32_t, Thread> threads_;
};

}  // namespace asyncbench::measure
