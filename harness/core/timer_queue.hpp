// The deadlines and sleeps of one event loop, cheap to move: a binary heap with lazy updates.
#pragma once

#include <cassert>
#include <cstddef>
#include <utility>
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
  static constexpr std::size_t kAbsent = static_cast<std::size_t>(-1);

  Time due_ = kNever;              // when it should fire
  Time key_ = kNever;              // where it stands in the heap: never later than due_
  std::size_t position_ = kAbsent;
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
        sift_up(timer.position_);
      }
    } else if (due != kNever) {
      timer.key_ = due;
      heap_.push_back(&timer);
      timer.position_ = heap_.size() - 1;
      sift_up(timer.position_);
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
  Time next() const { return heap_.empty() ? kNever : heap_.front()->key_; }

  // The next timer due at or before `now`, taken out of the queue; null when there is none.
  Owner* pop_due(Time now) {
    while (!heap_.empty() && heap_.front()->key_ <= now) {
      Timer& timer = *heap_.front();
      if (timer.due_ <= now) {
        take_out(0);
        timer.due_ = kNever;
        return static_cast<Owner*>(&timer);
      }
      if (timer.due_ == kNever) {
        take_out(0);
      } else {
        timer.key_ = timer.due_;
        sift_down(0);
      }
    }
    return nullptr;
  }

  std::size_t size() const { return heap_.size(); }

 private:
  void place(Timer* timer, std::size_t position) {
    heap_[position] = timer;
    timer->position_ = position;
  }

  void take_out(std::size_t position) {
    heap_[position]->position_ = Timer::kAbsent;
    Timer* const last = heap_.back();
    heap_.pop_back();
    if (position < heap_.size()) {
      place(last, position);
      sift_up(position);
      sift_down(last->position_);
    }
  }

  void sift_up(std::size_t position) {
    Timer* const timer = heap_[position];
    while (position > 0) {
      const std::size_t parent = (position - 1) / 2;
      if (heap_[parent]->key_ <= timer->key_) break;
      place(heap_[parent], position);
      position = parent;
    }
    place(timer, position);
  }

  void sift_down(std::size_t position) {
    Timer* const timer = heap_[position];
    for (;;) {
      std::size_t child = 2 * position + 1;
      if (child >= heap_.size()) break;
      if (child + 1 < heap_.size() && heap_[child + 1]->key_ < heap_[child]->key_) ++child;
      if (timer->key_ <= heap_[child]->key_) break;
      place(heap_[child], position);
      position = child;
    }
    place(timer, position);
  }

  std::vector<Timer*> heap_;
};

}  // namespace asyncbench
