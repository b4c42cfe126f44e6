#include "measure/anatomy.hpp"

#include <algorithm>

namespace asyncbench::measure {

namespace {

std::optional<std::int64_t> stamp(Time time) {
  if (time == kNever) return std::nullopt;
  return to_ns(time);
}

void add(ActivityTimes& times, Activity activity, std::int64_t from, std::int64_t to) {
  if (to > from) times[static_cast<std::size_t>(activity)] += to - from;
}

}  // namespace

std::string_view name_of(RequestPhase phase) {
  constexpr std::array<std::string_view, kRequestPhases> kNames = {
      "queued", "connecting", "sending", "answering", "receiving"};
  return kNames.at(static_cast<std::size_t>(phase));
}

void RequestGroup::add(const RequestAnatomy& request) {
  ++requests;
  latency_ns += request.latency_ns();
  for (std::size_t phase = 0; phase < kRequestPhases; ++phase) {
    for (std::size_t activity = 0; activity < kActivities; ++activity) {
      phases[phase][activity] += request.phases[phase][activity];
    }
  }
}

std::int64_t RequestGroup::sum(Activity activity) const {
  std::int64_t sum = 0;
  for (const ActivityTimes& times : phases) sum += times[static_cast<std::size_t>(activity)];
  return sum;
}

TimelineIndex::TimelineIndex(Timeline::Taken timeline, const OffCpuRecorder::Taken* switches,
                             std::vector<Activity> activities)
    : turns_(std::move(timeline.turns)),
      complete_from_ns_(timeline.complete_from_ns),
      activities_(std::move(activities)),
      knows_switches_(switches != nullptr) {
  for (std::size_t i = 0; i < turns_.size(); ++i) {
    const Turn& turn = turns_[i];
    if (turn.task >= by_task_.size()) by_task_.resize(turn.task + 1);
    by_task_[turn.task].push_back(i);
    threads_[turn.thread].turns.push_back(i);
  }
  if (!knows_switches_) return;
  for (const OffCpuSpan& span : switches->spans) {
    const auto thread = threads_.find(span.thread);
    if (thread != threads_.end()) thread->second.spans.push_back(&span);
  }
  for (const auto& [id, first_run_ns] : switches->first_run_ns) {
    const auto thread = threads_.find(id);
    if (thread != threads_.end()) thread->second.first_run_ns = first_run_ns;
  }
}

// Between two turns of a task, the task waits for the thread of the second turn.
std::vector<TimelineIndex::Piece> TimelineIndex::pieces_of(std::uint32_t task, std::int64_t from,
                                                           std::int64_t to) const {
  std::vector<Piece> pieces;
  if (task >= by_task_.size()) return pieces;
  const std::vector<std::size_t>& own = by_task_[task];
  const auto first =
      std::ranges::upper_bound(own, from, {}, [this](std::size_t i) { return turns_[i].end_ns; });
  std::int64_t at = from;
  for (auto turn = first; turn != own.end() && at < to; ++turn) {
    const std::int64_t end = std::min(turns_[*turn].end_ns, to);
    pieces.push_back({.thread = turns_[*turn].thread, .from_ns = at, .to_ns = end});
    at = end;
  }
  if (at < to) pieces.clear();  // the turn in which it ended is missing
  return pieces;
}

void TimelineIndex::add_times(const Piece& piece, std::uint32_t task, ActivityTimes& times) const {
  const Thread& thread = threads_.at(piece.thread);
  std::int64_t at = piece.from_ns;
  // If the thread began in that time, the task waited for it until it had the CPU.
  if (thread.first_run_ns && *thread.first_run_ns > at) {
    const std::int64_t ran = std::min(*thread.first_run_ns, piece.to_ns);
    add(times, Activity::run_queue, at, ran);
    at = ran;
  }
  auto span =
      std::ranges::upper_bound(thread.spans, at, {}, [](const OffCpuSpan* s) { return s->in_ns; });
  for (; span != thread.spans.end() && (*span)->out_ns < piece.to_ns; ++span) {
    const auto clip = [&](std::int64_t ns) { return std::clamp(ns, at, piece.to_ns); };
    const std::int64_t out = clip((*span)->out_ns);
    const std::int64_t woken = clip((*span)->woken_ns);
    const std::int64_t in = clip((*span)->in_ns);
    add_running(thread, at, out, task, times);
    const std::uint32_t stack = (*span)->stack;
    add(times, stack < activities_.size() ? activities_[stack] : Activity::peer, out, woken);
    add(times, Activity::run_queue, woken, in);
    at = in;
  }
  add_running(thread, at, piece.to_ns, task, times);
}

void TimelineIndex::add_running(const Thread& thread, std::int64_t from, std::int64_t to,
                                std::uint32_t task, ActivityTimes& times) const {
  if (from >= to) return;
  const Activity elsewhere = knows_switches_ ? Activity::loop : Activity::unknown;
  auto turn = std::ranges::upper_bound(thread.turns, from, {},
                                       [this](std::size_t i) { return turns_[i].end_ns; });
  for (; turn != thread.turns.end() && turns_[*turn].start_ns < to; ++turn) {
    const std::int64_t start = std::clamp(turns_[*turn].start_ns, from, to);
    const std::int64_t end = std::clamp(turns_[*turn].end_ns, from, to);
    add(times, elsewhere, from, start);
    add(times, turns_[*turn].task == task ? Activity::own_code : Activity::other_tasks, start, end);
    from = end;
  }
  add(times, elsewhere, from, to);
}

std::optional<RequestAnatomy> TimelineIndex::anatomy(const LoggedRequest& request) const {
  const RequestRecord& record = request.record;
  RequestAnatomy anatomy{.task = request.task,
                         .intended_ns = stamp(record.intended),
                         .begun_ns = to_ns(record.begun),
                         .connect_begun_ns = stamp(record.connect_begun),
                         .connected_ns = stamp(record.connected),
                         .sent_ns = stamp(request.sent),
                         .first_byte_ns = stamp(record.first_byte),
                         .ended_ns = to_ns(record.ended),
                         .attempts = record.attempts};
  const std::int64_t from = anatomy.intended_ns.value_or(anatomy.begun_ns);
  if (turns_.empty() || complete_from_ns_ > from) return std::nullopt;
  const std::vector<Piece> pieces = pieces_of(request.task, from, anatomy.ended_ns);
  if (pieces.empty()) return std::nullopt;
  anatomy.thread = pieces.back().thread;

  // Where each phase ends. A phase whose end is not known takes no time.
  std::int64_t at = from;
  const std::array<std::int64_t, kRequestPhases> ends = {
      anatomy.begun_ns, anatomy.connected_ns.value_or(0), anatomy.sent_ns.value_or(0),
      anatomy.first_byte_ns.value_or(0), anatomy.ended_ns};
  for (std::size_t phase = 0; phase < kRequestPhases; ++phase) {
    const std::int64_t end = std::min(std::max(ends[phase], at), anatomy.ended_ns);
    for (const Piece& piece : pieces) {
      const Piece part{.thread = piece.thread,
                       .from_ns = std::max(piece.from_ns, at),
                       .to_ns = std::min(piece.to_ns, end)};
      if (part.from_ns < part.to_ns) add_times(part, request.task, anatomy.phases[phase]);
    }
    at = end;
  }
  return anatomy;
}

}  // namespace asyncbench::measure
