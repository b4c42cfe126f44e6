#include "http/request_reader.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include "http/chunked_body.hpp"
#include "http/head_syntax.hpp"
#include "http/request_head.hpp"

namespace asyncbench::http {

namespace {
// Longer heads are rare, and every connection would keep a copy of one.
constexpr std::size_t kKnownHeadBytes = 1024;
}  // namespace

struct RequestReader::Impl {
  explicit Impl(std::uint64_t its_max_body_bytes) : max_body_bytes(its_max_body_bytes) {}

  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_lines(std::string_view bytes);
  std::size_t feed_body(std::span<const std::byte> bytes);
  void begin_body();
  void refuse(unsigned status, const char* detail);

  std::uint64_t max_body_bytes;
  RequestHead head;
  ChunkedBody chunks;
  State state = State::idle;
  bool continue_due = false;    // "100 Continue" has not been asked for yet
  std::uint64_t remaining = 0;  // of a body with a length
  std::string line;             // the beginning of a line that was split over receives
  std::string request_line;     // a copy, where the request line's bytes did not stay
  // The last head that came whole, and what it said: its texts lie in known_bytes.
  std::string known_bytes;
  RequestHead known;
};

RequestReader::RequestReader(std::uint64_t max_body_bytes)
    : impl_(std::make_unique<Impl>(max_body_bytes)) {}
RequestReader::~RequestReader() = default;

RequestReader::Fed RequestReader::feed(std::span<const std::byte> bytes) {
  Impl& impl = *impl_;
  std::size_t taken = 0;
  while (taken < bytes.size() && impl.state != State::ready && impl.state != State::refused) {
    const auto rest = bytes.subspan(taken);
    if (impl.state == State::body) {
      taken += impl.feed_body(rest);
    } else {
      impl.state = State::head;
      taken += impl.feed_head({reinterpret_cast<const char*>(rest.data()), rest.size()});
    }
  }
  const bool stays = impl.state == State::ready || impl.state == State::refused;
  const std::string_view line = impl.head.request_line();
  if (!stays && !line.empty() && line.data() != impl.request_line.data()) {
    impl.request_line = line;
    impl.head.relocate_request_line(impl.request_line);
  }
  return {taken, impl.state};
}

std::size_t RequestReader::Impl::feed_head(std::string_view bytes) {
  const std::size_t taken = syntax::feed_head(
      head, line, bytes, [this](std::string_view whole) { return feed_lines(whole); },
      [this](std::string_view whole) {
        const bool is_request_line = !head.has_request_line();
        head.lines(whole);
        if (!is_request_line || !head.has_request_line()) return;
        request_line = head.request_line();
        head.relocate_request_line(request_line);
      });
  if (head.refused()) refuse(head.refusal_status(), head.refusal_detail());
  if (head.complete()) begin_body();
  return taken;
}

// A client sends nearly the same head again and again. A head that equals the last one byte for
// byte means the same and is not parsed again.
std::size_t RequestReader::Impl::feed_lines(std::string_view bytes) {
  if (!head.untouched()) return head.lines(bytes);
  if (!known_bytes.empty() && bytes.starts_with(known_bytes)) {
    head = known;
    return known_bytes.size();
  }
  const std::size_t taken = head.lines(bytes);
  if (head.complete() && taken <= kKnownHeadBytes) {
    known_bytes = bytes.substr(0, taken);
    known = head;
    const auto at = static_cast<std::size_t>(head.request_line().data() - bytes.data());
    known.relocate_request_line(
        std::string_view(known_bytes).substr(at, head.request_line().size()));
  }
  return taken;
}

void RequestReader::Impl::begin_body() {
  remaining = head.content_length();
  if (head.chunked()) {
    chunks.begin(max_body_bytes, nullptr);
  } else if (remaining == 0) {
    state = State::ready;
    return;
  } else if (remaining > max_body_bytes) {
    return refuse(413, "the body is too large");
  }
  state = State::body;
  continue_due = head.expects_continue();
}

std::size_t RequestReader::Impl::feed_body(std::span<const std::byte> bytes) {
  continue_due = false;
  if (!head.chunked()) {
    const std::uint64_t size = std::min<std::uint64_t>(bytes.size(), remaining);
    remaining -= size;
    if (remaining == 0) state = State::ready;
    return static_cast<std::size_t>(size);
  }
  const auto [taken, now] = chunks.feed(bytes);
  switch (now) {
    case ChunkedBody::State::reading:
      break;
    case ChunkedBody::State::done:
      state = State::ready;
      break;
    case ChunkedBody::State::malformed:
      refuse(400, "malformed chunked body");
      break;
    case ChunkedBody::State::line_too_long:
      refuse(400, "a chunk's line is too long");
      break;
    case ChunkedBody::State::too_large:
      refuse(413, "the body is too large");
      break;
  }
  return taken;
}

void RequestReader::Impl::refuse(unsigned status, const char* detail) {
  head.refuse(status, detail);
  state = State::refused;
}

RequestReader::State RequestReader::state() const { return impl_->state; }
std::string_view RequestReader::target() const { return impl_->head.target(); }
std::string_view RequestReader::method() const { return impl_->head.method(); }
bool RequestReader::http_1_1() const { return impl_->head.http_1_1(); }

bool RequestReader::keep_alive() const { return impl_->head.keep_alive(); }
std::uint64_t RequestReader::body_bytes() const {
  return impl_->head.chunked() ? impl_->max_body_bytes - impl_->chunks.content_left()
                               : impl_->head.content_length();
}
bool RequestReader::take_expects_continue() {
  return impl_->state == State::body && std::exchange(impl_->continue_due, false);
}
unsigned RequestReader::refusal_status() const { return impl_->head.refusal_status(); }
const char* RequestReader::refusal_detail() const { return impl_->head.refusal_detail(); }

void RequestReader::next() {
  impl_->head.begin();
  impl_->state = State::idle;
  impl_->continue_due = false;
  impl_->line.clear();
}

}  // namespace asyncbench::http
