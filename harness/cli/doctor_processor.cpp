// Checks of what the processors do beside the measurement: sleeping, slowing down, other work.
#include <fmt/format.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include "cli/doctor_checks.hpp"
#include "measure/cpu_quota.hpp"

namespace asyncbench::cli {
namespace {

Finding ok(std::string found) { return {Severity::ok, std::move(found), ""}; }

Finding warning(std::string found, std::string remedy) {
  return {Severity::warning, std::move(found), std::move(remedy)};
}

Finding problem(std::string found, std::string remedy) {
  return {Severity::problem, std::move(found), std::move(remedy)};
}

Finding own_build(const Host&) {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return problem("this binary is built with sanitizers: several times slower",
                 "measure with the release build: cmake --preset release");
#elif !defined(__OPTIMIZE__)
  return problem("this binary is built without optimization",
                 "measure with the release build: cmake --preset release");
#else
  return ok("optimized");
#endif
}

Finding cpu_count(const Host&) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  const int count = sched_getaffinity(0, sizeof allowed, &allowed) == 0 ? CPU_COUNT(&allowed) : 0;
  if (count >= 2) return ok(fmt::format("{} usable", count));
  return problem("one usable CPU: both sides of a connection share it",
                 "allow a second one (taskset, cpuset, docker --cpus); until then, compare CPU per "
                 "request, not throughput");
}

Finding quota(const Host& host) {
  const auto quota = measure::cpu_quota(host.at(""));
  if (!quota) return ok("none");
  return problem(
      fmt::format("{:g} CPUs for all of {}: figures will be those of the quota", quota->cpus,
                  quota->group.string()),
      "raise it (cpu.max, docker --cpus, systemd's CPUQuota=), or measure outside of it");
}

Finding smt_siblings(const Host& host) {
  const auto active = host.read_number("sys/devices/system/cpu/smt/active");
  if (!active) return ok("not readable; no sign of SMT");
  if (*active == 0) return ok("no SMT siblings in use");
  return warning(
      "SMT is on: two busy siblings slow each other down",
      "pin to different cores (--pin), or: echo off > /sys/devices/system/cpu/smt/control");
}

// A core that wakes from an idle state adds tens of microseconds to a request at light load.
Finding idle_states(const Host& host) {
  if (access(host.at("dev/cpu_dma_latency").c_str(), W_OK) == 0) {
    return ok("run holds /dev/cpu_dma_latency at 0, so that cores stay awake");
  }
  return warning(
      "/dev/cpu_dma_latency is not writable: waking cores add tens of us at light load",
      "run as root, or: chmod o+rw /dev/cpu_dma_latency; else compare only runs with the "
      "same --cpu-idle");
}

Finding frequency_governor(const Host& host) {
  const auto governor = host.read("sys/devices/system/cpu/cpu0/cpufreq/scaling_governor");
  if (!governor) return ok("no frequency control visible");
  if (*governor == "performance") return ok("performance");
  return warning(fmt::format("{}: the clock follows the load", *governor),
                 "cpupower frequency-set -g performance");
}

Finding clock_source(const Host& host) {
  const auto source = host.read("sys/devices/system/clocksource/clocksource0/current_clocksource");
  if (!source) return ok("not readable");
  if (*source == "tsc" || *source == "arch_sys_counter") return ok(*source);
  // kvm-clock is read through the vDSO too, though more slowly than the TSC.
  if (*source == "kvm-clock" || *source == "hyperv_clocksource_tsc_page") {
    return ok(*source + ", read without a system call");
  }
  return problem(fmt::format("{}: reading the time costs a system call", *source),
                 "boot with tsc=reliable, if the TSC is; or measure on another machine");
}

Finding load(const Host& host) {
  const auto text = host.read("proc/loadavg");
  if (!text) return ok("not readable");
  const double last_minute = std::strtod(text->c_str(), nullptr);
  if (last_minute < 0.5) return ok(fmt::format("load average {:.2f}", last_minute));
  return warning(fmt::format("load average {:.2f} in the last minute", last_minute),
                 "stop other work, or wait until it has ended");
}

Finding pressure(const Host& host) {
  const auto text = host.read("proc/pressure/cpu");
  if (!text) return ok("no pressure information (PSI) in this kernel");
  const auto at = text->find("avg10=");
  const double share = at == std::string::npos ? 0 : std::strtod(text->c_str() + at + 6, nullptr);
  if (share < 5) return ok(fmt::format("tasks waited for a CPU {:.1f} % of the last 10 s", share));
  return warning(fmt::format("tasks waited for a CPU {:.1f} % of the last 10 s", share),
                 "stop other work, or wait until it has ended");
}

struct CpuTicks {
  std::int64_t total = 0;
  std::int64_t steal = 0;
};

// The first line of /proc/stat: user nice system idle iowait irq softirq steal (proc(5)).
std::optional<CpuTicks> cpu_ticks(const Host& host) {
  const auto text = host.read("proc/stat");
  if (!text) return std::nullopt;
  std::istringstream line(text->substr(0, text->find('\n')));
  std::string label;
  line >> label;
  CpuTicks ticks;
  std::int64_t value = 0;
  for (int field = 0; field < 8 && line >> value; ++field) {
    ticks.total += value;
    if (field == 7) ticks.steal = value;
  }
  return ticks;
}

Finding steal_time(const Host& host) {
  const auto ticks = cpu_ticks(host);
  if (!ticks || ticks->total == 0) return ok("not readable");
  const double percent =
      100.0 * static_cast<double>(ticks->steal) / static_cast<double>(ticks->total);
  if (percent < 0.5) return ok(fmt::format("{:.2f} % of CPU time since boot", percent));
  return warning(fmt::format("the hypervisor took {:.1f} % of CPU time since boot", percent),
                 "ask for dedicated CPUs; measure more trials (--trials 12)");
}

struct ProcessTicks {
  std::string name;
  std::int64_t ticks = 0;
};

// CPU ticks of every process that is visible. In /proc/PID/stat the name stands in parentheses and
// may hold any character, so that fields count from the last ')'; utime and stime are the 12th and
// 13th after it (proc(5), fields 14 and 15).
std::map<int, ProcessTicks> process_ticks(const Host& host) {
  std::map<int, ProcessTicks> all;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(host.at("proc"), ignored)) {
    const std::string pid = entry.path().filename();
    if (!std::all_of(pid.begin(), pid.end(), [](char c) { return c >= '0' && c <= '9'; })) continue;
    const auto text = host.read("proc/" + pid + "/stat");
    if (!text) continue;
    const auto open = text->find('(');
    const auto close = text->rfind(')');
    if (open == std::string::npos || close == std::string::npos) continue;
    std::istringstream fields(text->substr(close + 1));
    std::string field;
    std::int64_t ticks = 0;
    for (int i = 1; i <= 13 && fields >> field; ++i) {
      if (i >= 12) ticks += std::atoll(field.c_str());
    }
    all[std::atoi(pid.c_str())] = {text->substr(open + 1, close - open - 1), ticks};
  }
  return all;
}

Finding busiest_process(const Host& host) {
  constexpr auto kWatch = std::chrono::milliseconds(250);
  const auto before = process_ticks(host);
  if (before.empty()) return ok("not readable");
  std::this_thread::sleep_for(kWatch);
  int busiest = 0;
  ProcessTicks most;
  for (const auto& [pid, now] : process_ticks(host)) {
    const auto old = before.find(pid);
    if (pid == getpid() || old == before.end()) continue;
    const std::int64_t used = now.ticks - old->second.ticks;
    if (used > most.ticks) {
      busiest = pid;
      most = {now.name, used};
    }
  }
  const double share = static_cast<double>(most.ticks) / static_cast<double>(sysconf(_SC_CLK_TCK)) /
                       std::chrono::duration<double>(kWatch).count();
  if (share < 0.05) return ok("no other process uses 5 % of a CPU");
  return warning(fmt::format("{} (pid {}) uses {:.0f} % of a CPU", most.name, busiest, 100 * share),
                 "stop it, or wait until it has ended");
}

Finding virtual_machine(const Host& host) {
  const auto cpuinfo = host.read("proc/cpuinfo");
  if (!cpuinfo) return ok("not readable");
  if (cpuinfo->find(" hypervisor") == std::string::npos) return ok("no hypervisor");
  return warning(
      "a hypervisor shares this machine out: other guests add noise that is not seen here",
      "quote ratios, not absolute figures; prefer bare metal for those");
}

Finding mitigations(const Host& host) {
  std::error_code ignored;
  std::vector<std::string> active;
  for (const auto& entry : std::filesystem::directory_iterator(
           host.at("sys/devices/system/cpu/vulnerabilities"), ignored)) {
    const std::string name = entry.path().filename();
    const auto text = host.read("sys/devices/system/cpu/vulnerabilities/" + name);
    if (text && text->starts_with("Mitigation")) active.push_back(name);
  }
  // This is fine: it only has to be known when machines are compared.
  return ok(
      fmt::format("{} active: system calls cost more; recorded in the result", active.size()));
}

constexpr std::array kChecks = {
    Check{"build", own_build},
    Check{"CPUs", cpu_count},
    Check{"CPU quota", quota},
    Check{"SMT siblings", smt_siblings},
    Check{"CPU idle states", idle_states},
    Check{"frequency governor", frequency_governor},
    Check{"clock source", clock_source},
    Check{"load", load},
    Check{"CPU pressure", pressure},
    Check{"busiest process", busiest_process},
    Check{"virtual machine", virtual_machine},
    Check{"steal time", steal_time},
    Check{"CPU mitigations", mitigations},
};

}  // namespace

std::span<const Check> processor_checks() { return kChecks; }

}  // namespace asyncbench::cli
