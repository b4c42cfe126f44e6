// What a file must hold after many writes that were under way at the same time.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace asyncbench::workloads {

// Remembers the last write of each block that it watches. When two writes to one block were under
// way at the same time, it is unknown which came last: the block is in doubt until a write was the
// only one. Lock-free; any thread may call all members except expected().
class WriteLedger {
 public:
  // Watches one block, chosen at random, in each group of `every` neighbouring blocks. At most
  // kInFlightMost writes are under way at once.
  WriteLedger(std::uint64_t blocks, std::uint64_t every);

  static constexpr unsigned kInFlightMost = (1U << 15U) - 1;
  // The greatest number of a write.
  static constexpr std::uint64_t kWriteMost = (std::uint64_t{1} << 48U) - 1;

  bool watches(std::uint64_t block) const { return watched(block / every_) == block; }

  // A write to a watched block begins; and it has ended, as the write of that number. nullopt: it
  // is unknown what it wrote.
  void begun(std::uint64_t block);
  void ended(std::uint64_t block, std::optional<std::uint64_t> write);

  // After all writes have ended: how many blocks are watched, which block is the nth of them in the
  // order of the file, and the number of its last write: kPreparedWrite when there was none,
  // nullopt when the block is in doubt.
  std::uint64_t size() const { return entries_.size(); }
  std::uint64_t watched(std::uint64_t nth) const;
  std::optional<std::uint64_t> expected(std::uint64_t nth) const;

 private:
  // One word, so that all of it changes at once: how many writes are under way (the low 15 bits),
  // whether the block is in doubt (the next bit), and the number of the last write.
  using Entry = std::atomic<std::uint64_t>;
  template <class Change>
  void change(std::uint64_t block, Change change);

  std::uint64_t blocks_;
  std::uint64_t every_;
  std::vector<Entry> entries_;
};

}  // namespace asyncbench::workloads
