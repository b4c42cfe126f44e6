// The ring buffer of a perf event, from which records are read without a system call.
#pragma once

#include <linux/perf_event.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "core/fd.hpp"

namespace asyncbench::measure {

// Calls perf_event_open(2); the descriptor is closed on exec.
Fd open_perf_event(const perf_event_attr& attributes, int process, int cpu);

// The CPUs that are online. An event that threads inherit and that is read through a ring has to be
// opened once on each of them.
std::vector<int> online_cpus();

struct PerfRecord {
  std::uint32_t type = 0;  // PERF_RECORD_SAMPLE, PERF_RECORD_LOST ...
  std::uint16_t misc = 0;
  std::span<const std::byte> body;  // without the header
};

// Reads fixed fields from the front of a record's body. Beyond the end it returns zeros, and ok()
// is false.
class PerfFields {
 public:
  explicit PerfFields(std::span<const std::byte> body) : rest_(body) {}

  template <class T>
  T take() {
    T value{};
    if (rest_.size() < sizeof value) {
      ok_ = false;
      rest_ = {};
      return value;
    }
    std::memcpy(&value, rest_.data(), sizeof value);
    rest_ = rest_.subspan(sizeof value);
    return value;
  }

  bool ok() const { return ok_; }

 private:
  std::span<const std::byte> rest_;
  bool ok_ = true;
};

// Reads what lies between the page's data_tail and data_head: calls visit(const PerfRecord&) for
// each record in the order of writing, then gives the space back. `data` is the ring; its size is a
// power of two. perf_event_open(2) describes the layout ("MMAP layout").
template <class Visit>
void drain_ring(perf_event_mmap_page& page, std::span<const std::byte> data, Visit&& visit) {
  const std::uint64_t head = __atomic_load_n(&page.data_head, __ATOMIC_ACQUIRE);
  std::uint64_t tail = page.data_tail;
  std::vector<std::byte> joined;  // a record that wraps around the ring's end
  while (head - tail >= sizeof(perf_event_header)) {
    const std::size_t at = tail & (data.size() - 1);
    perf_event_header header;  // 8-byte aligned, so it never wraps
    std::memcpy(&header, &data[at], sizeof header);
    if (header.size < sizeof header || header.size > head - tail) break;
    std::span<const std::byte> record =
        data.subspan(at, std::min<std::size_t>(header.size, data.size() - at));
    if (record.size() < header.size) {
      joined.assign(record.begin(), record.end());
      joined.insert(joined.end(), data.begin(),
                    data.begin() + static_cast<std::ptrdiff_t>(header.size - record.size()));
      record = joined;
    }
    visit(PerfRecord{
        .type = header.type, .misc = header.misc, .body = record.subspan(sizeof header)});
    tail += header.size;
  }
  __atomic_store_n(&page.data_tail, head, __ATOMIC_RELEASE);
}

// An event with its mapped ring.
class PerfRing {
 public:
  // Every user may map so much for each CPU by default (kernel.perf_event_mlock_kb, 516).
  static constexpr std::size_t kBytes = std::size_t{512} * 1024;

  // `bytes` is a power of two. When the ring cannot be mapped, is_mapped() is false and errno says
  // why.
  explicit PerfRing(Fd event, std::size_t bytes = kBytes);
  PerfRing(PerfRing&& other) noexcept;
  PerfRing& operator=(PerfRing&&) = delete;
  ~PerfRing();

  bool is_mapped() const { return page_ != nullptr; }
  int fd() const { return event_.get(); }

  // Both act on the event and on all that inherited it.
  void enable() const;
  void disable() const;

  template <class Visit>
  void drain(Visit&& visit) {
    drain_ring(*page_, data_, std::forward<Visit>(visit));
  }

 private:
  Fd event_;
  perf_event_mmap_page* page_ = nullptr;
  std::span<const std::byte> data_;
};

}  // namespace asyncbench::measure
