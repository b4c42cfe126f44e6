#include "slots.hpp"

#include <sys/resource.h>

namespace asyncbench::uring {

namespace {

constexpr rlim_t kAcceptedMax = 32 * 1024;
constexpr rlim_t kSpareMax = 32 * 1024;  // beyond one for each task

}  // namespace

SlotPlan SlotPlan::of(const Job& job, unsigned lane) {
  const rlim_t tasks = (job.tasks.size() + job.threads - 1 - lane) / job.threads;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t needed = tasks + 64;
  const rlim_t left = limit.rlim_cur > needed ? limit.rlim_cur - needed : 0;
  // What accepted connections open and connect should not run out before they do.
  const rlim_t accepted =
      job.acceptor == nullptr ? 0 : std::clamp<rlim_t>(left / 2, 1, kAcceptedMax);
  const rlim_t spare = std::min(left - std::min(left, accepted), kSpareMax);
  return {.own = static_cast<unsigned>(needed + spare),
          .accepted = static_cast<unsigned>(accepted)};
}

}  // namespace asyncbench::uring
