#include "slots.hpp"

#include <sys/resource.h>

namespace asyncbench::uring {

namespace {

constexpr rlim_t kTableMax = 1024 * 1024;  // the kernel's limit, IORING_MAX_FIXED_FILES
constexpr rlim_t kSpareMax = 32 * 1024;    // beyond one for each task

}  // namespace

SlotPlan SlotPlan::of(const Job& job, unsigned lane) {
  const rlim_t tasks = (job.tasks.size() + job.threads - 1 - lane) / job.threads;
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t total = std::clamp<rlim_t>(limit.rlim_cur, 2, kTableMax);
  if (job.acceptor == nullptr) {
    return {.own = static_cast<unsigned>(std::min(tasks + kSpareMax, total))};
  }
  const rlim_t shared = total - std::min(tasks, total - 1);
  const rlim_t accepted = std::max<rlim_t>(shared / (1 + job.acceptor->opened_by_each()), 1);
  return {.own = static_cast<unsigned>(total - accepted),
          .accepted = static_cast<unsigned>(accepted)};
}

}  // namespace asyncbench::uring
