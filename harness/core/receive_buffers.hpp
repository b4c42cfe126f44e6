// The receive buffers of one event loop.
#pragma once

#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "core/job.hpp"

namespace asyncbench {

// A task has nearly always dealt with what it received before the loop turns to the next one, so
// that one buffer, warm in the cache, serves all connections in turn. Another is needed only while
// a send of what was received has to wait. Idle connections hold none.
class ReceiveBuffers {
 public:
  using Buffer = std::unique_ptr<std::byte[]>;  // of kReceiveBytes

  // More spare ones than this are freed.
  static constexpr std::size_t kSpareMax = 64;

  // The buffer given back last, or a new one.
  Buffer take() {
    if (spare_.empty()) return std::make_unique_for_overwrite<std::byte[]>(kReceiveBytes);
    Buffer buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
  }

  void give_back(Buffer buffer) {
    if (spare_.size() < kSpareMax) spare_.push_back(std::move(buffer));
  }

 private:
  std::vector<Buffer> spare_;
};

}  // namespace asyncbench
