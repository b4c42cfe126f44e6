#include "measure/profiler.hpp"

namespace asyncbench::measure {

Profiler::Profiler(const ProfileOptions& options, Processes processes) : processes_(processes) {
  if (processes != nullptr) {
    if (options.instruments == Instruments::samples) {
      sampler_.emplace(options.frequency_hz, processes);
    }
    return;
  }
  switch (options.instruments) {
    case Instruments::samples:
      if (options.profiler == ProfilerKind::perf) {
        perf_.emplace(options.frequency_hz);
      } else {
        sampler_.emplace(options.frequency_hz);
      }
      break;
    case Instruments::calls:
      calls_.emplace();
      break;
    case Instruments::waits:
      tracer_.emplace();
      break;
  }
}

void Profiler::look_on(Job& job) {
  if (tracer_) tracer_->wrap(job);
}

void Profiler::set_window_end(Time end) {
  if (tracer_) tracer_->set_window_end(end);
}

int Profiler::descriptor() const {
  if (sampler_) return sampler_->descriptor();
  return tracer_ ? tracer_->descriptor() : -1;
}

void Profiler::drain() {
  if (sampler_) sampler_->drain();
  if (tracer_) tracer_->drain();
}

void Profiler::begun(Time at) {
  requests_begun_.fetch_add(1, std::memory_order_relaxed);
  if (tracer_) tracer_->observer().begun(at);
}

void Profiler::ended(const RequestRecord& request) {
  requests_ended_.fetch_add(1, std::memory_order_relaxed);
  if (tracer_) tracer_->observer().ended(request);
}

void Profiler::start() {
  ended_before_ = requests_ended_.load();
  if (sampler_) sampler_->start();
  if (perf_) perf_->start();
  if (calls_) calls_->start();
  if (tracer_) tracer_->start();
}

void Profiler::stop() {
  ended_after_ = requests_ended_.load();
  if (sampler_) sampler_->stop();
  if (perf_) perf_->stop();
  if (calls_) calls_->stop();
  if (tracer_) tracer_->stop();
}

Profile Profiler::take(std::span<const LaneReport> lanes) {
  Profile profile;
  if (requests_begun_.load() > 0) {
    profile.requests = static_cast<std::int64_t>(ended_after_ - ended_before_);
  }
  if (sampler_) profile.on_cpu = sampler_->take(profile.unreadable);
  if (perf_) profile.on_cpu = perf_->take(profile.unreadable);
  if (calls_) calls_->take(profile);
  if (processes_ != nullptr && !sampler_) {
    const std::string why = "of a program of the user's there are samples alone";
    profile.unreadable = {{"calls", why}, {"off_cpu", why}};
  }
  if (tracer_) tracer_->take(profile);
  BatchSizes batches;
  for (const LaneReport& lane : lanes) batches.merge(lane.batches);
  profile.batches = batches.rows();
  return profile;
}

}  // namespace asyncbench::measure
