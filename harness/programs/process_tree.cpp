#include "programs/process_tree.hpp"

#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <thread>

#include "measure/cpu_group.hpp"

namespace asyncbench::programs {
namespace {

namespace fs = std::filesystem;
using measure::CpuTime;
using measure::UsageSnapshot;

fs::path folder_of(pid_t process) { return fs::path("/proc") / std::to_string(process); }

// The children of all threads of a process (CONFIG_PROC_CHILDREN).
std::vector<pid_t> children_of(pid_t process) {
  std::vector<pid_t> children;
  std::error_code error;
  for (fs::directory_iterator task(folder_of(process) / "task", error);
       !error && task != fs::directory_iterator{}; task.increment(error)) {
    std::ifstream list(task->path() / "children");
    for (pid_t child = 0; list >> child;) children.push_back(child);
  }
  return children;
}

std::int64_t to_ns(const timespec& time) {
  return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

// The fields of /proc/PID/stat after the name, which may hold any character: the first is the
// state, field 3 of proc(5).
struct Stat {
  explicit Stat(pid_t process) {
    std::ifstream in(folder_of(process) / "stat");
    std::string text((std::istreambuf_iterator<char>(in)), {});
    std::istringstream rest(text.substr(std::min(text.size(), text.rfind(')') + 1)));
    for (std::string field; rest >> field;) fields.push_back(field);
  }
  bool has_ended() const { return fields.empty() || fields[0] == "Z" || fields[0] == "X"; }
  std::int64_t number(std::size_t field) const {  // as proc(5) numbers them
    std::int64_t value = 0;
    const std::size_t i = field - 3;
    if (i < fields.size()) {
      std::from_chars(fields[i].data(), fields[i].data() + fields[i].size(), value);
    }
    return value;
  }
  std::vector<std::string> fields;
};

// What getrusage(2) says of this process alone, which the group has counted, too.
CpuTime own_time() {
  rusage own{};
  ::getrusage(RUSAGE_SELF, &own);
  const auto ns = [](const timeval& t) {
    return std::int64_t{t.tv_sec} * 1'000'000'000 + std::int64_t{t.tv_usec} * 1'000;
  };
  return {.user_ns = ns(own.ru_utime), .system_ns = ns(own.ru_stime)};
}

// By the clock of the process, which does not tell user from system time: all of it is the user's.
CpuTime time_of(pid_t process) {
  clockid_t clock = 0;
  timespec spent{};
  if (::clock_getcpuclockid(process, &clock) != 0 || ::clock_gettime(clock, &spent) != 0) return {};
  return {.user_ns = to_ns(spent), .system_ns = 0};
}

struct Account {
  CpuTime time;
  bool by_group = false;
};

Account account_of(const std::vector<pid_t>& processes) {
  if (const auto group = measure::group_cpu_time()) {
    // Only sums are exact: the kernel splits each account by its own ticks.
    const CpuTime own = own_time();
    const std::int64_t all_ns = group->user_ns + group->system_ns;
    const std::int64_t theirs_ns = std::max<std::int64_t>(all_ns - own.user_ns - own.system_ns, 0);
    const double share =
        all_ns > 0 ? static_cast<double>(group->user_ns) / static_cast<double>(all_ns) : 1;
    const auto user_ns = static_cast<std::int64_t>(static_cast<double>(theirs_ns) * share);
    return {.time = {.user_ns = user_ns, .system_ns = theirs_ns - user_ns}, .by_group = true};
  }
  Account account;
  for (const pid_t process : processes) {
    const CpuTime time = time_of(process);
    account.time.user_ns += time.user_ns;
    account.time.system_ns += time.system_ns;
  }
  return account;
}

void add(measure::Reading& sum, measure::Reading more) {
  if (more) sum = sum.value_or(0) + *more;
}

void add_process(UsageSnapshot& usage, pid_t process) {
  const fs::path folder = folder_of(process);
  std::string reason;
  const Stat stat(process);
  add(usage.page_faults_minor, stat.number(10));
  add(usage.page_faults_major, stat.number(12));
  if (const auto status = measure::read_text(folder / "status", reason)) {
    if (const measure::Reading kib = measure::number_after(*status, "\nVmHWM:")) {
      add(usage.memory_peak_bytes, *kib * 1024);
    }
    add(usage.threads, measure::number_after(*status, "\nThreads:"));
  }
  std::error_code error;
  for (fs::directory_iterator task(folder / "task", error);
       !error && task != fs::directory_iterator{}; task.increment(error)) {
    if (const auto status = measure::read_text(task->path() / "status", reason)) {
      add(usage.context_switches_voluntary,
          measure::number_after(*status, "\nvoluntary_ctxt_switches:"));
      add(usage.context_switches_involuntary,
          measure::number_after(*status, "\nnonvoluntary_ctxt_switches:"));
    }
    measure::add_thread(usage, task->path(), reason);
  }
}

}  // namespace

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1); }

std::vector<pid_t> descendants() {
  std::vector<pid_t> found;
  std::vector<pid_t> left = children_of(::getpid());
  while (!left.empty()) {
    const pid_t process = left.back();
    left.pop_back();
    if (!Stat(process).has_ended()) found.push_back(process);
    const std::vector<pid_t> children = children_of(process);
    left.insert(left.end(), children.begin(), children.end());
  }
  return found;
}

std::string name_of(pid_t process) {
  std::string reason;
  return measure::read_text(folder_of(process) / "comm", reason).value_or("?");
}

std::vector<std::uint16_t> listening_ports() {
  std::set<std::string> sockets;  // "socket:[INODE]"
  for (const pid_t process : descendants()) {
    std::error_code error;
    for (fs::directory_iterator fd(folder_of(process) / "fd", error);
         !error && fd != fs::directory_iterator{}; fd.increment(error)) {
      std::error_code unread;
      sockets.insert(fs::read_symlink(fd->path(), unread).string());
    }
  }
  std::vector<std::uint16_t> ports;
  for (const char* const table : {"/proc/self/net/tcp", "/proc/self/net/tcp6"}) {
    std::ifstream in(table);
    std::string line;
    std::getline(in, line);
    while (std::getline(in, line)) {
      std::istringstream fields(line);
      std::string slot, local, remote, state, skipped, inode;
      fields >> slot >> local >> remote >> state;
      for (int i = 0; i < 5; ++i) fields >> skipped;
      fields >> inode;
      constexpr const char* kListening = "0A";
      if (state != kListening || !sockets.contains("socket:[" + inode + "]")) continue;
      const auto port = std::stoul(local.substr(local.rfind(':') + 1), nullptr, 16);
      ports.push_back(static_cast<std::uint16_t>(port));
    }
  }
  return ports;
}

void kill_descendants() {
  // Those that fork while they are killed leave others to be found.
  for (std::vector<pid_t> left = descendants(); !left.empty(); left = descendants()) {
    for (const pid_t process : left) ::kill(process, SIGKILL);
    while (::waitpid(-1, nullptr, WNOHANG) > 0) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  while (::waitpid(-1, nullptr, WNOHANG) > 0) {
  }
}

UsageSnapshot take_usage_of_descendants() {
  UsageSnapshot usage;
  usage.taken = now();
  const std::vector<pid_t> processes = descendants();
  const Account account = account_of(processes);
  usage.cpu_user_ns = account.time.user_ns;
  usage.cpu_system_ns = account.time.system_ns;
  usage.cpu_by_group = account.by_group;
  for (const pid_t process : processes) add_process(usage, process);
  if (!usage.memory_peak_bytes) usage.unreadable["memory_peak_bytes"] = "no process is left";
  return usage;
}

measure::CpuTotal take_cpu_total_of_descendants() {
  const Account account =
      account_of(measure::group_cpu_time() ? std::vector<pid_t>{} : descendants());
  return {.ns = account.time.user_ns + account.time.system_ns, .by_group = account.by_group};
}

}  // namespace asyncbench::programs
