#include "measure/perf_ring.hpp"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <charconv>
#include <utility>

#include "measure/readings.hpp"

namespace asyncbench::measure {

Fd open_perf_event(const perf_event_attr& attributes, int process, int cpu) {
  return Fd{static_cast<int>(
      ::syscall(SYS_perf_event_open, &attributes, process, cpu, -1, PERF_FLAG_FD_CLOEXEC))};
}

// "0-3,8": see Documentation/admin-guide/cputopology.rst.
std::vector<int> online_cpus() {
  std::string reason;
  const std::string list = read_text("/sys/devices/system/cpu/online", reason).value_or("0");
  std::vector<int> cpus;
  const char* at = list.data();
  const char* const end = at + list.size();
  while (at < end) {
    int first = 0;
    at = std::from_chars(at, end, first).ptr;
    int last = first;
    if (at < end && *at == '-') at = std::from_chars(at + 1, end, last).ptr;
    for (int cpu = first; cpu <= last; ++cpu) cpus.push_back(cpu);
    ++at;
  }
  return cpus;
}

PerfRing::PerfRing(Fd event, std::size_t bytes) : event_(std::move(event)) {
  const auto page_bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  void* const mapped =
      ::mmap(nullptr, page_bytes + bytes, PROT_READ | PROT_WRITE, MAP_SHARED, event_.get(), 0);
  if (mapped == MAP_FAILED) return;
  page_ = static_cast<perf_event_mmap_page*>(mapped);
  data_ = {static_cast<const std::byte*>(mapped) + page_bytes, bytes};
}

PerfRing::PerfRing(PerfRing&& other) noexcept
    : event_(std::move(other.event_)),
      page_(std::exchange(other.page_, nullptr)),
      data_(std::exchange(other.data_, {})) {}

PerfRing::~PerfRing() {
  if (page_ == nullptr) return;
  ::munmap(page_, static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) + data_.size());
}

void PerfRing::enable() const { ::ioctl(event_.get(), PERF_EVENT_IOC_ENABLE, 0); }
void PerfRing::disable() const { ::ioctl(event_.get(), PERF_EVENT_IOC_DISABLE, 0); }

}  // namespace asyncbench::measure
