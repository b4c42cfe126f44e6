// Records how requests ended: one Recorder for each lane, without locks or allocation.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/outcome.hpp"
#include "core/time.hpp"
#include "measure/histogram.hpp"
#include "measure/turns.hpp"

namespace asyncbench::measure {

// The measured part of a trial. The harness thread sets both ends after the traffic has started,
// and tasks read them. A request belongs to the phase in which it ends.
struct Window {
  std::atomic<std::int64_t> start_ns{kNever.time_since_epoch().count()};
  std::atomic<std::int64_t> end_ns{kNever.time_since_epoch().count()};
  // Null: requests begin at any time, or the turns are not known yet. Set before the start.
  std::atomic<const Turns*> turns{nullptr};

  Time start() const { return from_ns(start_ns.load(std::memory_order_relaxed)); }
  Time end() const { return from_ns(end_ns.load(std::memory_order_relaxed)); }
  bool ended(Time at) const { return at >= end(); }
};

// Sets both ends. The end comes first: a task that sees the start must not see a window without an
// end.
inline void set(Window& window, const WindowSpan& span) {
  if (span.end_ns) window.end_ns.store(*span.end_ns);
  window.start_ns.store(span.start_ns);
}

enum class Phase : std::uint8_t { warm_up, window, drain };
inline constexpr std::size_t kPhases = 3;

// One finished request.
struct RequestRecord {
  Outcome outcome = Outcome::internal;
  Time intended = kNever;       // open loop: when it should have started; kNever in closed loop
  Time begun = kNever;          // when the task returned Begin
  Time connect_begun = kNever;  // a new connection was made for it: from here ...
  Time connected = kNever;      // ... to here; kNever: reused or never connected
  Time first_byte = kNever;     // of the response
  Time ended = kNever;
  unsigned attempts = 1;  // 2: retried once on a fresh connection
  std::uint64_t body_bytes = 0;
  bool failed_after_answer = false;  // a whole response came, and then something failed on our side
  // Of a request that failed: what it asked for, null where nothing has a name (it outlives the
  // recorder), and the status of the answer, 0 where none came.
  const std::string* target = nullptr;
  unsigned status = 0;
  std::uint32_t turn = kNoTurn;  // in which it began, from 0 for the first of the warm-up
  static constexpr std::uint32_t kNoTurn = 0xffff'ffff;
};

// Requests that failed alike.
struct FailureCount {
  Outcome outcome = Outcome::internal;
  std::optional<std::int64_t> status;  // of an answer with outcome http_status
  std::string target;                  // what was asked for; empty: nothing that has a name
  std::uint64_t count = 0;

  bool operator==(const FailureCount&) const = default;
};

// Adds to those that failed alike. Lists are short: beyond kMostFailures different ones, targets
// are no longer told apart.
inline constexpr std::size_t kMostFailures = 32;
void add_failures(std::vector<FailureCount>& failures, Outcome outcome,
                  std::optional<std::int64_t> status, std::string_view target, std::uint64_t count);
void add_failures(std::vector<FailureCount>& failures, const FailureCount& more);

inline constexpr Duration kSlice = std::chrono::milliseconds(20);
inline constexpr Duration kCoarseSlice = std::chrono::milliseconds(200);

// Sees every request as it is recorded, in profiled trials. It is called from the tasks' threads,
// from several lanes at once.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  virtual void begun(Time at) = 0;
  virtual void ended(const RequestRecord& request) = 0;
};

struct RecorderOptions {
  bool shared = false;                // several threads record at once (thread strategies)
  bool open_loop = false;             // keep response times and start lags
  Duration window_expected{0};        // sizes the slices; later requests go into the last slice
  std::size_t turns = 0;              // of the trial, the warm-up's too; not 0: there are no slices
  std::vector<Duration> stages = {};  // open loop: lengths of parts to count apart, from its start
  RequestObserver* observer = nullptr;  // outlives the recorder; may be null
};

// The totals of one lane or, merged, of one side of a trial. A plain value, which the participant
// sends to the runner.
//
// The requests of the window balance (invariant requests_balance):
//   in_flight_at_start() + begun[window]  =  sum of ended[window] + censored
// The two sides are counted separately: begun when a request begins, the rest when it ends, each by
// comparing that request's times with the window. They differ when a request never ended or ended
// twice, or when the window was set only after its start had passed. In open loop the arrivals of
// the window are begun[window] + not_started, and not_started is added on the right as well.
struct Recording {
  // By the phase of the request's end, and by outcome.
  std::array<std::array<std::uint64_t, kOutcomes>, kPhases> ended{};
  // By the phase of the request's begin.
  std::array<std::uint64_t, kPhases> begun{};
  std::uint64_t attempts = 0;       // requests sent, retries included, in the window
  std::uint64_t censored = 0;       // begun before the window's end; ended after it, or never
  std::uint64_t not_started = 0;    // open loop: due in the window or before, never begun
  std::uint64_t in_flight_max = 0;  // the most at once, summed over lanes
  std::uint64_t body_bytes = 0;     // of ok requests, in the window
  // In the whole trial: ok, http_status and content_mismatch, and those with failed_after_answer.
  std::uint64_t answered = 0;
  std::uint64_t answered_body_bytes = 0;  // of these requests, in the whole trial
  // For each request, failed and unfinished ones too, the part of its service time that lies in the
  // window, and where there are turns in its turn. The sum is the area under "requests in flight",
  // which Little's law needs.
  std::uint64_t time_in_flight_ns = 0;
  // For each task and turn of the window, from its first request to the turn's end.
  std::uint64_t time_in_turns_ns = 0;
  // Turns: ok requests of the window that have no latency, because they began in a lead-in.
  std::uint64_t without_latency = 0;

  // Requests that ended in the window. Failures of any kind have their own histogram.
  Histogram service_time;        // ok
  Histogram response_time;       // ok, open loop
  Histogram failed_time;         // service time of every outcome except ok
  Histogram connect_time;        // new connections
  Histogram time_to_first_byte;  // ok: first byte - begun
  Histogram start_lag;           // open loop: begun - intended, where a task waited for the arrival
  // The ages of unfinished requests at the window's end, which are lower bounds: since begun, and
  // since intended.
  Histogram censored_service;
  Histogram censored_response;

  struct Slice {
    std::uint64_t completions = 0;
    std::uint64_t service_time_sum_ns = 0;
  };
  std::vector<Slice> slices;  // kSlice each

  std::vector<FailureCount> failures;  // that ended in the window

  // One turn, the warm-up's too. A request belongs to the turn in which it began.
  struct TurnCounts {
    std::uint64_t requests = 0;        // with any outcome
    std::uint64_t completions = 0;     // ok ones that ended between the lead-in and the turn's end
    std::uint64_t latencies = 0;       // ok ones that began after the lead-in ...
    std::uint64_t latency_sum_ns = 0;  // ... and their response times, in closed loop service times
    std::uint64_t overran = 0;         // outlasted the rest
  };
  std::vector<TurnCounts> turns;

  // One stage of the window.
  struct StageCounts {
    std::uint64_t ok = 0;          // that ended in it
    std::uint64_t failed = 0;      // likewise
    std::uint64_t unfinished = 0;  // due in it, but neither ok nor failed by the window's end
    Histogram response_time;       // of ok ones that were due in it, and ages of the unfinished
  };
  std::vector<StageCounts> stages;  // not in what is sent to the runner

  // kCoarseSlice each: counts by power-of-two bucket pairs, see coarse_bucket().
  static constexpr std::size_t kCoarseBuckets = 80;
  std::vector<std::array<std::uint32_t, kCoarseBuckets>> coarse;

  // Adds the totals of another lane. in_flight_max becomes the sum, since lanes run at the same
  // time.
  void merge(const Recording& other);

  // How many requests ended in a phase, with any outcome.
  std::uint64_t ended_in(Phase phase) const;

  // How many requests began in the warm-up and did not end in it.
  std::uint64_t in_flight_at_start() const;

  // Whether requests_balance holds.
  bool balances() const;
};

// The bucket of a latency: two per power of two (bounds 2^k and 1.5 x 2^k ns), up to 2^40 ns. A
// latency below 1 ns goes into the first bucket, one above the last bound into the last.
std::size_t coarse_bucket(std::int64_t ns);

// The least latency in a bucket.
std::int64_t coarse_bucket_lowest_ns(std::size_t bucket);

// What has ended in the window so far.
struct Tally {
  std::uint64_t ok = 0;
  std::uint64_t failed = 0;
  Histogram latencies;  // of ok ones: response times, in closed loop service times

  void merge(const Tally& other);
};

// The recorder of one lane. Lock-free; with RecorderOptions::shared also safe for several threads.
class Recorder {
 public:
  Recorder(const Window& window, RecorderOptions options);
  ~Recorder();

  // A request starts, at the time that its RequestRecord::begun will hold. Exactly one ended() must
  // follow.
  void begun(Time at);

  void ended(const RequestRecord& request);

  // A task begins its first request of a turn.
  void turn_begun(std::uint32_t turn, Time at);

  // Open loop: an arrival was taken from the schedule but not begun, because the window had ended.
  // It counts as not started when it was due before the window's end.
  void abandoned(Time intended);

  // Open loop: the task waited for the intended start and began this much later. Kept while the
  // lane's latest begin lies in the window.
  void start_lag(Duration lag);

  // After all tasks have finished.
  Recording take() const;

  // From any thread, at any time. Its counts are read one after the other, and so may differ by
  // what has ended meanwhile.
  Tally tally() const;

  // From any thread, at any time: whether some request has ended ok, and all that failed.
  bool has_succeeded() const;
  std::vector<FailureCount> failures() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// How the requests for one thing of many (one URL of a list) ended, over the whole trial.
struct ItemOutcomes {
  std::string name;
  std::map<std::string, std::uint64_t> outcomes;  // by name_of(Outcome); none that did not occur

  bool operator==(const ItemOutcomes&) const = default;
};

}  // namespace asyncbench::measure
