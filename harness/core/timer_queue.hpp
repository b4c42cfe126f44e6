// The deadlines and sleeps of one event loop, cheap to move: a heap with lazy updates.
#pragma once

#include <algorithm>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/time.hpp"

namespace asyncbench {

// One timer. It belongs to at most one queue, must leave it (remove()) before it dies, and fires
// once for each set().
class Timer {
 public:
  Time due() const { return due_; }

 private:
  template <class>
  friend class TimerQueue;
  static constexpr std::uint32_t kAbsent = static_cast<std::uint32_t>(-1);

  Time due_ = kNever;  // when it should fire
  Time key_ = kNever;  // where it stands in the heap: never later than due_
  std::uint32_t position_ = kAbsent;
};

// `Owner` derives from Timer. A request deadline moves with every request and almost never fires,
// so moving a timer to a later time only notes the time; the heap learns of it when the old time
// comes up. In steady state set() and clear() therefore cost two stores.
// One thread; every operation is O(log n) at worst and allocates only when the queue grows.
template <class Owner>
class TimerQueue {
 public:
  void set(Owner& owner, Time due) {
    Timer& timer = owner;
    timer.due_ = due;
    if (timer.position_ != Timer::kAbsent) {
      if (due < timer.key_) {
        timer.key_ = due;
        sift_up(timer.position_, {due, &timer});
      }
    } else if (due != kNever) {
      assert(heap_.size() < Timer::kAbsent);
      timer.key_ = due;
      heap_.emplace_back();
      sift_up(heap_.size() - 1, {due, &timer});
    }
  }

  void clear(Owner& owner) { static_cast<Timer&>(owner).due_ = kNever; }

  // Forgets the timer entirely, for an owner about to be destroyed.
  void remove(Owner& owner) {
    Timer& timer = owner;
    timer.due_ = kNever;
    if (timer.position_ != Timer::kAbsent) take_out(timer.position_);
  }

  // No timer fires before this; it may be earlier than the first that will.
  Time next() const { return heap_.empty() ? kNever : heap_.front().key; }

  // The next timer due at or before `now`, taken out of the queue; null when there is none.
  Owner* pop_due(Time now) {
    while (!heap_.empty() && heap_.front().key <= now) {
      Timer& timer = *heap_.front().timer;
      if (timer.due_ <= now) {
        take_out(0);
        timer.due_ = kNever;
        return static_cast<Owner*>(&timer);
      }
      if (timer.due_ == kNever) {
        take_out(0);
      } else {
        timer.key_ = timer.due_;
        sift_down(0, {timer.due_, &timer});
      }
    }
    return nullptr;
  }

  std::size_t size() const { return heap_.size(); }

 private:
  // The key lies beside the pointer, and the keys of all children in one cache line or two, so that
  // finding a way through a large heap reads one place a level and no timer on it. Four children
  // halve the levels of a binary heap: ten for a million timers.
  struct Entry {
    Time key;  // Timer::key_
    Timer* timer = nullptr;
  };
  static constexpr std::size_t kChildren = 4;

  static std::size_t parent_of(std::size_t position) { return (position - 1) / kChildren; }

  void place(std::size_t position, const Entry& entry) {
    heap_[position] = entry;
    entry.timer->position_ = static_cast<std::uint32_t>(position);
  }

  void take_out(std::size_t position) {
    heap_[position].timer->position_ = Timer::kAbsent;
    const Entry last = heap_.back();
    heap_.pop_back();
    if (position == heap_.size()) return;
    if (position > 0 && last.key < heap_[parent_of(position)].key) {
      sift_up(position, last);
    } else {
      sift_down(position, last);
    }
  }

  // Both find the place for `entry`, beginning with a position whose own entry may be lost.
  void sift_up(std::size_t position, Entry entry) {
    while (position > 0) {
      const std::size_t parent = parent_of(position);
      if (heap_[parent].key <= entry.key) break;
      place(position, heap_[parent]);
      position = parent;
    }
    place(position, entry);
  }

  void sift_down(std::size_t position, Entry entry) {
    for (;;) {
      const std::size_t first = kChildren * position + 1;
      if (first >= heap_.size()) break;
      const std::size_t end = std::min(first + kChildren, heap_.size());
      std::size_t least = first;
      for (std::size_t child = first + 1; child < end; ++child) {
        if (heap_[child].key < heap_[least].key) least = child;
      }
      if (entry.key <= heap_[least].key) break;
      place(position, heap_[least]);
      position = least;
    }
    place(position, entry);
  }

  std::vector<Entry> heap_;
};

}  // namespace asyncbench
