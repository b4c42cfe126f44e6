#include "measure/usage.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "measure/cpu_group.hpp"

namespace asyncbench::measure {

namespace {

namespace fs = std::filesystem;

std::int64_t to_ns(const timeval& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + std::int64_t{time.tv_usec} * 1'000;
}

void read_rusage(UsageSnapshot& usage) {
  rusage totals{};
  // It cannot fail, because the arguments are valid.
  getrusage(RUSAGE_SELF, &totals);
  usage.cpu_user_ns = to_ns(totals.ru_utime);
  usage.cpu_system_ns = to_ns(totals.ru_stime);
  usage.context_switches_voluntary = totals.ru_nvcsw;
  usage.context_switches_involuntary = totals.ru_nivcsw;
  usage.page_faults_minor = totals.ru_minflt;
  usage.page_faults_major = totals.ru_majflt;
}

void read_cpu_group(UsageSnapshot& usage) {
  const auto used = group_cpu_time();
  if (!used) return;
  usage.cpu_user_ns = used->user_ns;
  usage.cpu_system_ns = used->system_ns;
  usage.cpu_by_group = true;
}

void read_memory_and_threads(UsageSnapshot& usage) {
  std::string reason;
  const auto status = read_text("/proc/self/status", reason);
  if (status) {
    if (const Reading kib = number_after(*status, "\nVmHWM:"))
      usage.memory_peak_bytes = *kib * 1024;
    usage.threads = number_after(*status, "\nThreads:");
    reason = "not in /proc/self/status";
  }
  if (!usage.memory_peak_bytes) usage.unreadable["memory_peak_bytes"] = reason;
  if (!usage.threads) usage.unreadable["threads"] = reason;
}

void read_descriptors(UsageSnapshot& usage) {
  std::error_code error;
  std::int64_t count = 0;
  fs::directory_iterator entry("/proc/self/fd", error);
  while (!error && entry != fs::directory_iterator{}) {
    ++count;
    entry.increment(error);
  }
  if (error) {
    usage.unreadable["descriptors"] = "list /proc/self/fd: " + error.message();
  } else {
    usage.descriptors = count - 1;  // without the descriptor that reads the directory
  }
}

// What a schedstat says: time running, time runnable; nullopt where it is none.
struct SchedStat {
  std::int64_t run_ns = 0;
  std::int64_t wait_ns = 0;
};
std::optional<SchedStat> read_schedstat(const fs::path& path, std::string& reason) {
  const auto text = read_text(path, reason);
  if (!text) return std::nullopt;
  const Reading run_ns = leading_number(*text);
  const Reading wait_ns = number_after(*text, " ");
  if (!run_ns || !wait_ns) return std::nullopt;
  return SchedStat{.run_ns = *run_ns, .wait_ns = *wait_ns};
}

void read_threads(UsageSnapshot& usage) {
  std::error_code error;
  std::string reason;
  fs::directory_iterator task("/proc/self/task", error);
  for (; !error && task != fs::directory_iterator{}; task.increment(error)) {
    add_thread(usage, task->path(), reason);
  }
  if (!usage.run_queue_wait_ns) {
    usage.unreadable["run_queue_wait_ns"] = reason.empty() ? "no readable schedstat" : reason;
  }
}

}  // namespace

CpuTotal take_cpu_total() {
  UsageSnapshot usage;
  read_rusage(usage);
  read_cpu_group(usage);
  return {.ns = *usage.cpu_user_ns + *usage.cpu_system_ns, .by_group = usage.cpu_by_group};
}

Reading difference(const CpuTotal& before, const CpuTotal& after) {
  if (before.by_group != after.by_group) return std::nullopt;
  return difference(Reading(before.ns), Reading(after.ns));
}

void add_own_time(ThreadTimes& times) {
  std::string ignored;
  const auto stat = read_schedstat("/proc/thread-self/schedstat", ignored);
  if (stat) times.insert_or_assign(::gettid(), stat->run_ns + stat->wait_ns);
}

// A thread may end after it was listed and before it is read.
void add_thread(UsageSnapshot& usage, const fs::path& task, std::string& reason) {
  const auto stat = read_schedstat(task / "schedstat", reason);
  if (!stat) return;
  usage.run_queue_wait_ns = usage.run_queue_wait_ns.value_or(0) + stat->wait_ns;
  usage.thread_times.emplace(std::stoi(task.filename()), stat->run_ns + stat->wait_ns);
}

Reading busiest_thread(const ThreadTimes& before, const ThreadTimes& after) {
  Reading most;
  for (const auto& [thread, ns] : after) {
    const auto earlier = before.find(thread);
    most = std::max(most.value_or(0), earlier == before.end() ? ns : ns - earlier->second);
  }
  return most;
}

UsageSnapshot take_usage() {
  UsageSnapshot usage;
  usage.taken = now();
  read_rusage(usage);
  read_cpu_group(usage);
  read_threads(usage);
  read_memory_and_threads(usage);
  read_descriptors(usage);
  return usage;
}

UsageSnapshot difference(const UsageSnapshot& before, const UsageSnapshot& after) {
  UsageSnapshot between = after;
  for (const auto field :
       {&UsageSnapshot::cpu_user_ns, &UsageSnapshot::cpu_system_ns,
        &UsageSnapshot::context_switches_voluntary, &UsageSnapshot::context_switches_involuntary,
        &UsageSnapshot::page_faults_minor, &UsageSnapshot::page_faults_major,
        &UsageSnapshot::run_queue_wait_ns}) {
    between.*field = difference(before.*field, after.*field);
  }
  between.unreadable.insert(before.unreadable.begin(), before.unreadable.end());
  constexpr const char* kWentWithThreads = "threads ended and took their counts with them";
  for (const auto& [name, field] :
       {std::pair{"context_switches_voluntary", &UsageSnapshot::context_switches_voluntary},
        std::pair{"context_switches_involuntary", &UsageSnapshot::context_switches_involuntary}}) {
    if (!(between.*field)) between.unreadable.try_emplace(name, kWentWithThreads);
  }
  if (before.cpu_by_group != after.cpu_by_group) {
    // They count from different times on.
    for (const auto& [name, field] : {std::pair{"cpu_user_ns", &UsageSnapshot::cpu_user_ns},
                                      std::pair{"cpu_system_ns", &UsageSnapshot::cpu_system_ns}}) {
      (between.*field).reset();
      between.unreadable[name] = "the control group's account could be read only once";
    }
  }
  const auto is_there = [&](const auto& thread) {
    return after.thread_times.contains(thread.first);
  };
  if (after.run_queue_wait_ns && !std::ranges::all_of(before.thread_times, is_there)) {
    between.run_queue_wait_ns.reset();
    between.unreadable["run_queue_wait_ns"] = "threads ended and took their waits with them";
  }
  return between;
}

}  // namespace asyncbench::measure
