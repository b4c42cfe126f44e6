#include "report/perfetto.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include "core/op.hpp"
#include "report/protobuf.hpp"

namespace asyncbench::report {
namespace {

using measure::Absence;
using measure::RequestAnatomy;
using measure::Turn;

// Numbers of protos/perfetto/trace/*.proto.
namespace field {
constexpr unsigned kPacket = 1;  // Trace
// TracePacket
constexpr unsigned kTimestamp = 8;
constexpr unsigned kSequence = 10;
constexpr unsigned kTrackEvent = 11;
constexpr unsigned kInternedData = 12;
constexpr unsigned kSequenceFlags = 13;
constexpr unsigned kTrackDescriptor = 60;
// TrackDescriptor
constexpr unsigned kUuid = 1;
constexpr unsigned kTrackName = 2;
constexpr unsigned kProcess = 3;
constexpr unsigned kThread = 4;
constexpr unsigned kParent = 5;
// ProcessDescriptor, ThreadDescriptor
constexpr unsigned kPid = 1;
constexpr unsigned kTid = 2;
constexpr unsigned kThreadName = 5;
constexpr unsigned kProcessName = 6;
// TrackEvent
constexpr unsigned kType = 9;
constexpr unsigned kNameIid = 10;
constexpr unsigned kTrack = 11;
// InternedData, EventName
constexpr unsigned kEventNames = 2;
constexpr unsigned kIid = 1;
constexpr unsigned kName = 2;
}  // namespace field

constexpr unsigned kSliceBegin = 1;
constexpr unsigned kSliceEnd = 2;
constexpr unsigned kStateCleared = 1;
constexpr unsigned kNeedsState = 2;
constexpr unsigned kOnlySequence = 1;

// Process ids are made from the position of what is shown; the real processes have ended.
struct Tracks {
  explicit Tracks(std::size_t position) : process(position + 1) {}

  std::uint64_t process;  // its number, too
  std::uint64_t of_process() const { return process << 40U; }
  std::uint64_t of_thread(std::int32_t id) const {
    return of_process() + (std::uint64_t{1} << 32U) + static_cast<std::uint32_t>(id);
  }
  std::uint64_t of_connection(std::uint32_t task) const {
    return of_process() + (std::uint64_t{2} << 32U) + task;
  }
  std::uint64_t of_requests(std::uint32_t task) const {
    return of_process() + (std::uint64_t{3} << 32U) + task;
  }
};

// A part of a track.
struct Slice {
  std::uint64_t track = 0;
  std::int64_t from_ns = 0;
  std::int64_t to_ns = 0;
  std::string name;
};

class Slices {
 public:
  // A slice that takes no time is left out: viewers would draw it over the next.
  void add(std::uint64_t track, std::int64_t from_ns, std::int64_t to_ns, std::string name) {
    if (from_ns < to_ns) slices_.push_back({track, from_ns, to_ns, std::move(name)});
  }

  // From 0 on, by track and time, an outer one before those that lie in it.
  std::vector<Slice> take() {
    std::int64_t zero = INT64_MAX;
    for (const Slice& slice : slices_) zero = std::min(zero, slice.from_ns);
    for (Slice& slice : slices_) {
      slice.from_ns -= zero;
      slice.to_ns -= zero;
    }
    std::ranges::sort(slices_, [](const Slice& a, const Slice& b) {
      return std::tie(a.track, a.from_ns, b.to_ns) < std::tie(b.track, b.from_ns, a.to_ns);
    });
    return std::move(slices_);
  }

 private:
  std::vector<Slice> slices_;
};

std::string connection(std::uint32_t task) { return "connection " + std::to_string(task); }

void add_threads(const measure::Excerpt& excerpt, const Tracks& tracks, Slices& slices) {
  for (const Turn& turn : excerpt.turns) {
    slices.add(tracks.of_thread(turn.thread), turn.start_ns, turn.end_ns,
               "code of " + connection(turn.task));
  }
  for (const Absence& absence : excerpt.absences) {
    const std::uint64_t track = tracks.of_thread(absence.thread);
    slices.add(track, absence.out_ns, absence.woken_ns,
               "waits: " + excerpt.reasons.at(absence.reason));
    slices.add(track, absence.woken_ns, absence.in_ns, "waits for a CPU");
  }
}

// Between two turns of a task it waits for what it wanted at the end of the first.
void add_connections(const measure::Excerpt& excerpt, const Tracks& tracks, Slices& slices) {
  std::map<std::uint32_t, const Turn*> before;
  for (const Turn& turn : excerpt.turns) {
    const std::uint64_t track = tracks.of_connection(turn.task);
    const auto [last, is_first] = before.try_emplace(turn.task, &turn);
    if (!is_first) {
      slices.add(track, last->second->end_ns, turn.start_ns, name_of(last->second->wanted));
      last->second = &turn;
    }
    slices.add(track, turn.start_ns, turn.end_ns, "code");
  }
}

// A request and, within it, its phases.
void add_request(const RequestAnatomy& request, const Tracks& tracks, Slices& slices) {
  const std::uint64_t track = tracks.of_requests(request.task);
  const std::int64_t from_ns = request.intended_ns.value_or(request.begun_ns);
  slices.add(track, from_ns, request.ended_ns,
             "request, " + std::to_string(request.latency_ns() / 1000) + " us");
  std::int64_t at = from_ns;
  const auto phase = [&](measure::RequestPhase named, std::int64_t end) {
    end = std::clamp(end, at, request.ended_ns);
    slices.add(track, at, end, std::string(name_of(named)));
    at = end;
  };
  using enum measure::RequestPhase;
  phase(queued, request.begun_ns);
  phase(connecting, request.connected_ns.value_or(0));
  phase(sending, request.sent_ns.value_or(0));
  phase(answering, request.first_byte_ns.value_or(0));
  phase(receiving, request.ended_ns);
}

// Each name once: events refer to it by a number.
class Trace {
 public:
  void name_process(const Tracks& tracks, const std::string& name) {
    ProtobufMessage process;
    process.integer(field::kPid, tracks.process);
    process.text(field::kProcessName, name);
    ProtobufMessage track;
    track.integer(field::kUuid, tracks.of_process());
    track.message(field::kProcess, process);
    add_track(track);
  }

  void name_thread(const Tracks& tracks, std::int32_t id) {
    ProtobufMessage thread;
    thread.integer(field::kPid, tracks.process);
    thread.integer(field::kTid, static_cast<std::uint64_t>(id));
    thread.text(field::kThreadName, "thread " + std::to_string(id));
    ProtobufMessage track = child_track(tracks, tracks.of_thread(id));
    track.message(field::kThread, thread);
    add_track(track);
  }

  void name_track(const Tracks& tracks, std::uint64_t uuid, const std::string& name) {
    ProtobufMessage track = child_track(tracks, uuid);
    track.text(field::kTrackName, name);
    add_track(track);
  }

  void begin(const Slice& slice) {
    const auto [known, is_new] = names_.try_emplace(slice.name, names_.size() + 1);
    ProtobufMessage event;
    event.integer(field::kType, kSliceBegin);
    event.integer(field::kNameIid, known->second);
    event.integer(field::kTrack, slice.track);
    ProtobufMessage packet = packet_at(slice.from_ns, event);
    if (is_new) {
      ProtobufMessage name;
      name.integer(field::kIid, known->second);
      name.text(field::kName, slice.name);
      ProtobufMessage interned;
      interned.message(field::kEventNames, name);
      packet.message(field::kInternedData, interned);
    }
    add(packet);
  }

  void end(const Slice& slice) {
    ProtobufMessage event;
    event.integer(field::kType, kSliceEnd);
    event.integer(field::kTrack, slice.track);
    ProtobufMessage packet = packet_at(slice.to_ns, event);
    add(packet);
  }

  const std::string& bytes() const { return trace_.bytes(); }

 private:
  static ProtobufMessage child_track(const Tracks& tracks, std::uint64_t uuid) {
    ProtobufMessage track;
    track.integer(field::kUuid, uuid);
    track.integer(field::kParent, tracks.of_process());
    return track;
  }

  static ProtobufMessage packet_at(std::int64_t at_ns, const ProtobufMessage& event) {
    ProtobufMessage packet;
    packet.integer(field::kTimestamp, static_cast<std::uint64_t>(at_ns));
    packet.message(field::kTrackEvent, event);
    return packet;
  }

  void add_track(const ProtobufMessage& track) {
    ProtobufMessage packet;
    packet.message(field::kTrackDescriptor, track);
    add(packet);
  }

  // The first clears the state that the others need: the names.
  void add(ProtobufMessage& packet) {
    packet.integer(field::kSequence, kOnlySequence);
    packet.integer(field::kSequenceFlags, trace_.bytes().empty() ? kStateCleared : kNeedsState);
    trace_.message(field::kPacket, packet);
  }

  ProtobufMessage trace_;
  std::map<std::string, std::uint64_t> names_;
};

// Slices of one track lie in one another or apart; what a clock's coarseness makes overlap is cut.
void add_slices(const std::vector<Slice>& slices, Trace& trace) {
  std::vector<Slice> open;
  const auto close_until = [&](std::int64_t at_ns) {
    while (!open.empty() && open.back().to_ns <= at_ns) {
      trace.end(open.back());
      open.pop_back();
    }
  };
  for (Slice slice : slices) {
    if (!open.empty() && open.back().track != slice.track) close_until(INT64_MAX);
    close_until(slice.from_ns);
    if (!open.empty()) slice.to_ns = std::min(slice.to_ns, open.back().to_ns);
    trace.begin(slice);
    open.push_back(slice);
  }
  close_until(INT64_MAX);
}

void add_process(const TracedProcess& process, const Tracks& tracks, Trace& trace) {
  const measure::Tail& tail = *process.tail;
  trace.name_process(tracks, process.name);
  std::set<std::int32_t> threads;
  std::set<std::uint32_t> connections;
  for (const Turn& turn : tail.excerpt.turns) {
    threads.insert(turn.thread);
    connections.insert(turn.task);
  }
  for (const Absence& absence : tail.excerpt.absences) threads.insert(absence.thread);
  for (const std::int32_t thread : threads) trace.name_thread(tracks, thread);
  for (const std::uint32_t task : connections) {
    trace.name_track(tracks, tracks.of_connection(task), connection(task));
  }

  Slices slices;
  add_threads(tail.excerpt, tracks, slices);
  add_connections(tail.excerpt, tracks, slices);
  std::set<std::pair<std::uint32_t, std::int64_t>> shown;  // a slow one may be in the sample, too
  std::set<std::uint32_t> asking;
  for (const auto* requests : {&tail.slowest, &tail.sample}) {
    for (const RequestAnatomy& request : *requests) {
      if (!shown.emplace(request.task, request.begun_ns).second) continue;
      if (asking.insert(request.task).second) {
        trace.name_track(tracks, tracks.of_requests(request.task),
                         "requests of " + connection(request.task));
      }
      add_request(request, tracks, slices);
    }
  }
  add_slices(slices.take(), trace);
}

}  // namespace

std::string perfetto(std::span<const TracedProcess> processes) {
  Trace trace;
  for (std::size_t i = 0; i < processes.size(); ++i) add_process(processes[i], Tracks(i), trace);
  return trace.bytes();
}

std::string perfetto(const result::Result& result) {
  std::vector<TracedProcess> processes;
  for (const result::Cell& cell : result.cells) {
    const result::Trial* const traced = cell.latest_trial([](const result::Trial& trial) {
      return trial.kind == result::TrialKind::trace && trial.valid && trial.profile &&
             trial.profile->tail;
    });
    if (traced != nullptr) {
      processes.push_back({.name = cell.id, .tail = &*traced->profile->tail});
    }
  }
  return perfetto(processes);
}

}  // namespace asyncbench::report
