// Requests as a program that is no strategy of ours records them: one entry for each in a file, of
// which the recording is made that a Recorder would have made.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <stdexcept>
#include <vector>

#include "core/time.hpp"
#include "measure/recorder.hpp"

namespace asyncbench::measure {

// One request that has ended, as in the file: little-endian, without gaps.
// docs/participant-protocol.md shows it to other programs; the two change together.
struct RequestEntry {
  std::int64_t begun_ns = 0;  // CLOCK_MONOTONIC
  std::int64_t ended_ns = 0;
  std::uint32_t body_bytes = 0;
  std::uint16_t outcome = 0;  // the id of an Outcome
  std::uint16_t task = 0;     // that issued it, from 0

  bool operator==(const RequestEntry&) const = default;
};
static_assert(sizeof(RequestEntry) == 24);

// As many tasks as an entry can tell apart.
inline constexpr std::uint64_t kMostEntryTasks = 1U << 16U;

// The file is not what it should be: cause and place, in one line.
class RequestFileError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// What entries have to keep to.
struct RequestLimits {
  std::uint64_t count = 0;  // how many there are
  std::uint64_t tasks = 1;  // their numbers are below it
  Time earliest{};          // nothing has begun before ...
  Time latest = kNever;     // ... nor ended after
};

// All entries of the file. Throws RequestFileError.
std::vector<RequestEntry> read_requests(int fd, const RequestLimits& limits);

struct TrialTimes {
  WindowSpan window;            // with its end
  Duration window_expected{0};  // sizes the slices
  // The program was stopped (SIGSTOP) between its turns. Requests that were in flight then have no
  // latency; their time stands still meanwhile, so that all other counts are those of a client
  // whose turns follow one another without a gap.
  bool stopped_between_turns = false;
};

// The recording of a closed loop.
Recording recording_of(std::span<const RequestEntry> requests, const TrialTimes& times);

}  // namespace asyncbench::measure
