// The two messages of a ping in RESP, the protocol of Redis.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

// In this namespace, profiles count the tasks as work, and not as a part of the strategy.
namespace asyncbench::workloads::resp_ping {

inline constexpr std::string_view kPing = "*1\r\n$4\r\nPING\r\n";
inline constexpr std::string_view kPong = "+PONG\r\n";

// What op::Send takes; `text` outlives it.
inline std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

// What op::Receive has brought.
inline std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace asyncbench::workloads::resp_ping
