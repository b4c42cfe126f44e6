// Bodies whose content follows from the URL, so that any receiver can verify them.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace asyncbench::http {

// The origin's bodies: byte i is a pseudo-random function of the target and i, with a period of
// kBodyPeriodBytes, so that a server sends slices of one table and a client compares against it.
inline constexpr std::size_t kBodyPeriodBytes = 64 * 1024;

// Where in the table the body of this target begins.
std::size_t body_phase(std::string_view target);

// Bytes of the body from `offset` on: contiguous, as many as wanted but at most kBodyPeriodBytes.
// The memory is static and immutable.
std::span<const std::byte> body_slice(std::size_t phase, std::uint64_t offset,
                                      std::uint64_t wanted);

// The memory that every slice lies in.
std::span<const std::byte> body_memory();

// What one URL should answer. All tasks that fetch it share the object; it is thread-safe.
// For the embedded origin, length and content follow from the target. For a foreign server, nothing
// is known before the first whole reply: its length and hash become the expectation.
class BodyExpectation {
 public:
  // `target` is a path of the embedded origin (origin_path.hpp says what the paths mean).
  static BodyExpectation of_origin(std::string_view target);
  static BodyExpectation of_foreign_server() { return {}; }
  // The same where the length is known before.
  static BodyExpectation of_length(std::uint64_t length);

  bool is_foreign() const { return foreign_; }

  BodyExpectation() = default;
  BodyExpectation(BodyExpectation&& other) noexcept;  // only before it is shared

 private:
  friend class BodyCheck;
  bool foreign_ = true;
  std::uint64_t length_ = 0;
  std::size_t phase_ = 0;
  // A foreign server's: of the first whole reply; 0: not known yet.
  std::atomic<std::uint64_t> first_length_{0};  // plus one
  std::atomic<std::uint64_t> first_hash_{0};
};

// Takes a body as it arrives, transfer coding removed. The bytes do not outlive the call.
class BodyReceiver {
 public:
  virtual ~BodyReceiver() = default;
  virtual void body(std::span<const std::byte> part) = 0;
};

// Checks one body as it arrives. Allocates nothing.
class BodyCheck {
 public:
  // `content`: verify the content too, not only the length. A foreign server's content is hashed
  // whenever the expectation is still unknown. Where no body is expected (HEAD, 204, 304), end()
  // follows at once. `receiver` gets every part, too; it may be null.
  void begin(BodyExpectation& expected, bool content, BodyReceiver* receiver = nullptr);
  // Nothing is expected: whatever comes is right.
  void begin_unchecked(BodyReceiver* receiver);
  void bytes(std::span<const std::byte> part);
  // Whether length and, if asked for, content were as expected. `headless`: the response has no
  // body by definition, so length 0 is right. Call it only for replies that succeeded: an error
  // page would become the expectation of a foreign server.
  bool end(bool headless);
  std::uint64_t length() const { return length_; }

 private:
  void compare(std::span<const std::byte> part);
  void hash(std::span<const std::byte> part);

  BodyExpectation* expected_ = nullptr;
  BodyReceiver* receiver_ = nullptr;
  bool content_ = false;
  bool matches_ = true;
  std::uint64_t length_ = 0;
  std::uint64_t hash_ = 0;
  std::uint64_t word_ = 0;  // the bytes after the last whole word of eight
};

}  // namespace asyncbench::http
