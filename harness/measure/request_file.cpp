#include "measure/request_file.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstring>
#include <tuple>

namespace asyncbench::measure {
namespace {

static_assert(std::endian::native == std::endian::little, "entries are read as they are");

[[noreturn]] void refuse(std::uint64_t nth, std::uint64_t count, const std::string& what) {
  throw RequestFileError(fmt::format("record {} of {}: {}", nth + 1, count, what));
}

void check(const RequestEntry& entry, std::uint64_t nth, const RequestLimits& limits) {
  const auto fail = [&](const std::string& what) { refuse(nth, limits.count, what); };
  if (entry.ended_ns < entry.begun_ns) {
    fail(fmt::format("it ends {} ns before it begins", entry.begun_ns - entry.ended_ns));
  }
  if (from_ns(entry.begun_ns) < limits.earliest || from_ns(entry.ended_ns) > limits.latest) {
    fail(
        fmt::format("from {} to {} ns is outside of the trial ({} to {} ns): times are those of "
                    "CLOCK_MONOTONIC in nanoseconds",
                    entry.begun_ns, entry.ended_ns, to_ns(limits.earliest), to_ns(limits.latest)));
  }
  if (entry.outcome >= kOutcomes) {
    fail(fmt::format("its outcome is {}: they are 0 (ok) to {}", entry.outcome, kOutcomes - 1));
  }
  if (entry.task >= limits.tasks) {
    fail(fmt::format("its task is {}: there are {}, numbered from 0", entry.task, limits.tasks));
  }
}

// Where one request is put among turns.
struct Placed {
  Time begun;
  std::uint32_t first_turn = RequestRecord::kNoTurn;  // in which it began ...
  std::uint32_t last_turn = RequestRecord::kNoTurn;   // ... and ended
  std::uint32_t turn = RequestRecord::kNoTurn;        // to which it belongs
};

class Replay {
 public:
  Replay(std::span<const RequestEntry> entries, const TrialTimes& times)
      : entries_(entries),
        times_(times),
        turns_(times.window.turns ? &*times.window.turns : nullptr),
        recorder_(window_, {.window_expected = times.window_expected,
                            .turns = turns_ == nullptr ? 0 : turns_->size()}) {
    set(window_, times.window);
    window_.turns.store(turns_);
  }

  Recording run() {
    for (const Event& event : events()) {
      const RequestEntry& entry = entries_[event.entry];
      const Placed placed = place(entry);
      event.is_end ? end(entry, placed) : begin(entry, placed);
    }
    return recorder_.take();
  }

 private:
  struct Event {
    std::int64_t at_ns;
    std::uint32_t entry;
    std::uint8_t rank;  // among those of the same time
    bool is_end;

    auto order() const { return std::tuple(at_ns, rank, entry, is_end); }
  };

  // In the order of time, in which alone the most in flight is seen. At one time a task may end a
  // request, take no time for another and begin a third: in this order.
  std::vector<Event> events() const {
    std::vector<Event> events;
    events.reserve(2 * entries_.size());
    for (std::uint32_t i = 0; i < entries_.size(); ++i) {
      const RequestEntry& entry = entries_[i];
      const bool takes_time = entry.begun_ns < entry.ended_ns;
      events.push_back({entry.begun_ns, i, takes_time ? std::uint8_t{2} : std::uint8_t{1}, false});
      events.push_back({entry.ended_ns, i, takes_time ? std::uint8_t{0} : std::uint8_t{1}, true});
    }
    std::ranges::sort(events, {}, &Event::order);
    return events;
  }

  void begin(const RequestEntry& entry, const Placed& placed) {
    recorder_.begun(placed.begun);
    if (placed.first_turn == RequestRecord::kNoTurn && placed.last_turn == placed.first_turn)
      return;
    if (entry.task >= tasks_turn_.size()) tasks_turn_.resize(entry.task + 1, -1);
    std::int64_t& latest = tasks_turn_[entry.task];
    const bool began_before = placed.first_turn == RequestRecord::kNoTurn;
    const std::int64_t first = began_before ? 0 : std::int64_t{placed.first_turn};
    for (std::int64_t turn = std::max(first, latest + 1); turn <= placed.last_turn; ++turn) {
      latest = turn;
      const auto nth = static_cast<std::uint32_t>(turn);
      const Time began =
          turn == first && !began_before ? from_ns(entry.begun_ns) : turns_->begin(nth);
      recorder_.turn_begun(nth, std::min(began, turns_->end(nth)));
    }
  }

  void end(const RequestEntry& entry, const Placed& placed) {
    recorder_.ended({.outcome = static_cast<Outcome>(entry.outcome),
                     .begun = placed.begun,
                     .ended = from_ns(entry.ended_ns),
                     .body_bytes = entry.body_bytes,
                     .turn = placed.turn});
  }

  // The turn that is under way at the time, or whose rest is; kNoTurn before the first.
  std::uint32_t turn_at(std::int64_t at_ns) const {
    const auto after = std::ranges::upper_bound(turns_->begins_ns, at_ns);
    return static_cast<std::uint32_t>(after - turns_->begins_ns.begin()) - 1;
  }

  // A request that was in flight while its program was stopped belongs to the turn in which it
  // ended, and its time until then is put right before its end.
  Placed place(const RequestEntry& entry) const {
    static_assert(RequestRecord::kNoTurn == static_cast<std::uint32_t>(-1));
    Placed placed{.begun = from_ns(entry.begun_ns)};
    if (turns_ == nullptr || window_.ended(placed.begun)) return placed;
    placed.first_turn = placed.last_turn = placed.turn = turn_at(entry.begun_ns);
    if (!times_.stopped_between_turns) return placed;
    const bool outlived = window_.ended(from_ns(entry.ended_ns));
    placed.last_turn = turn_at(entry.ended_ns);
    if (!outlived && placed.last_turn == placed.first_turn) return placed;
    const Time until =
        outlived ? window_.end() : std::min(from_ns(entry.ended_ns), turns_->end(placed.last_turn));
    const bool ended_in_window = until >= window_.start();
    const Time from = ended_in_window ? std::max(placed.begun, window_.start()) : placed.begun;
    placed.turn = outlived ? RequestRecord::kNoTurn : placed.last_turn;
    placed.begun = until - (turns_->active_until(until) - turns_->active_until(from));
    return placed;
  }

  std::span<const RequestEntry> entries_;
  const TrialTimes& times_;
  const Turns* turns_;
  Window window_;
  Recorder recorder_;
  std::vector<std::int64_t> tasks_turn_;  // the latest that each has begun; -1: none
};

}  // namespace

std::vector<RequestEntry> read_requests(int fd, const RequestLimits& limits) {
  struct stat file {};
  if (::fstat(fd, &file) != 0) {
    throw RequestFileError(fmt::format("the file of records: {}", std::strerror(errno)));
  }
  const auto bytes = static_cast<std::uint64_t>(file.st_size);
  if (bytes / sizeof(RequestEntry) != limits.count || bytes % sizeof(RequestEntry) != 0) {
    throw RequestFileError(fmt::format(
        "{} records were announced, of {} bytes each, and {} bytes were written: {}", limits.count,
        sizeof(RequestEntry), bytes,
        bytes % sizeof(RequestEntry) == 0
            ? fmt::format("{} records", bytes / sizeof(RequestEntry))
            : fmt::format("{} records and a part of one", bytes / sizeof(RequestEntry))));
  }
  std::vector<RequestEntry> entries(limits.count);
  const std::span<std::byte> memory = std::as_writable_bytes(std::span(entries));
  for (std::size_t had = 0; had < memory.size();) {
    const ssize_t got =
        ::pread(fd, memory.data() + had, memory.size() - had, static_cast<off_t>(had));
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) {
      throw RequestFileError(fmt::format("the file of records: {}",
                                         got < 0 ? std::strerror(errno) : "it was cut short"));
    }
    had += static_cast<std::size_t>(got);
  }
  for (std::uint64_t i = 0; i < entries.size(); ++i) check(entries[i], i, limits);
  return entries;
}

Recording recording_of(std::span<const RequestEntry> requests, const TrialTimes& times) {
  return Replay(requests, times).run();
}

}  // namespace asyncbench::measure
