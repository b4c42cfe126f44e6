#include "slots.hpp"

#include <sys/resource.h>

namespace asyncbench::uring {

namespace {

constexpr rlim_t kTableMax = 1024 * 1024;  // the kernel's limit, IORING_MAX_FIXED_FILES
constexpr rlim_t kAcceptedMax = 32 * 1024;
constexpr rlim_t kSpareMax = 32 * 1024;  // beyond one for each task

}  // namespace

SlotPlan SlotPlan::of(const Job& job, unsigned lane) {
  const rlim_t tasks = (job.tasks.size() + job.threads - 1 - lane) / job.threads;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t total = std::clamp<rlim_t>(limit.rlim_cur, 2, kTableMax);
  // What accepted connections open and connect should not run out before they do.
  const rlim_t accepted =
      job.acceptor == nullptr
          ? 0
          : std::clamp<rlim_t>((total - std::min(total, tasks)) / 2, 1, kAcceptedMax);
  return {.own = static_cast<unsigned>(std::min(tasks + kSpareMax, total - accepted)),
          .accepted = static_cast<unsigned>(accepted)};
}

}  // namespace asyncbench::uring
