#include "measure/tracer.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <utility>

#include "measure/symbols.hpp"

namespace asyncbench::measure {

namespace {

// For all lanes together: enough for seven seconds of a hundred thousand requests a second.
constexpr std::size_t kTurnsKept = 2'000'000;

// For the sample of requests. It differs from trial to trial in spite of the fixed seed.
constexpr std::uint64_t kSeed = 1;

// The leaf is where the thread was. The other addresses are return addresses, which may lie just
// behind the function that called.
template <class Name>
void add_frames(const std::vector<std::uint64_t>& leaf_first, Name name,
                std::vector<Function>& stack) {
  for (std::size_t i = leaf_first.size(); i-- > 0;) {
    stack.push_back(name(i == 0 ? leaf_first[i] : leaf_first[i] - 1));
  }
}

std::uint64_t number_of(std::string_view name, std::vector<std::string>& names) {
  const auto known = std::ranges::find(names, name);
  if (known != names.end()) return static_cast<std::uint64_t>(known - names.begin());
  names.emplace_back(name);
  return names.size() - 1;
}

// The turns around a time, and the threads that were off the CPU during them.
Excerpt excerpt_around(std::int64_t at_ns, const std::vector<Turn>& turns,
                       const std::vector<OffCpuSpan>& spans,
                       const std::vector<std::uint64_t>& reasons) {
  Excerpt excerpt;
  if (turns.empty()) return excerpt;
  const auto at = std::ranges::lower_bound(turns, at_ns, {}, &Turn::start_ns) - turns.begin();
  const auto size = static_cast<std::ptrdiff_t>(turns.size());
  const auto wanted = static_cast<std::ptrdiff_t>(kExcerptTurns);
  const auto first = std::clamp<std::ptrdiff_t>(at - wanted * 3 / 4, 0,
                                                std::max<std::ptrdiff_t>(size - wanted, 0));
  const auto last = std::min(first + wanted, size);
  excerpt.turns.assign(turns.begin() + first, turns.begin() + last);
  std::set<std::int32_t> threads;
  for (const Turn& turn : excerpt.turns) threads.insert(turn.thread);
  for (const OffCpuSpan& span : spans) {
    if (span.out_ns > excerpt.turns.back().end_ns) break;
    if (span.in_ns < excerpt.turns.front().start_ns || !threads.contains(span.thread)) continue;
    excerpt.absences.push_back({.thread = span.thread,
                                .out_ns = span.out_ns,
                                .woken_ns = span.woken_ns,
                                .in_ns = span.in_ns,
                                .reason = reasons.at(span.stack)});
  }
  return excerpt;
}

}  // namespace

Tracer::Tracer() : log_(kTailMax, kSampled, kSeed) {}

void Tracer::wrap(Job& job) {
  const std::lock_guard lock(mutex_);
  timeline_.emplace(job.lanes.size(), kTurnsKept / job.lanes.size());
  timeline_->wrap(job);
  if (is_on_) timeline_->start();
}

void Tracer::start() {
  off_cpu_.start();
  {
    const std::lock_guard lock(mutex_);
    is_on_ = true;
    if (timeline_) timeline_->start();
  }
  from_ = now();
  log_.window().start_ns.store(to_ns(from_));
}

void Tracer::stop() {
  until_ = now();
  {
    const std::lock_guard lock(mutex_);
    is_on_ = false;
    if (timeline_) timeline_->stop();
  }
  off_cpu_.stop();
}

void Tracer::take(Profile& profile) {
  OffCpuRecorder::Taken switches;
  Reasons reasons{.names = {"unknown"}, .by_stack = {0}, .activities = {Activity::peer}};
  if (off_cpu_.available()) {
    Symbols symbols;
    switches = off_cpu_.take(from_, until_);
    reasons = reasons_of(switches, symbols);
    profile.off_cpu = off_cpu_of(switches, reasons, symbols);
  }
  if (!off_cpu_.reason().empty()) {
    profile.unreadable[off_cpu_.available() ? "off_cpu.reasons" : "off_cpu"] = off_cpu_.reason();
  }
  const TimelineIndex index(timeline_->take(), off_cpu_.available() ? &switches : nullptr,
                            reasons.activities);
  profile.tail = tail_of(index, switches, reasons);
  profile.in_flight = log_.in_flight().rows();
  if (log_.seen() == 0) {
    profile.unreadable["tail"] =
        "the subject issued no request in the window: a server's requests are issued by its client";
  }
}

Tracer::Reasons Tracer::reasons_of(const OffCpuRecorder::Taken& taken, Symbols& symbols) {
  Reasons reasons;
  std::vector<std::string> names;
  for (const OffCpuRecorder::Stack& stack : taken.stacks) {
    names.clear();
    for (const std::uint64_t address : stack.kernel) {
      names.push_back(symbols.kernel(address - 1).name);
    }
    const WaitReason reason = wait_reason(names);
    reasons.by_stack.push_back(number_of(reason.name, reasons.names));
    reasons.activities.push_back(reason.activity);
  }
  return reasons;
}

OffCpu Tracer::off_cpu_of(const OffCpuRecorder::Taken& taken, const Reasons& reasons,
                          Symbols& symbols) const {
  OffCpu result{.reasons_known = off_cpu_.knows_reasons(), .lost = taken.lost};
  std::vector<OffCpu::Reason> waits(reasons.names.size());
  std::map<std::uint32_t, std::uint64_t> by_stack;
  for (const OffCpuSpan& span : taken.spans) {
    if (!span.preempted && !span.began_before) {
      OffCpu::Reason& wait = waits[reasons.by_stack.at(span.stack)];
      ++wait.count;
      wait.total_ns += span.blocked_ns();
      by_stack[span.stack] += static_cast<std::uint64_t>(span.blocked_ns());
    }
    result.preemptions += span.preempted ? 1 : 0;
    result.run_queue_ns += span.queued_ns();
  }
  for (std::size_t i = 0; i < waits.size(); ++i) {
    waits[i].name = reasons.names[i];
    if (waits[i].count > 0) result.reasons.push_back(waits[i]);
  }
  std::ranges::sort(result.reasons, std::ranges::greater{}, &OffCpu::Reason::total_ns);

  CallTreeBuilder tree;
  for (const auto& [number, blocked_ns] : by_stack) {
    const OffCpuRecorder::Stack& recorded = taken.stacks.at(number);
    if (blocked_ns == 0 || (recorded.user.empty() && recorded.kernel.empty())) continue;
    std::vector<Function> stack{{.name = "asyncbench", .module = kThreadModule}};
    add_frames(
        recorded.user, [&](std::uint64_t at) { return symbols.user(at); }, stack);
    add_frames(
        recorded.kernel, [&](std::uint64_t at) { return symbols.kernel(at); }, stack);
    tree.add(stack, blocked_ns);
  }
  result.stacks = tree.take();
  return result;
}

Tail Tracer::tail_of(const TimelineIndex& index, const OffCpuRecorder::Taken& switches,
                     const Reasons& reasons) const {
  Tail tail{.requests = log_.seen()};
  const std::vector<LoggedRequest> slowest = log_.slowest();
  const std::size_t slow = std::min<std::size_t>((tail.requests + 999) / 1000, slowest.size());
  if (slow > 0) tail.p99_9_ns = slowest[slow - 1].latency_ns();
  const auto put = [&](const LoggedRequest& request, RequestGroup& group,
                       std::vector<RequestAnatomy>& shown, std::size_t shown_max) {
    const auto anatomy = index.anatomy(request);
    if (!anatomy) {
      ++group.without;
      return;
    }
    group.add(*anatomy);
    if (shown.size() < shown_max) shown.push_back(*anatomy);
  };
  for (std::size_t i = 0; i < slow; ++i) put(slowest[i], tail.slow, tail.slowest, kSlowestShown);
  // The slowest 0.1 % may be fewer requests than are shown.
  RequestGroup ignored;
  for (std::size_t i = slow; i < std::min(kSlowestShown, slowest.size()); ++i) {
    put(slowest[i], ignored, tail.slowest, kSlowestShown);
  }
  for (const LoggedRequest& request : log_.sample()) {
    put(request, tail.typical, tail.sample, kSampled);
  }
  const auto& turns = index.turns();
  const std::int64_t middle = turns.empty() ? 0 : turns[turns.size() / 2].start_ns;
  tail.excerpt = excerpt_around(tail.slowest.empty() ? middle : tail.slowest.front().ended_ns,
                                turns, switches.spans, reasons.by_stack);
  tail.excerpt.reasons = reasons.names;
  return tail;
}

}  // namespace asyncbench::measure
