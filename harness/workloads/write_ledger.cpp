#include "workloads/write_ledger.hpp"

#include <algorithm>

#include "load/random.hpp"
#include "workloads/file_content.hpp"

namespace asyncbench::workloads {
namespace {

constexpr std::uint64_t kInFlight = WriteLedger::kInFlightMost;
constexpr std::uint64_t kDoubt = kInFlight + 1;
constexpr unsigned kWriteShift = 16;

static_assert(kPreparedWrite == 0, "what a new entry says");

}  // namespace

WriteLedger::WriteLedger(std::uint64_t blocks, std::uint64_t every)
    : blocks_(blocks), every_(every), entries_((blocks + every - 1) / every) {}

std::uint64_t WriteLedger::watched(std::uint64_t nth) const {
  // The block is chosen at random. Otherwise, among tasks that write in step, always the same task
  // would write the watched blocks.
  const std::uint64_t first = nth * every_;
  return first + load::split_mix(nth) % std::min(every_, blocks_ - first);
}

template <class Change>
void WriteLedger::change(std::uint64_t block, Change change) {
  Entry& entry = entries_[block / every_];
  std::uint64_t old = entry.load(std::memory_order_relaxed);
  while (!entry.compare_exchange_weak(old, change(old), std::memory_order_relaxed)) {
  }
}

void WriteLedger::begun(std::uint64_t block) {
  change(block, [](std::uint64_t old) {
    const bool is_alone = (old & kInFlight) == 0;
    return (is_alone ? old & ~kDoubt : old | kDoubt) + 1;
  });
}

void WriteLedger::ended(std::uint64_t block, std::optional<std::uint64_t> write) {
  change(block, [write](std::uint64_t old) {
    if (!write) return (old | kDoubt) - 1;
    return (*write << kWriteShift) | ((old & (kInFlight | kDoubt)) - 1);
  });
}

std::optional<std::uint64_t> WriteLedger::expected(std::uint64_t nth) const {
  const std::uint64_t entry = entries_[nth].load(std::memory_order_relaxed);
  if ((entry & (kInFlight | kDoubt)) != 0) return std::nullopt;
  return entry >> kWriteShift;
}

}  // namespace asyncbench::workloads
