// Checks of what the kernel allows: descriptors, ports, queues, io_uring, tracepoints.
#include <fmt/format.h>
#include <linux/io_uring.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <sstream>

#include "cli/doctor_checks.hpp"
#include "core/fd.hpp"
#include "measure/syscalls.hpp"

namespace asyncbench::cli {
namespace {

Finding ok(std::string found) { return {Severity::ok, std::move(found), ""}; }

Finding warning(std::string found, std::string remedy) {
  return {Severity::warning, std::move(found), std::move(remedy)};
}

// Connections of a demanding run; each needs a descriptor on either side.
constexpr std::int64_t kManyConnections = 10'000;

Finding open_files(const Host&) {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return ok("not readable");
  const std::string found =
      fmt::format("{} descriptors (hard limit {})", limit.rlim_cur, limit.rlim_max);
  if (limit.rlim_max >= static_cast<rlim_t>(kManyConnections + 64)) return ok(found);
  return warning(found + fmt::format(": too few for {} connections", kManyConnections),
                 "ulimit -n 65536, as root or with LimitNOFILE= or /etc/security/limits.conf");
}

Finding ephemeral_ports(const Host& host) {
  const auto text = host.read("proc/sys/net/ipv4/ip_local_port_range");
  if (!text) return ok("not readable");
  std::istringstream range(*text);
  std::int64_t low = 0;
  std::int64_t high = 0;
  range >> low >> high;
  const std::int64_t ports = high - low + 1;
  const std::string found =
      fmt::format("{} ({} to {}) for each loopback address", ports, low, high);
  if (ports >= 16'000) return ok(found);
  return warning(found + ": --keep-alive off will run out of them",
                 "sysctl -w net.ipv4.ip_local_port_range='15000 60999'");
}

Finding time_wait(const Host& host) {
  const auto reuse = host.read_number("proc/sys/net/ipv4/tcp_tw_reuse");
  if (!reuse) return ok("not readable");
  // 2 means for loopback alone (kernel 4.19 and later), which is all that is needed.
  if (*reuse != 0) return ok(fmt::format("tcp_tw_reuse {}: closed ports are used again", *reuse));
  return warning("tcp_tw_reuse 0: with --keep-alive off, ports stay blocked for a minute",
                 "sysctl -w net.ipv4.tcp_tw_reuse=2");
}

Finding listen_backlog(const Host& host) {
  const auto somaxconn = host.read_number("proc/sys/net/core/somaxconn");
  if (!somaxconn) return ok("not readable");
  if (*somaxconn >= 1024) return ok(fmt::format("somaxconn {}", *somaxconn));
  return warning(fmt::format("somaxconn {}: bursts of connects will be delayed", *somaxconn),
                 "sysctl -w net.core.somaxconn=4096");
}

Finding syn_backlog(const Host& host) {
  const auto backlog = host.read_number("proc/sys/net/ipv4/tcp_max_syn_backlog");
  if (!backlog) return ok("not readable");
  if (*backlog >= 1024) return ok(fmt::format("tcp_max_syn_backlog {}", *backlog));
  return warning(
      fmt::format("tcp_max_syn_backlog {}: bursts of connects will be delayed", *backlog),
      "sysctl -w net.ipv4.tcp_max_syn_backlog=4096");
}

Finding io_uring_available(const Host& host) {
  io_uring_params parameters{};
  const Fd ring(static_cast<int>(syscall(SYS_io_uring_setup, 8, &parameters)));
  if (ring) return ok("io_uring_setup works");
  const std::string found = fmt::format("io_uring_setup: {}", std::strerror(errno));
  if (errno == ENOSYS) return warning(found, "needs a kernel with CONFIG_IO_URING, 6.1 or later");
  if (host.read_number("proc/sys/kernel/io_uring_disabled").value_or(0) != 0) {
    return warning(found + " (kernel.io_uring_disabled is set)",
                   "sysctl -w kernel.io_uring_disabled=0");
  }
  return warning(
      found + ": blocked by seccomp, as containers do by default",
      "docker run --security-opt seccomp=unconfined (or a profile that allows io_uring)");
}

Finding locked_memory(const Host&) {
  rlimit limit{};
  if (getrlimit(RLIMIT_MEMLOCK, &limit) != 0) return ok("not readable");
  constexpr rlim_t kEnough = 8 << 20;
  if (geteuid() == 0) return ok("no limit for root");
  if (limit.rlim_cur == RLIM_INFINITY) return ok("no limit");
  if (limit.rlim_cur >= kEnough) return ok(fmt::format("{} KiB", limit.rlim_cur / 1024));
  return warning(fmt::format("{} KiB: large io_uring rings may be refused", limit.rlim_cur / 1024),
                 "ulimit -l 65536 (LimitMEMLOCK=, /etc/security/limits.conf)");
}

// Without the tracepoint, everything else is still measured.
Finding syscall_counts(const Host&) {
  const measure::SyscallCounter counter;
  if (counter.available()) return ok("the raw_syscalls tracepoint can be counted");
  return warning("syscalls per request stay unknown", counter.reason());
}

Finding timer_slack(const Host&) {
  const int slack_ns = prctl(PR_GET_TIMERSLACK);
  return ok(fmt::format("{} us here; participants set theirs to 1 ns", slack_ns / 1000));
}

Finding kernel_version(const Host& host) {
  const auto release = host.read("proc/sys/kernel/osrelease");
  if (!release) return ok("not readable");
  int major = 0;
  int minor = 0;
  if (std::sscanf(release->c_str(), "%d.%d", &major, &minor) == 2 &&
      (major < 6 || (major == 6 && minor < 1))) {
    return warning(*release + ": io_uring lacks deferred task work and multishot receive",
                   "use Linux 6.1 or later");
  }
  return ok(*release);
}

constexpr std::array kChecks = {
    Check{"kernel", kernel_version},         Check{"io_uring", io_uring_available},
    Check{"syscall counts", syscall_counts}, Check{"open files", open_files},
    Check{"locked memory", locked_memory},   Check{"ephemeral ports", ephemeral_ports},
    Check{"closed ports", time_wait},        Check{"listen backlog", listen_backlog},
    Check{"SYN backlog", syn_backlog},       Check{"timer slack", timer_slack},
};

}  // namespace

std::span<const Check> kernel_checks() { return kChecks; }

}  // namespace asyncbench::cli
