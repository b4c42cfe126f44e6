#include "measure/off_cpu.hpp"

#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <string_view>
#include <utility>

#include "measure/tracepoint.hpp"

namespace asyncbench::measure {

namespace {

// Half a million switches a second with their chains are about 100 MB/s. The harness thread empties
// the rings whenever one is half full.
constexpr std::size_t kSwitchBytes = std::size_t{8} * 1024 * 1024;
constexpr std::size_t kWakingBytes = std::size_t{1} * 1024 * 1024;
constexpr std::size_t kEventsMax = 4'000'000;
constexpr std::uint16_t kStackMax = 64;

perf_event_attr basic_event(std::uint32_t type, std::uint64_t config, std::size_t ring_bytes) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = type;
  attributes.config = config;
  attributes.disabled = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  attributes.watermark = 1;
  attributes.wakeup_watermark = static_cast<std::uint32_t>(ring_bytes / 2);
  return attributes;
}

// Switches of our threads; of the first thread only until it starts others.
perf_event_attr switch_event(std::uint32_t type, std::uint64_t config, std::size_t ring_bytes) {
  perf_event_attr attributes = basic_event(type, config, ring_bytes);
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_TIME;
  attributes.sample_id_all = 1;
  attributes.context_switch = 1;
  attributes.task = 1;
  attributes.inherit = 1;
  return attributes;
}

}  // namespace

OffCpuRecorder::OffCpuRecorder() : waiting_(::epoll_create1(EPOLL_CLOEXEC)) {
  knows_reasons_ = open_tracepoints();
  if (knows_reasons_) return;
  switches_.clear();
  wakings_.clear();
  if (!open_switches())
    reason_ = errno_text("perf_event_open for context switches") + "; " + reason_;
}

bool OffCpuRecorder::open_tracepoints() {
  const auto switching = find_tracepoint("sched", "sched_switch", reason_);
  const auto waking = switching ? find_tracepoint("sched", "sched_waking", reason_) : std::nullopt;
  const auto pid = waking ? waking->offset_of("pid") : std::nullopt;
  if (!pid) return false;
  pid_offset_ = *pid;

  perf_event_attr switches = switch_event(PERF_TYPE_TRACEPOINT, switching->id, kSwitchBytes);
  switches.sample_type |= PERF_SAMPLE_CALLCHAIN;
  switches.sample_period = 1;
  switches.sample_max_stack = kStackMax;
  perf_event_attr wakings = basic_event(PERF_TYPE_TRACEPOINT, waking->id, kWakingBytes);
  wakings.sample_type = PERF_SAMPLE_TIME | PERF_SAMPLE_RAW;
  wakings.sample_period = 1;
  if (add_rings(switches_, switches, 0, kSwitchBytes) &&
      add_rings(wakings_, wakings, -1, kWakingBytes)) {
    return true;
  }
  reason_ = errno_text("perf_event_open sched:sched_switch") + "; run as root";
  return false;
}

bool OffCpuRecorder::open_switches() {
  perf_event_attr attributes =
      switch_event(PERF_TYPE_SOFTWARE, PERF_COUNT_SW_DUMMY, PerfRing::kBytes);
  attributes.exclude_kernel = 1;
  return add_rings(switches_, attributes, 0, PerfRing::kBytes);
}

bool OffCpuRecorder::add_rings(std::vector<PerfRing>& rings, const perf_event_attr& attributes,
                               int process, std::size_t bytes) {
  for (const int cpu : online_cpus()) {
    Fd event = open_perf_event(attributes, process, cpu);
    if (!event) return false;
    PerfRing ring(std::move(event), bytes);
    if (!ring.is_mapped()) return false;
    epoll_event readable{.events = EPOLLIN, .data = {.fd = ring.fd()}};
    if (::epoll_ctl(waiting_.get(), EPOLL_CTL_ADD, ring.fd(), &readable) != 0) return false;
    rings.push_back(std::move(ring));
  }
  return true;
}

void OffCpuRecorder::start() {
  for (const PerfRing& ring : wakings_) ring.enable();
  for (const PerfRing& ring : switches_) ring.enable();
}

void OffCpuRecorder::stop() {
  for (const PerfRing& ring : switches_) ring.disable();
  for (const PerfRing& ring : wakings_) ring.disable();
  drain();
}

void OffCpuRecorder::drain() {
  for (PerfRing& ring : switches_) ring.drain([this](const PerfRecord& r) { keep_switch(r); });
  for (PerfRing& ring : wakings_) ring.drain([this](const PerfRecord& r) { keep_waking(r); });
}

void OffCpuRecorder::keep(const Event& event) {
  if (events_.size() < kEventsMax) {
    events_.push_back(event);
  } else {
    ++lost_;
  }
}

// The tracepoint's record comes first, then the record of the switch that it announced.
void OffCpuRecorder::keep_switch(const PerfRecord& record) {
  PerfFields fields(record.body);
  if (record.type == PERF_RECORD_LOST) {
    fields.take<std::uint64_t>();
    lost_ += fields.take<std::uint64_t>();
    return;
  }
  if (record.type == PERF_RECORD_FORK || record.type == PERF_RECORD_EXIT) {
    fields.take<std::uint64_t>();  // process and parent's
    const auto thread = fields.take<std::int32_t>();
    fields.take<std::uint32_t>();  // parent's
    keep({.at_ns = fields.take<std::int64_t>(),
          .thread = thread,
          .kind = record.type == PERF_RECORD_FORK ? Kind::born : Kind::ended,
          .stack = 0});
    return;
  }
  if (record.type != PERF_RECORD_SAMPLE && record.type != PERF_RECORD_SWITCH) return;
  const auto process = fields.take<std::int32_t>();
  const auto thread = fields.take<std::int32_t>();
  const auto at_ns = fields.take<std::int64_t>();
  if (!fields.ok() || thread == process) return;
  if (record.type == PERF_RECORD_SAMPLE) {
    switching_[thread] = stack_of(fields);
    return;
  }
  if ((record.misc & PERF_RECORD_MISC_SWITCH_OUT) == 0) {
    keep({.at_ns = at_ns, .thread = thread, .kind = Kind::in, .stack = 0});
    return;
  }
  const auto announced = switching_.find(thread);
  const std::uint32_t stack = announced != switching_.end() ? announced->second : 0;
  const bool preempted = (record.misc & PERF_RECORD_MISC_SWITCH_OUT_PREEMPT) != 0;
  keep({.at_ns = at_ns,
        .thread = thread,
        .kind = preempted ? Kind::preempted : Kind::out,
        .stack = stack});
}

void OffCpuRecorder::keep_waking(const PerfRecord& record) {
  PerfFields fields(record.body);
  if (record.type == PERF_RECORD_LOST) {
    fields.take<std::uint64_t>();
    lost_ += fields.take<std::uint64_t>();
    return;
  }
  if (record.type != PERF_RECORD_SAMPLE) return;
  const auto at_ns = fields.take<std::int64_t>();
  const std::size_t data = sizeof at_ns + sizeof(std::uint32_t) + pid_offset_;
  if (record.body.size() < data + sizeof(std::int32_t)) return;
  PerfFields pid(record.body.subspan(data));
  keep({.at_ns = at_ns, .thread = pid.take<std::int32_t>(), .kind = Kind::waking, .stack = 0});
}

std::uint32_t OffCpuRecorder::stack_of(PerfFields& fields) {
  const auto length = fields.take<std::uint64_t>();
  std::vector<std::uint64_t> chain;
  chain.reserve(length);
  for (std::uint64_t i = 0; i < length && fields.ok(); ++i) {
    chain.push_back(fields.take<std::uint64_t>());
  }
  const auto [known, is_new] = known_stacks_.try_emplace(chain, stacks_.size());
  if (!is_new) return known->second;
  Stack& stack = stacks_.emplace_back();
  std::vector<std::uint64_t>* part = nullptr;
  for (const std::uint64_t address : chain) {
    if (address == PERF_CONTEXT_KERNEL) {
      part = &stack.kernel;
    } else if (address == PERF_CONTEXT_USER) {
      part = &stack.user;
    } else if (address >= PERF_CONTEXT_MAX) {
      part = nullptr;
    } else if (part != nullptr) {
      part->push_back(address);
    }
  }
  return known->second;
}

namespace {

// What is known about a thread while the events are read in order.
struct ThreadState {
  bool is_born = false;   // it began and has not run yet
  bool was_seen = false;  // it has been seen to run
  bool is_ending = false;
  std::optional<OffCpuSpan> off;
};

}  // namespace

OffCpuRecorder::Taken OffCpuRecorder::take(Time from, Time until) {
  Taken taken;
  taken.lost = std::exchange(lost_, 0);
  std::ranges::stable_sort(events_, {}, &Event::at_ns);
  std::map<std::int32_t, ThreadState> threads;
  const auto close = [&](ThreadState& thread, std::int64_t at_ns) {
    OffCpuSpan span = *std::exchange(thread.off, std::nullopt);
    span.in_ns = at_ns;
    if (span.woken_ns == 0) span.woken_ns = at_ns;
    for (std::int64_t* const stamp : {&span.out_ns, &span.woken_ns, &span.in_ns}) {
      *stamp = std::clamp(*stamp, to_ns(from), to_ns(until));
    }
    if (span.in_ns > span.out_ns) taken.spans.push_back(span);
  };
  for (const Event& event : events_) {
    // Wakings are recorded for all threads of the machine.
    if (event.kind == Kind::waking && !threads.contains(event.thread)) continue;
    ThreadState& thread = threads[event.thread];
    switch (event.kind) {
      case Kind::born:
        thread = {.is_born = true};
        break;
      case Kind::ended:
        thread.is_ending = true;
        break;
      case Kind::waking:
        if (thread.off && thread.off->woken_ns == 0) thread.off->woken_ns = event.at_ns;
        break;
      case Kind::out:
      case Kind::preempted: {
        if (std::exchange(thread.is_ending, false) && event.kind == Kind::out) break;
        const bool preempted = event.kind == Kind::preempted;
        thread.was_seen = true;
        thread.off = {.thread = event.thread,
                      .out_ns = event.at_ns,
                      .woken_ns = preempted ? event.at_ns : 0,
                      .preempted = preempted,
                      .stack = event.stack};
        break;
      }
      case Kind::in:
        if (std::exchange(thread.is_born, false)) {
          taken.first_run_ns[event.thread] = event.at_ns;
        } else if (!thread.was_seen) {
          thread.off = {.thread = event.thread, .out_ns = to_ns(from), .began_before = true};
        }
        thread.was_seen = true;
        if (thread.off) close(thread, event.at_ns);
        break;
    }
  }
  for (auto& [id, thread] : threads) {
    if (thread.off) close(thread, to_ns(until));
  }
  std::ranges::sort(taken.spans, {}, &OffCpuSpan::out_ns);
  taken.stacks = std::move(stacks_);
  events_ = {};
  return taken;
}

}  // namespace asyncbench::measure
