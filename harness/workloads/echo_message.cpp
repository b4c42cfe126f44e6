#include "workloads/echo_message.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "http/body.hpp"

namespace asyncbench::workloads {

namespace {

// Each connection's content begins at another place of the table than that of its neighbours.
std::size_t phase_of(std::uint64_t connection) {
  std::array<char, sizeof connection> bytes;
  std::memcpy(bytes.data(), &connection, sizeof connection);
  return http::body_phase({bytes.data(), bytes.size()});
}

}  // namespace

EchoMessage::EchoMessage(std::uint64_t connection, std::uint64_t bytes)
    : size_(bytes),
      phase_(phase_of(connection)),
      own_(static_cast<std::size_t>(std::min<std::uint64_t>(bytes, kOwnBytes))) {
  std::ranges::copy(http::body_slice(phase_, 0, own_.size()), own_.begin());
  std::memcpy(own_.data(), &connection, sizeof connection);
}

void EchoMessage::begin(std::uint64_t sequence) {
  std::memcpy(own_.data() + kEchoHeadBytes - sizeof sequence, &sequence, sizeof sequence);
}

std::span<const std::byte> EchoMessage::piece(std::uint64_t offset, std::uint64_t most) const {
  if (offset < own_.size()) {
    const auto rest = std::span(own_).subspan(static_cast<std::size_t>(offset));
    return rest.first(static_cast<std::size_t>(std::min<std::uint64_t>(rest.size(), most)));
  }
  return http::body_slice(phase_, offset, std::min(size_ - offset, most));
}

void EchoCheck::begin(const EchoMessage& message, bool content) {
  message_ = &message;
  content_ = content;
  matches_ = true;
  length_ = 0;
}

void EchoCheck::bytes(std::span<const std::byte> part) {
  const std::uint64_t checked = content_ ? message_->size() : kEchoHeadBytes;
  std::uint64_t at = length_;
  length_ += part.size();
  while (matches_ && at < checked && !part.empty()) {
    const auto wanted = message_->piece(at, std::min<std::uint64_t>(checked - at, part.size()));
    matches_ = std::memcmp(wanted.data(), part.data(), wanted.size()) == 0;
    part = part.subspan(wanted.size());
    at += wanted.size();
  }
}

}  // namespace asyncbench::workloads
