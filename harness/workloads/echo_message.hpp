// The messages of the echo workload, and the check that the same bytes came back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace asyncbench::workloads {

// Every message begins with the index of its connection and its sequence number on that connection,
// eight bytes each. These bytes alone tell the right echo from that of another connection or an
// earlier message.
inline constexpr std::size_t kEchoHeadBytes = 16;

// One connection's messages, one at a time. The content after the head follows from the
// connection's index: pseudo-random bytes as in http/body.hpp.
class EchoMessage {
 public:
  // `bytes` >= kEchoHeadBytes.
  EchoMessage(std::uint64_t connection, std::uint64_t bytes);

  // Makes the next message. Nothing may point into the one before: it has been answered, or given
  // up with its connection.
  void begin(std::uint64_t sequence);

  std::uint64_t size() const { return size_; }

  // The bytes from `offset` < size() on: at least one, at most `most`, as many as are contiguous in
  // memory. They stay unchanged until begin(). A message of up to kOwnBytes is contiguous.
  std::span<const std::byte> piece(std::uint64_t offset, std::uint64_t most) const;

  // A connection keeps so much of its message; the rest is read from the table that all share.
  static constexpr std::size_t kOwnBytes = 16 * 1024;

 private:
  std::uint64_t size_;
  std::size_t phase_;
  std::vector<std::byte> own_;
};

// Compares what comes back with the message that was sent.
class EchoCheck {
 public:
  // `content`: compare all of it, not only the head and the length. `message` must not change until
  // the check has ended.
  void begin(const EchoMessage& message, bool content);
  void bytes(std::span<const std::byte> part);

  // How many bytes have come back so far, including those beyond the message.
  std::uint64_t length() const { return length_; }
  // Whether the whole message has come back.
  bool is_complete() const { return length_ >= message_->size(); }
  // Whether no byte so far was wrong, and none too many.
  bool matches() const { return matches_ && length_ <= message_->size(); }

 private:
  const EchoMessage* message_ = nullptr;
  bool content_ = false;
  bool matches_ = true;
  std::uint64_t length_ = 0;
};

}  // namespace asyncbench::workloads
