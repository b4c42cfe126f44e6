#include "http/chunked_body.hpp"

#include <algorithm>

#include "http/head_syntax.hpp"

namespace asyncbench::http {

namespace {

// The digit's value; 16: it is none.
unsigned hex_value(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  return lower >= 'a' && lower <= 'f' ? static_cast<unsigned>(lower - 'a') + 10 : 16;
}

}  // namespace

void ChunkedBody::begin(std::uint64_t max_body_bytes, BodyCheck* check) {
  *this = {};
  state_ = State::reading;
  remaining_ = max_body_bytes;
  check_ = check;
}

ChunkedBody::Fed ChunkedBody::feed(std::span<const std::byte> bytes) {
  std::size_t taken = 0;
  while (state_ == State::reading && taken < bytes.size()) {
    if (part_ != Part::data) {
      state_ = step(static_cast<char>(bytes[taken++]));
      continue;
    }
    const auto part = bytes.subspan(taken, std::min<std::uint64_t>(bytes.size() - taken, size_));
    if (check_ != nullptr) check_->bytes(part);
    taken += part.size();
    size_ -= part.size();
    if (size_ == 0) part_ = Part::data_cr;
  }
  return {taken, state_};
}

ChunkedBody::State ChunkedBody::step(char c) {
  if (++line_bytes_ > line_bytes_max_) return State::line_too_long;
  switch (part_) {
    case Part::size:
      if (const unsigned digit = hex_value(c); digit < 16) {
        size_ = size_ << 4U | digit;
        return ++digits_ <= kMaxChunkSizeDigits ? State::reading : State::malformed;
      }
      if (digits_ == 0) return State::malformed;
      if (c == '\r') return go(Part::size_lf);
      [[fallthrough]];
    case Part::blanks:
      if (c == ';') return go(Part::extension);
      return c == ' ' || c == '\t' ? go(Part::blanks) : State::malformed;
    case Part::extension:
      if (c == '\r') return go(Part::size_lf);
      return syntax::is_control(c) ? State::malformed : State::reading;
    case Part::size_lf:
      return c == '\n' ? end_size_line() : State::malformed;
    case Part::data:
      break;
    case Part::data_cr:
      return c == '\r' ? go(Part::data_lf) : State::malformed;
    case Part::data_lf:
      line_bytes_ = 0;
      digits_ = 0;
      return c == '\n' ? go(Part::size) : State::malformed;
    case Part::trailer_start:
      if (c == '\r') return go(Part::end_lf);
      return syntax::is_token_char(c) ? go(Part::trailer_name) : State::malformed;
    case Part::trailer_name:
      if (c == ':') return go(Part::trailer_value);
      return syntax::is_token_char(c) ? State::reading : State::malformed;
    case Part::trailer_value:
      if (c == '\r') return go(Part::trailer_lf);
      return syntax::is_control(c) ? State::malformed : State::reading;
    case Part::trailer_lf:
      return c == '\n' ? go(Part::trailer_start) : State::malformed;
    case Part::end_lf:
      return c == '\n' ? State::done : State::malformed;
  }
  return State::malformed;
}

ChunkedBody::State ChunkedBody::end_size_line() {
  line_bytes_ = 0;
  if (size_ == 0) {
    line_bytes_max_ = kMaxTrailerBytes;
    return go(Part::trailer_start);
  }
  if (size_ > remaining_) return State::too_large;
  remaining_ -= size_;
  return go(Part::data);
}

}  // namespace asyncbench::http
