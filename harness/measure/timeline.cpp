#include "measure/timeline.hpp"

#include <unistd.h>

#include <algorithm>
#include <utility>

namespace asyncbench::measure {

namespace {

std::int32_t this_thread() {
  static thread_local const std::int32_t id = ::gettid();
  return id;
}

constinit thread_local Timeline::Current current_task{Timeline::kNoTask, kNever};

}  // namespace

// With a thread strategy, several threads may write to one lane at once; each takes a place of its
// own.
struct alignas(64) Timeline::Lane {
  explicit Lane(std::size_t size) : turns(size) {}

  std::atomic<std::uint64_t> written{0};
  std::vector<Turn> turns;
};

class Timeline::TracedTask final : public Task {
 public:
  TracedTask(Timeline& timeline, std::unique_ptr<Task> task, std::uint32_t number)
      : timeline_(timeline), task_(std::move(task)), number_(number) {}

  Op start(unsigned lane) override {
    lane_ = lane;
    return turn(now(), [&] { return task_->start(lane); });
  }

  Op resume(const Completion& ended) override {
    const Time at = now();
    if (wanted_ == OpKind::send) sent_ = at;
    if (wanted_ == OpKind::begin) sent_ = kNever;
    return turn(at, [&] { return task_->resume(ended); });
  }

 private:
  template <class Call>
  Op turn(Time at, Call call) {
    current_task = {number_, sent_};
    const Op next = call();
    current_task = {kNoTask, kNever};
    wanted_ = kind_of(next);
    if (timeline_.is_on_.load(std::memory_order_relaxed)) {
      timeline_.keep(lane_, {.start_ns = to_ns(at),
                             .end_ns = to_ns(now()),
                             .task = number_,
                             .thread = this_thread(),
                             .wanted = wanted_});
    }
    return next;
  }

  Timeline& timeline_;
  const std::unique_ptr<Task> task_;
  const std::uint32_t number_;
  unsigned lane_ = 0;
  OpKind wanted_ = OpKind::finish;
  Time sent_ = kNever;
};

class Timeline::TracingAcceptor final : public Acceptor {
 public:
  TracingAcceptor(Timeline& timeline, Acceptor& acceptor)
      : timeline_(timeline), acceptor_(acceptor) {}

  int socket(unsigned lane) override { return acceptor_.socket(lane); }
  std::unique_ptr<Task> accepted(unsigned lane) override {
    return timeline_.traced(acceptor_.accepted(lane));
  }
  unsigned opened_by_each() const override { return acceptor_.opened_by_each(); }
  std::span<const std::byte> long_replies() const override { return acceptor_.long_replies(); }

 private:
  Timeline& timeline_;
  Acceptor& acceptor_;
};

Timeline::Timeline(std::size_t lanes, std::size_t turns) {
  for (std::size_t i = 0; i < lanes; ++i) lanes_.push_back(std::make_unique<Lane>(turns));
}

Timeline::~Timeline() = default;

void Timeline::wrap(Job& job) {
  for (std::unique_ptr<Task>& task : job.tasks) task = traced(std::move(task));
  if (job.acceptor == nullptr) return;
  acceptor_ = std::make_unique<TracingAcceptor>(*this, *job.acceptor);
  job.acceptor = acceptor_.get();
}

std::unique_ptr<Task> Timeline::traced(std::unique_ptr<Task> task) {
  if (!task) return nullptr;
  return std::make_unique<TracedTask>(*this, std::move(task),
                                      tasks_.fetch_add(1, std::memory_order_relaxed));
}

void Timeline::keep(unsigned lane, const Turn& turn) {
  Lane& kept = *lanes_[lane];
  const std::uint64_t place = kept.written.fetch_add(1, std::memory_order_relaxed);
  kept.turns[place % kept.turns.size()] = turn;
}

Timeline::Taken Timeline::take() const {
  Taken taken;
  for (const auto& lane : lanes_) {
    const std::uint64_t written = lane->written.load();
    const std::uint64_t kept = std::min<std::uint64_t>(written, lane->turns.size());
    const auto end = lane->turns.begin() + static_cast<std::ptrdiff_t>(kept);
    taken.turns.insert(taken.turns.end(), lane->turns.begin(), end);
    if (written == kept) continue;
    taken.overwritten += written - kept;
    const auto oldest = std::ranges::min_element(lane->turns, {}, &Turn::start_ns);
    taken.complete_from_ns = std::max(taken.complete_from_ns, oldest->start_ns);
  }
  std::ranges::sort(taken.turns, {}, &Turn::start_ns);
  if (taken.overwritten == 0 && !taken.turns.empty()) {
    taken.complete_from_ns = taken.turns.front().start_ns;
  }
  return taken;
}

Timeline::Current Timeline::current() { return current_task; }

}  // namespace asyncbench::measure
