// Connections that one loop has accepted and others serve.
#pragma once

#include <deque>
#include <mutex>
#include <utility>
#include <vector>

#include "core/fd.hpp"
#include "core/loop_descriptors.hpp"

namespace asyncbench::reactor {

// The connections that one loop is handed by another.
class Inbox {
 public:
  // Readable, edge by edge, when take_all() is to be called; never to be read.
  int get() const { return wake_.get(); }

  // From any thread.
  void put(Fd connection) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(std::move(connection));
      // The first of those that wait has woken the loop.
      if (waiting_.size() > 1) return;
    }
    wake_.wake();
  }

  std::vector<Fd> take_all() {
    const std::lock_guard lock(mutex_);
    return std::exchange(waiting_, {});
  }

 private:
  WakeFd wake_;
  std::mutex mutex_;
  std::vector<Fd> waiting_;
};

// Who gets the next connection: each loop in turn. What a loop has not taken when it ends is closed
// at the end of the handout.
class Handout {
 public:
  // Throws StrategyError.
  explicit Handout(unsigned loops) : inboxes_(loops) {}

  Inbox& inbox(unsigned lane) { return inboxes_[lane]; }

  // The lane whose turn it is. For the loop that accepts.
  unsigned next() { return std::exchange(next_, (next_ + 1) % loops()); }

 private:
  unsigned loops() const { return static_cast<unsigned>(inboxes_.size()); }

  std::deque<Inbox> inboxes_;
  unsigned next_ = 0;
};

}  // namespace asyncbench::reactor
