#include "measure/request_log.hpp"

#include <algorithm>

#include "measure/timeline.hpp"

namespace asyncbench::measure {

namespace {

bool is_slower(const LoggedRequest& a, const LoggedRequest& b) {
  return a.latency_ns() > b.latency_ns();
}

}  // namespace

std::int64_t LoggedRequest::latency_ns() const {
  const Time from = record.intended != kNever ? record.intended : record.begun;
  return (record.ended - from).count();
}

RequestLog::RequestLog(std::size_t slowest, std::size_t sampled, std::uint64_t seed)
    : slowest_max_(slowest),
      sampled_max_(sampled),
      random_(static_cast<std::minstd_rand::result_type>(seed)) {}

void RequestLog::begun(Time at) {
  const std::lock_guard lock(mutex_);
  ++flying_;
  if (is_in_window(at)) in_flight_.add(flying_);
}

void RequestLog::ended(const RequestRecord& request) {
  const Timeline::Current current = Timeline::current();
  const std::lock_guard lock(mutex_);
  --flying_;
  if (request.outcome != Outcome::ok || !is_in_window(request.begun) ||
      !is_in_window(request.ended)) {
    return;
  }
  ++seen_;
  const LoggedRequest logged{.record = request, .task = current.task, .sent = current.sent};
  if (slowest_.size() < slowest_max_) {
    slowest_.push_back(logged);
    std::ranges::push_heap(slowest_, is_slower);
  } else if (!slowest_.empty() && is_slower(logged, slowest_.front())) {
    std::ranges::pop_heap(slowest_, is_slower);
    slowest_.back() = logged;
    std::ranges::push_heap(slowest_, is_slower);
  }
  if (sample_.size() < sampled_max_) {
    sample_.push_back(logged);
    return;
  }
  const auto place = std::uniform_int_distribution<std::uint64_t>(0, seen_ - 1)(random_);
  if (place < sample_.size()) sample_[place] = logged;
}

std::vector<LoggedRequest> RequestLog::slowest() const {
  std::vector<LoggedRequest> sorted = slowest_;
  std::ranges::sort(sorted, is_slower);
  return sorted;
}

}  // namespace asyncbench::measure
