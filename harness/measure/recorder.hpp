// Where tasks record what became of their requests: one Recorder a lane, no locks, no allocation.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/outcome.hpp"
#include "core/time.hpp"
#include "measure/histogram.hpp"

namespace asyncbench::measure {

// The measured part of a trial. Both ends are set after the traffic has started, by the harness
// thread; tasks read them. A request belongs to the phase in which it ends.
struct Window {
  std::atomic<std::int64_t> start_ns{kNever.time_since_epoch().count()};
  std::atomic<std::int64_t> end_ns{kNever.time_since_epoch().count()};

  Time start() const { return from_ns(start_ns.load(std::memory_order_relaxed)); }
  Time end() const { return from_ns(end_ns.load(std::memory_order_relaxed)); }
  bool ended(Time at) const { return at >= end(); }
};

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
  bool failed_after_answer = false;  // a whole response came; what then failed was our own part
};

inline constexpr Duration kSlice = std::chrono::milliseconds(20);
inline constexpr Duration kCoarseSlice = std::chrono::milliseconds(200);

// Looks on as requests are recorded, in profiled trials. Called from the tasks' threads, of several
// lanes at once.
class RequestObserver {
 public:
  virtual ~RequestObserver() = default;
  virtual void begun(Time at) = 0;
  virtual void ended(const RequestRecord& request) = 0;
};

struct RecorderOptions {
  bool shared = false;          // several threads record at once (thread strategies)
  bool open_loop = false;       // keep response times and start lags
  Duration window_expected{0};  // sizes the slices; what falls beyond goes into the last one
  RequestObserver* observer = nullptr;  // outlives the recorder; null: nobody looks on
};

// The totals of one lane or, merged, of one side of a trial. A plain value: what leaves the
// process.
//
// The requests of the window balance (invariant requests_balance):
//   in_flight_at_start() + begun[window]  =  sum of ended[window] + censored
// Both sides are counted apart: begun when a request begins, the rest when it ends, each by the
// stamps of that request against the window. They differ when a request ended never or twice, or
// when the window was set only after its start had passed. In open loop the arrivals of the window
// are begun[window] + not_started, and not_started stands on the right as well.
struct Recording {
  // By phase, that of the request's end, and outcome.
  std::array<std::array<std::uint64_t, kOutcomes>, kPhases> ended{};
  // By the phase of the request's begin.
  std::array<std::uint64_t, kPhases> begun{};
  std::uint64_t attempts = 0;       // requests sent, retries included, in the window
  std::uint64_t censored = 0;       // begun before the window's end, ended after it or never
  std::uint64_t not_started = 0;    // open loop: due in the window or before, never begun
  std::uint64_t in_flight_max = 0;  // the most at once, summed over lanes
  std::uint64_t body_bytes = 0;     // of ok, in the window
  std::uint64_t answered =
      0;  // whole trial: ok + http_status + content_mismatch + failed after that
  std::uint64_t answered_body_bytes = 0;  // whole trial, of these
  // Over all requests, failed and unfinished ones too, the part of each one's service time that
  // lies in the window: the area under "requests in flight", which Little's law is about.
  std::uint64_t time_in_flight_ns = 0;

  // Of requests that ended in the window. Failures of any kind have their own histogram.
  Histogram service_time;        // ok
  Histogram response_time;       // ok, open loop
  Histogram failed_time;         // service time of everything but ok
  Histogram connect_time;        // new connections
  Histogram time_to_first_byte;  // ok: first byte - begun
  Histogram start_lag;           // open loop: begun - intended where the task had waited for it
  // Ages at the window's end of what was unfinished: lower bounds. From begun, and from intended.
  Histogram censored_service;
  Histogram censored_response;

  struct Slice {
    std::uint64_t completions = 0;
    std::uint64_t service_time_sum_ns = 0;
  };
  std::vector<Slice> slices;  // kSlice each
  // kCoarseSlice each: counts by power-of-two bucket pairs, see coarse_bucket().
  static constexpr std::size_t kCoarseBuckets = 80;
  std::vector<std::array<std::uint32_t, kCoarseBuckets>> coarse;

  // Adds the other's; lanes that were in flight at once add up to their sum.
  void merge(const Recording& other);

  // Sum over all outcomes of those that ended in a phase.
  std::uint64_t ended_in(Phase phase) const;

  // Begun in the warm-up and not ended in it.
  std::uint64_t in_flight_at_start() const;

  // Whether requests_balance holds.
  bool balances() const;
};

// Bucket of a latency: two per power of two (bounds 2^k and 1.5 x 2^k ns), up to 2^40 ns. What is
// less than 1 ns goes into the first, what is more than the last bound into the last.
std::size_t coarse_bucket(std::int64_t ns);

// The least latency in a bucket.
std::int64_t coarse_bucket_lowest_ns(std::size_t bucket);

// One lane's recorder. Lock-free; with RecorderOptions::shared also safe for several threads.
class Recorder {
 public:
  Recorder(const Window& window, RecorderOptions options);
  ~Recorder();

  // A request starts, at the time that its RequestRecord::begun will say. Must be followed by
  // exactly one ended().
  void begun(Time at);

  void ended(const RequestRecord& request);

  // Open loop: an arrival that was taken from the schedule but not begun because the window had
  // ended. Counts as not started when it was due before the window's end.
  void abandoned(Time intended);

  // Open loop: the task waited for the intended start and began this much later. Kept while the
  // lane's latest begin lies in the window.
  void start_lag(Duration lag);

  // After all tasks have finished.
  Recording take() const;

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
