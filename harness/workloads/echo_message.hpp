// The messages of the echo workload: what is sent, and whether the same came back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace asyncbench::workloads {

// Every message begins with the index of its connection and its own sequence number there, eight
// bytes each, so that an echo of another connection or of an earlier message is told apart from the
// right one by these bytes alone.
inline constexpr std::size_t kEchoHeadBytes = 16;

// One connection's messages, one at a time. Behind the head comes content that follows from the
// connection's index: pseudo-random bytes as in http/body.hpp.
class EchoMessage {
 public:
  // `bytes` >= kEchoHeadBytes.
  EchoMessage(std::uint64_t connection, std::uint64_t bytes);

  // The message before has been answered, or given up with its connection: nothing points into it
  // any more.
  void begin(std::uint64_t sequence);

  std::uint64_t size() const { return size_; }

  // From `offset` < size() on: at least one byte, at most `most`, as many as lie together in
  // memory. They stay unchanged until begin(). Messages up to kOwnBytes lie together as a whole.
  std::span<const std::byte> piece(std::uint64_t offset, std::uint64_t most) const;

  // What a connection keeps of its message; the rest is read from the table that all share.
  static constexpr std::size_t kOwnBytes = 16 * 1024;

 private:
  std::uint64_t size_;
  std::size_t phase_;
  std::vector<std::byte> own_;
};

// Compares what comes back with the message that was sent.
class EchoCheck {
 public:
  // `content`: all of it, not the head and the length alone. `message` stays as it is until the
  // check has ended.
  void begin(const EchoMessage& message, bool content);
  void bytes(std::span<const std::byte> part);

  // Came back so far, what is too much included.
  std::uint64_t length() const { return length_; }
  // All that is due.
  bool is_complete() const { return length_ >= message_->size(); }
  // Whether nothing so far was wrong or too much.
  bool matches() const { return matches_ && length_ <= message_->size(); }

 private:
  const EchoMessage* message_ = nullptr;
  bool content_ = false;
  bool matches_ = true;
  std::uint64_t length_ = 0;
};

}  // namespace asyncbench::workloads
