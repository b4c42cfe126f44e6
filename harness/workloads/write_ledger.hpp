// What a file must hold after many writes have been made at once.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

namespace asyncbench::workloads {

// Remembers the last write of the blocks that it watches. Of two writes that were under way on one
// block at the same time, nobody can say which came last: the block is in doubt until the next one
// that was alone. Lock-free; all members but expected() are for any thread.
class WriteLedger {
 public:
  // Watches one block, chosen at random, of each `every` neighbouring ones. At most kInFlightMost
  // writes are under way at once.
  WriteLedger(std::uint64_t blocks, std::uint64_t every);

  static constexpr unsigned kInFlightMost = (1U << 15U) - 1;
  // The greatest number of a write.
  static constexpr std::uint64_t kWriteMost = (std::uint64_t{1} << 48U) - 1;

  bool watches(std::uint64_t block) const { return watched(block / every_) == block; }

  // Of a watched block: a write begins; it has ended, as the write of that number, or, with
  // nullopt, nobody knows how.
  void begun(std::uint64_t block);
  void ended(std::uint64_t block, std::optional<std::uint64_t> write);

  // After all writes have ended. How many blocks are watched, which one is the nth of them in the
  // order of the file, and the number of its last write: kPreparedWrite when there was none,
  // nullopt when it is in doubt.
  std::uint64_t size() const { return entries_.size(); }
  std::uint64_t watched(std::uint64_t nth) const;
  std::optional<std::uint64_t> expected(std::uint64_t nth) const;

 private:
  // In one word, so that it changes as one: how many writes are under way (the low 15 bits),
  // whether it is in doubt (the next one), and the number of the last write.
  using Entry = std::atomic<std::uint64_t>;
  template <class Change>
  void change(std::uint64_t block, Change change);

  std::uint64_t blocks_;
  std::uint64_t every_;
  std::vector<Entry> entries_;
};

}  // namespace asyncbench::workloads
