#include "measure/profiler.hpp"

namespace asyncbench::measure {

Profiler::Profiler(const ProfileOptions& options) : sampler_(options.frequency_hz) {}

void Profiler::start() { sampler_.start(); }

void Profiler::stop() { sampler_.stop(); }

Profile Profiler::take() {
  Profile profile;
  profile.on_cpu = sampler_.take(profile.unreadable);
  return profile;
}

}  // namespace asyncbench::measure
