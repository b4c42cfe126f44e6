// A task whose requests end at once, for the tests of how tasks share a loop.
#pragma once

#include <vector>

#include "core/task.hpp"

namespace asyncbench::test {

inline constexpr int kRequests = 200;

// Begin, and a Close without a stream, which ends at once as a cached read does.
class ShortRequests final : public Task {
 public:
  ShortRequests(std::vector<int>& begun, int index) : begun_(begun), index_(index) {}
  Op start(unsigned) override { return op::Begin{}; }
  Op resume(const Completion&) override {
    if (++ended_ == 2 * kRequests) return op::Finish{};
    if (ended_ % 2 == 0) return op::Begin{};
    begun_.push_back(index_);
    return op::Close{};
  }

 private:
  std::vector<int>& begun_;
  int index_;
  int ended_ = 0;
};

}  // namespace asyncbench::test
