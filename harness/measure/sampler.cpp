#include "measure/sampler.hpp"

#include <fmt/format.h>
#include <linux/perf_event.h>
#include <sched.h>
#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <map>
#include <set>
#include <span>
#include <thread>
#include <utility>

#include "core/time.hpp"
#include "measure/symbols.hpp"

namespace asyncbench::measure {
namespace {

// The clock rate that is assumed for the period of cycles where it is not known.
constexpr std::int64_t kAssumedCyclesPerS = 3'000'000'000;

std::int64_t cycles_per_s() {
  std::string reason;
  const auto khz = read_text("/sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", reason);
  const Reading value = khz ? leading_number(*khz) : std::nullopt;
  return value && *value > 0 ? *value * 1000 : kAssumedCyclesPerS;
}

perf_event_attr attributes_of(bool hardware, bool on_cpus, bool kernel, std::int64_t frequency_hz) {
  perf_event_attr attributes{};
  attributes.size = sizeof attributes;
  attributes.type = hardware ? PERF_TYPE_HARDWARE : PERF_TYPE_SOFTWARE;
  attributes.config = hardware ? static_cast<std::uint64_t>(PERF_COUNT_HW_CPU_CYCLES)
                               : static_cast<std::uint64_t>(PERF_COUNT_SW_CPU_CLOCK);
  // The period is fixed, so that all samples have the same weight.
  const std::int64_t per_s = hardware ? cycles_per_s() : 1'000'000'000;
  attributes.sample_period = static_cast<std::uint64_t>(per_s / frequency_hz);
  attributes.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_CALLCHAIN;
  attributes.disabled = 1;
  attributes.inherit = on_cpus ? 0 : 1;
  attributes.exclude_idle = on_cpus && !hardware ? 1 : 0;
  attributes.exclude_kernel = kernel ? 0 : 1;
  attributes.exclude_callchain_kernel = kernel ? 0 : 1;
  attributes.exclude_hv = 1;
  attributes.use_clockid = 1;
  attributes.clockid = CLOCK_MONOTONIC;
  attributes.watermark = 1;
  attributes.wakeup_watermark = PerfRing::kBytes / 2;
  return attributes;
}

// "iou-wrk" for "iou-wrk-4711": threads that do the same get one name.
std::string kind_of(std::string name) {
  const std::size_t last = name.find_last_not_of("0123456789");
  if (last != std::string::npos && last > 0 && last + 1 < name.size() &&
      (name[last] == '-' || name[last] == '/')) {
    name.resize(last);
  }
  return name;
}

// The names of a process's live threads by id; under 0, the name for all others. A thread that
// is named after the executed file ("exe") gets the program's name.
std::map<std::uint32_t, std::string> thread_names(pid_t process, const std::string& program) {
  std::map<std::uint32_t, std::string> names{{0, program}};
  std::string reason;
  const std::filesystem::path folder = fmt::format("/proc/{}", process);
  const auto own = read_text(folder / "comm", reason);
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "task", error)) {
    const auto id = leading_number(entry.path().filename().string());
    const auto name = read_text(entry.path() / "comm", reason);
    if (!id || !name) continue;
    names[static_cast<std::uint32_t>(*id)] = name == own ? program : kind_of(*name);
  }
  return names;
}

// The CPUs on which the threads of this process may run; other CPUs need not be interrupted.
std::set<int> cpus_of_threads() {
  std::set<int> cpus;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/task", error)) {
    const auto id = leading_number(entry.path().filename().string());
    cpu_set_t may;
    if (!id || ::sched_getaffinity(static_cast<pid_t>(*id), sizeof may, &may) != 0) continue;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (CPU_ISSET(cpu, &may)) cpus.insert(cpu);
    }
  }
  return cpus;
}

// The functions of one sample, from the thread to the leaf. A chain has a marker where it changes
// from the kernel to the user's side. After its first address, each side has return addresses,
// which may lie just behind the function that called.
std::vector<Function> frames_of(std::span<const std::uint64_t> chain, Symbols& symbols) {
  std::vector<Function> frames;
  bool in_kernel = false;
  bool is_leaf = true;
  for (const std::uint64_t address : chain) {
    if (address >= static_cast<std::uint64_t>(PERF_CONTEXT_MAX)) {
      in_kernel = address == static_cast<std::uint64_t>(PERF_CONTEXT_KERNEL);
      is_leaf = true;
      continue;
    }
    const std::uint64_t inside = is_leaf ? address : address - 1;
    frames.push_back(in_kernel ? symbols.kernel(inside) : symbols.user(inside));
    is_leaf = false;
  }
  std::ranges::reverse(frames);
  return frames;
}

}  // namespace

// Of a process, while it lived.
struct Sampler::Names {
  explicit Names(pid_t process)
      : symbols(process), threads(thread_names(process, symbols.program())) {}

  Symbols symbols;
  std::map<std::uint32_t, std::string> threads;
};

Sampler::~Sampler() = default;

Sampler::Sampler(std::int64_t frequency_hz, Processes processes)
    : frequency_hz_(frequency_hz), processes_(processes) {
  // The first mode that this machine offers and permits. When none works, the reason is the last
  // one's.
  constexpr std::array kModes = {
      Mode{.hardware = true, .on_cpus = true, .kernel = true},
      Mode{.hardware = false, .on_cpus = true, .kernel = true},
      Mode{.hardware = true, .on_cpus = false, .kernel = true},
      Mode{.hardware = false, .on_cpus = false, .kernel = true},
      Mode{.hardware = true, .on_cpus = false, .kernel = false},
      Mode{.hardware = false, .on_cpus = false, .kernel = false},
  };
  if (std::ranges::none_of(kModes, [this](const Mode& mode) { return open(mode); })) return;
  waiting_ = Fd{::epoll_create1(EPOLL_CLOEXEC)};
  for (const PerfRing& ring : rings_) {
    epoll_event event{.events = EPOLLIN, .data = {}};
    ::epoll_ctl(waiting_.get(), EPOLL_CTL_ADD, ring.fd(), &event);
  }
}

bool Sampler::open(const Mode& mode) {
  const perf_event_attr attributes =
      attributes_of(mode.hardware, mode.on_cpus, mode.kernel, frequency_hz_);
  const auto refuse = [&](const char* operation, const char* remedy) {
    reason_ = errno_text(operation) + "; " + remedy;
    rings_.clear();
    return false;
  };
  cpus_ = online_cpus();
  for (const int cpu : cpus_) {
    Fd event = open_perf_event(attributes, mode.on_cpus ? -1 : 0, cpu);
    if (!event && (errno == ENOSYS || errno == ENOENT)) {
      return refuse("perf_event_open cpu-clock", "the kernel has no perf events");
    }
    if (!event) {
      return refuse("perf_event_open cpu-clock",
                    "run as root, or: sysctl kernel.perf_event_paranoid=2; in a container the "
                    "seccomp profile must permit perf_event_open");
    }
    rings_.emplace_back(std::move(event));
    if (!rings_.back().is_mapped()) {
      return refuse("mmap of a perf ring", "sysctl kernel.perf_event_mlock_kb=516");
    }
  }
  mode_ = mode;
  return true;
}

void Sampler::start() {
  const std::set<int> used = mode_.on_cpus ? cpus_of_threads() : std::set<int>();
  const Time begin = now();
  const Duration period = std::chrono::nanoseconds(1'000'000'000 / frequency_hz_);
  int enabled = 0;
  for (std::size_t i = 0; i < rings_.size(); ++i) {
    if (mode_.on_cpus && !used.contains(cpus_[i])) continue;
    // If the CPUs were sampled in step, the interrupt on one CPU would delay one end of a
    // connection just before the CPU of the other end is sampled, which is then found waiting: a
    // sixth of a busy client's samples were missed.
    if (enabled > 0 && mode_.on_cpus) {
      std::this_thread::sleep_until(begin + period * enabled / static_cast<int>(used.size()));
    }
    rings_[i].enable();
    ++enabled;
  }
}

void Sampler::stop() {
  for (const PerfRing& ring : rings_) ring.disable();
  // Others may have ended when the samples are taken.
  if (processes_ != nullptr) name_processes();
  drain();
}

void Sampler::name_processes() {
  const std::vector<pid_t> processes =
      processes_ != nullptr ? processes_() : std::vector{::getpid()};
  for (const pid_t process : processes) {
    names_.try_emplace(static_cast<std::uint32_t>(process), process);
  }
}

void Sampler::drain() {
  for (PerfRing& ring : rings_) ring.drain([this](const PerfRecord& record) { keep(record); });
}

// The layouts of the records: perf_event_open(2), for the sample_type above.
void Sampler::keep(const PerfRecord& record) {
  PerfFields fields(record.body);
  switch (record.type) {
    case PERF_RECORD_SAMPLE: {
      Taken taken{.process = fields.take<std::uint32_t>(), .first = chains_.size()};
      taken.thread = fields.take<std::uint32_t>();
      const bool is_own = taken.process == static_cast<std::uint32_t>(::getpid());
      if (is_own != (processes_ == nullptr)) break;
      const auto length = fields.take<std::uint64_t>();
      for (std::uint64_t i = 0; i < length && fields.ok(); ++i) {
        chains_.push_back(fields.take<std::uint64_t>());
      }
      taken.length = static_cast<std::uint32_t>(chains_.size() - taken.first);
      samples_.push_back(taken);
      break;
    }
    case PERF_RECORD_LOST:
      fields.take<std::uint64_t>();  // the event's id
      lost_ += fields.take<std::uint64_t>();
      break;
    case PERF_RECORD_LOST_SAMPLES:
      lost_ += fields.take<std::uint64_t>();
      break;
    case PERF_RECORD_THROTTLE:
      ++lost_;
      break;
    default:
      break;
  }
}

std::optional<OnCpu> Sampler::take(Unreadable& unreadable) {
  if (!available()) {
    unreadable["on_cpu"] = reason_;
    return std::nullopt;
  }
  OnCpu profile{.event = mode_.hardware ? "cycles" : "cpu-clock",
                .frequency_hz = frequency_hz_,
                .kernel = mode_.kernel,
                .lost = lost_};
  if (!mode_.hardware) profile.period_ns = 1'000'000'000 / frequency_hz_;
  if (!mode_.kernel) {
    unreadable["on_cpu.kernel"] =
        "user stacks only: perf_event_paranoid is above 1; run as root, or: sysctl "
        "kernel.perf_event_paranoid=1";
  }
  if (!mode_.on_cpus) {
    unreadable["on_cpu.short_threads"] =
        "threads that end before a period of CPU time are not sampled; run as root, or: sysctl "
        "kernel.perf_event_paranoid=0";
  }
  if (processes_ == nullptr) name_processes();
  CallTreeBuilder tree;
  for (const Taken& sample : samples_) {
    const auto of = names_.find(sample.process);
    if (of == names_.end()) continue;  // no descendant, or one that did not live to be named
    auto& [symbols, threads] = of->second;
    std::vector<Function> stack =
        frames_of(std::span(chains_).subspan(sample.first, sample.length), symbols);
    const auto name = threads.find(sample.thread);
    stack.insert(stack.begin(), {.name = name == threads.end() ? threads.at(0) : name->second,
                                 .module = kThreadModule});
    tree.add(stack, 1);
  }
  profile.stacks = tree.take();
  for (const auto& [process, names] : names_) {
    if (processes_ == nullptr) profile.program = names.symbols.program();
    if (mode_.kernel && !names.symbols.kernel_reason().empty()) {
      unreadable["on_cpu.symbols"] = names.symbols.kernel_reason();
    }
  }
  return profile;
}

}  // namespace asyncbench::measure
