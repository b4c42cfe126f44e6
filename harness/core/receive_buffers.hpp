// The receive buffers of one event loop.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/assert.hpp"
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
    ++lent_;
    if (spare_.empty()) return std::make_unique_for_overwrite<std::byte[]>(kReceiveBytes);
    Buffer buffer = std::move(spare_.back());
    spare_.pop_back();
    return buffer;
  }

  void give_back(Buffer buffer) {
    must_hold(buffer != nullptr && lent_ > 0, "a buffer that is given back was lent");
    --lent_;
    if (spare_.size() < kSpareMax) spare_.push_back(std::move(buffer));
  }

  // Receives what is there, into a buffer that `lent` then holds; nullopt: nothing is. `socket` may
  // be a blocking one.
  std::optional<Completion> receive(int socket, Buffer& lent) {
    Buffer buffer = take();
    const ssize_t received = ::recv(socket, buffer.get(), kReceiveBytes, MSG_DONTWAIT);
    if (received > 0) {
      lent = std::move(buffer);
      return Completion{.data = {lent.get(), static_cast<std::size_t>(received)}};
    }
    const int error = received < 0 ? errno : 0;
    give_back(std::move(buffer));
    if (error == EAGAIN) return std::nullopt;
    return error == 0 ? Completion{} : failed(error);
  }

  std::size_t lent() const { return lent_; }

 private:
  std::size_t lent_ = 0;
  std::vector<Buffer> spare_;
};

}  // namespace asyncbench
