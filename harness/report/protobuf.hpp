// As much of protobuf's wire format as writing takes:
// https://protobuf.dev/programming-guides/encoding
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace asyncbench::report {

// One message under construction: fields in any order, repeated ones as often as they occur. Zeros
// and empty texts are written, too.
class ProtobufMessage {
 public:
  void integer(unsigned field, std::uint64_t value) {
    key(field, kVarint);
    varint(value);
  }
  void text(unsigned field, std::string_view value) {
    key(field, kBytes);
    varint(value.size());
    bytes_ += value;
  }
  void message(unsigned field, const ProtobufMessage& value) { text(field, value.bytes_); }
  void packed(unsigned field, std::span<const std::uint64_t> values) {
    ProtobufMessage list;
    for (const std::uint64_t value : values) list.varint(value);
    message(field, list);
  }

  const std::string& bytes() const { return bytes_; }

 private:
  static constexpr unsigned kVarint = 0;
  static constexpr unsigned kBytes = 2;

  void key(unsigned field, unsigned type) { varint(field << 3 | type); }
  void varint(std::uint64_t value) {
    for (; value >= 0x80; value >>= 7) bytes_ += static_cast<char>(0x80 | (value & 0x7F));
    bytes_ += static_cast<char>(value);
  }

  std::string bytes_;
};

}  // namespace asyncbench::report
