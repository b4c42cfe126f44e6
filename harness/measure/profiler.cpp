#include "measure/profiler.hpp"

namespace asyncbench::measure {

Profiler::Profiler(const ProfileOptions& options) {
  if (options.profiler == ProfilerKind::perf) {
    perf_.emplace(options.frequency_hz);
  } else {
    sampler_.emplace(options.frequency_hz);
  }
}

void Profiler::start() {
  if (sampler_) sampler_->start();
  if (perf_) perf_->start();
}

void Profiler::stop() {
  if (sampler_) sampler_->stop();
  if (perf_) perf_->stop();
}

Profile Profiler::take() {
  Profile profile;
  profile.on_cpu = sampler_ ? sampler_->take(profile.unreadable) : perf_->take(profile.unreadable);
  return profile;
}

}  // namespace asyncbench::measure
