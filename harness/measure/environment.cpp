#include "measure/environment.hpp"

#include <sys/utsname.h>
#include <unistd.h>
#include <zlib.h>

#include <fmt/core.h>
#include <algorithm>
#include <boost/version.hpp>
#include <filesystem>

#include "core/plugin.hpp"
#include "measure/build_info.hpp"
#include "measure/cpu.hpp"

namespace asyncbench::measure {

namespace {

constexpr auto kCpuRoot = "/sys/devices/system/cpu/";

class Collector {
 public:
  template <class Value>
  void fact(std::string name, Value value) {
    environment_.facts.emplace_back(std::move(name), std::move(value));
  }

  void missing(const std::string& name, std::string reason) {
    environment_.facts.emplace_back(name, Fact{});
    environment_.unreadable[name] = std::move(reason);
  }

  void file(const std::string& name, const std::string& path) {
    std::string reason;
    if (const auto text = read_text(path, reason)) {
      fact(name, *text);
    } else {
      missing(name, std::move(reason));
    }
  }

  Environment& environment() { return environment_; }

 private:
  Environment environment_;
};

// The value of a "NAME   : value" line of /proc/cpuinfo; empty when there is none.
std::string cpuinfo_value(const std::string& text, const std::string& name) {
  const std::size_t line = text.find("\n" + name);
  if (line == std::string::npos) return {};
  const std::size_t value = text.find(": ", line);
  const std::size_t end = text.find('\n', line + 1);
  if (value == std::string::npos || value > end) return {};
  return text.substr(value + 2, end - value - 2);
}

void read_cpu(Collector& to) {
  std::string reason;
  const auto text = read_text("/proc/cpuinfo", reason);
  const std::string model = text ? cpuinfo_value(*text, "model name") : "";
  if (!model.empty()) {
    to.fact("cpu", model);
  } else {
    to.missing("cpu", text ? "no model name in /proc/cpuinfo" : reason);
  }
  to.fact("cpus", std::int64_t{::sysconf(_SC_NPROCESSORS_ONLN)});
  to.fact("cpus_allowed", static_cast<std::int64_t>(allowed_cpus().size()));

  std::string smt_reason;
  if (const auto smt = read_text(std::string(kCpuRoot) + "smt/active", smt_reason)) {
    to.fact("smt", *smt == "1");
  } else {
    to.missing("smt", smt_reason);
  }
  // The CPU itself reports this flag (CPUID leaf 1, ECX bit 31); every hypervisor sets it.
  if (text) {
    to.fact("hypervisor", cpuinfo_value(*text, "flags").find(" hypervisor") != std::string::npos);
  } else {
    to.missing("hypervisor", reason);
  }
}

void read_memory(Collector& to) {
  const long pages = ::sysconf(_SC_PHYS_PAGES);
  to.fact("memory_bytes", std::int64_t{pages} * ::sysconf(_SC_PAGESIZE));
}

// "name: state" of every vulnerability that concerns this CPU.
void read_mitigations(Collector& to) {
  namespace fs = std::filesystem;
  std::error_code error;
  std::vector<std::string> states;
  fs::directory_iterator entry(std::string(kCpuRoot) + "vulnerabilities", error);
  for (; !error && entry != fs::directory_iterator{}; entry.increment(error)) {
    std::string reason;
    const auto state = read_text(entry->path(), reason);
    if (state && *state != "Not affected") {
      states.push_back(entry->path().filename().string() + ": " + *state);
    }
  }
  if (error) {
    to.missing("mitigations", "list vulnerabilities in /sys: " + error.message());
    return;
  }
  std::ranges::sort(states);
  to.fact("mitigations", std::move(states));
}

void read_build(Collector& to) {
  to.fact("compiler", std::string(kPluginCompiler));
  to.fact("compiler_flags", std::string(kBuildInfo.compiler_flags));
  to.fact("build_type", std::string(kBuildInfo.build_type));
#ifdef __OPTIMIZE__
  to.fact("optimized", true);
#else
  to.fact("optimized", false);
#endif
  const std::string commit = kBuildInfo.git_commit;
  if (commit.empty()) {
    to.missing("git_commit", "not built from a git checkout");
  } else {
    to.fact("git_commit", commit);
  }
  to.environment().libraries = {
      {"boost", fmt::format("{}.{}.{}", BOOST_VERSION / 100000, BOOST_VERSION / 100 % 1000,
                            BOOST_VERSION % 100)},
      {"fmt",
       fmt::format("{}.{}.{}", FMT_VERSION / 10000, FMT_VERSION / 100 % 100, FMT_VERSION % 100)},
      {"zlib", zlibVersion()}};
}

}  // namespace

Environment read_build_environment() {
  Collector to;
  read_build(to);
  return std::move(to.environment());
}

Environment read_environment() {
  Collector to;
  utsname names{};
  ::uname(&names);
  to.fact("kernel", std::string(names.release));
  to.fact("machine", std::string(names.machine));
  read_cpu(to);
  read_memory(to);
  to.file("clock_source", "/sys/devices/system/clocksource/clocksource0/current_clocksource");
  to.file("governor", std::string(kCpuRoot) + "cpu0/cpufreq/scaling_governor");
  read_mitigations(to);
  read_build(to);
  return std::move(to.environment());
}

}  // namespace asyncbench::measure
