#include "measure/wait_reasons.hpp"

#include <algorithm>
#include <array>

namespace asyncbench::measure {

namespace {

// The first rule that matches a function on the stack counts, so functions that are called inside
// others come first. The names are those of Linux 6.1 to 6.18.
struct Rule {
  std::string_view function;  // the function's name begins with it
  WaitReason reason;
};

constexpr auto kRules = std::to_array<Rule>({
    {"do_exit", {"exit", Activity::threads}},
    {"io_schedule", {"storage", Activity::storage}},
    {"folio_wait", {"storage", Activity::storage}},
    {"blk_", {"storage", Activity::storage}},
    {"jbd2_", {"storage", Activity::storage}},
    {"ep_poll", {"epoll_wait", Activity::peer}},
    {"do_epoll_wait", {"epoll_wait", Activity::peer}},
    {"do_epoll_pwait", {"epoll_wait", Activity::peer}},
    {"io_cqring_wait", {"io_uring_enter", Activity::peer}},
    {"io_cqring_schedule", {"io_uring_enter", Activity::peer}},
    {"io_wq_worker", {"io_uring worker", Activity::threads}},
    {"io_sq_thread", {"io_uring poller", Activity::threads}},
    {"__x64_sys_io_uring_enter", {"io_uring_enter", Activity::peer}},
    {"__do_sys_io_uring_enter", {"io_uring_enter", Activity::peer}},
    {"futex", {"futex", Activity::threads}},
    {"__futex", {"futex", Activity::threads}},
    {"do_futex", {"futex", Activity::threads}},
    {"do_sys_poll", {"poll", Activity::peer}},
    {"do_poll", {"poll", Activity::peer}},
    {"do_select", {"select", Activity::peer}},
    {"inet_csk_accept", {"accept", Activity::peer}},
    {"do_accept", {"accept", Activity::peer}},
    {"__sys_accept4", {"accept", Activity::peer}},
    {"__sys_connect", {"connect", Activity::peer}},
    {"__sys_sendto", {"send", Activity::peer}},
    {"__sys_sendmsg", {"send", Activity::peer}},
    {"__sys_recvfrom", {"recv", Activity::peer}},
    {"__sys_recvmsg", {"recv", Activity::peer}},
    {"sock_read_iter", {"recv", Activity::peer}},
    {"sock_write_iter", {"send", Activity::peer}},
    {"common_nsleep", {"sleep", Activity::peer}},
    {"hrtimer_nanosleep", {"sleep", Activity::peer}},
    {"anon_pipe_read", {"pipe", Activity::threads}},
    {"pipe_read", {"pipe", Activity::threads}},
    {"eventfd_read", {"eventfd", Activity::threads}},
    {"vfs_fsync", {"storage", Activity::storage}},
    {"vfs_read", {"storage", Activity::storage}},
    {"vfs_write", {"storage", Activity::storage}},
    {"vfs_open", {"storage", Activity::storage}},
    {"rwsem_down", {"kernel lock", Activity::threads}},
    {"down_read", {"kernel lock", Activity::threads}},
    {"down_write", {"kernel lock", Activity::threads}},
    {"__mutex_lock", {"kernel lock", Activity::threads}},
    {"__x64_sys_sched_yield", {"sched_yield", Activity::run_queue}},
});

}  // namespace

std::string_view name_of(Activity activity) {
  constexpr std::array<std::string_view, kActivities> kNames = {
      "own_code", "other_tasks", "loop", "run_queue", "peer", "threads", "storage", "unknown"};
  return kNames.at(static_cast<std::size_t>(activity));
}

WaitReason wait_reason(std::span<const std::string> kernel) {
  if (kernel.empty()) return {"unknown", Activity::peer};
  for (const Rule& rule : kRules) {
    const bool is_there = std::ranges::any_of(
        kernel, [&](const std::string& name) { return name.starts_with(rule.function); });
    if (is_there) return rule.reason;
  }
  return {"other", Activity::peer};
}

}  // namespace asyncbench::measure
