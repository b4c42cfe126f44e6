#include "http/response_reader.hpp"

#include <algorithm>
#include <string>
#include <string_view>

#include "http/chunked_body.hpp"
#include "http/head_policy.hpp"
#include "http/head_syntax.hpp"

namespace asyncbench::http {

namespace {
// Longer heads are rare, and every connection would keep a copy of one.
constexpr std::size_t kKnownHeadBytes = 1024;
}  // namespace

struct ResponseReader::Impl {
  enum class Part : std::uint8_t { head, sized_body, chunked_body, open_body };

  explicit Impl(ReaderLimits its_limits) : limits(its_limits) {}

  std::size_t feed_head(std::string_view bytes);
  std::size_t feed_lines(std::string_view bytes);
  std::size_t feed_body(std::span<const std::byte> bytes);
  void begin_body();
  void finish();
  void fail(Outcome how, const char* why);

  ReaderLimits limits;
  ResponseHeadPolicy policy;
  ChunkedBody chunks;
  BodyCheck* check = nullptr;
  Part part = Part::head;
  State state = State::done;
  bool received = false;
  bool ended_by_close = false;
  Outcome outcome = Outcome::ok;
  const char* detail = "";
  std::uint64_t remaining = 0;  // of a sized body; of an open one: until the limit
  std::string line;             // the beginning of a head's line that was split over receives
  Method method = Method::get;
  // The last head that came whole, and the policy after it.
  std::string known_head;
  ResponseHeadPolicy known_policy;
};

ResponseReader::ResponseReader(ReaderLimits limits) : impl_(std::make_unique<Impl>(limits)) {}
ResponseReader::~ResponseReader() = default;
ResponseReader::ResponseReader(ResponseReader&&) noexcept = default;
ResponseReader& ResponseReader::operator=(ResponseReader&&) noexcept = default;

void ResponseReader::begin(Method method, BodyCheck& check) {
  impl_->policy.begin(method);
  if (method != impl_->method) impl_->known_head.clear();
  impl_->method = method;
  impl_->check = &check;
  impl_->part = Impl::Part::head;
  impl_->state = State::reading;
  impl_->received = false;
  impl_->ended_by_close = false;
  impl_->outcome = Outcome::ok;
  impl_->detail = "";
  impl_->line.clear();
}

ResponseReader::Fed ResponseReader::feed(std::span<const std::byte> bytes) {
  std::size_t taken = 0;
  while (impl_->state == State::reading && taken < bytes.size()) {
    impl_->received = true;
    const auto rest = bytes.subspan(taken);
    taken += impl_->part == Impl::Part::head
                 ? impl_->feed_head({reinterpret_cast<const char*>(rest.data()), rest.size()})
                 : impl_->feed_body(rest);
  }
  return {taken, impl_->state};
}

std::size_t ResponseReader::Impl::feed_head(std::string_view bytes) {
  const std::size_t taken = syntax::feed_head(
      policy, line, bytes, [this](std::string_view whole) { return feed_lines(whole); },
      [this](std::string_view whole) { policy.line(whole); });
  if (policy.refused()) fail(policy.outcome(), policy.detail());
  if (policy.complete()) begin_body();
  return taken;
}

// A server sends nearly the same head again and again; only its date changes, once a second. A head
// that equals the last one byte for byte means the same and is not parsed again.
std::size_t ResponseReader::Impl::feed_lines(std::string_view bytes) {
  if (!policy.untouched()) return policy.lines(bytes);
  if (!known_head.empty() && bytes.starts_with(known_head)) {
    policy = known_policy;
    return known_head.size();
  }
  const std::size_t taken = policy.lines(bytes);
  if (policy.complete() && taken <= kKnownHeadBytes) {
    known_head = bytes.substr(0, taken);
    known_policy = policy;
  }
  return taken;
}

void ResponseReader::Impl::begin_body() {
  if (!policy.has_body()) {
    finish();
  } else if (policy.chunked()) {
    part = Part::chunked_body;
    chunks.begin(limits.max_body_bytes, check);
  } else if (const auto length = policy.content_length()) {
    part = Part::sized_body;
    remaining = *length;
    if (remaining > limits.max_body_bytes) {
      fail(Outcome::limit, "the body of the response is too large");
    } else if (remaining == 0) {
      finish();
    }
  } else {
    part = Part::open_body;
    remaining = limits.max_body_bytes;
  }
}

std::size_t ResponseReader::Impl::feed_body(std::span<const std::byte> bytes) {
  if (part == Part::chunked_body) {
    const auto [taken, now] = chunks.feed(bytes);
    switch (now) {
      case ChunkedBody::State::reading:
        break;
      case ChunkedBody::State::done:
        finish();
        break;
      case ChunkedBody::State::malformed:
        fail(Outcome::protocol, "malformed chunked body");
        break;
      case ChunkedBody::State::line_too_long:
        fail(Outcome::limit, "a chunk's line or the trailers are too large");
        break;
      case ChunkedBody::State::too_large:
        fail(Outcome::limit, "the body of the response is too large");
        break;
    }
    return taken;
  }
  if (part == Part::open_body && bytes.size() > remaining) {
    fail(Outcome::limit, "the body of the response is too large");
    return bytes.size();
  }
  const auto content = bytes.first(std::min<std::uint64_t>(bytes.size(), remaining));
  check->bytes(content);
  remaining -= content.size();
  if (part == Part::sized_body && remaining == 0) finish();
  return content.size();
}

void ResponseReader::Impl::finish() {
  state = State::done;
  outcome = is_success(policy.status()) ? Outcome::ok : Outcome::http_status;
}

void ResponseReader::Impl::fail(Outcome how, const char* why) {
  state = State::failed;
  outcome = how;
  detail = why;
}

ResponseReader::State ResponseReader::end_of_stream() {
  if (impl_->state != State::reading) return impl_->state;
  if (impl_->part == Impl::Part::open_body) {
    impl_->ended_by_close = true;
    impl_->finish();
  } else if (!impl_->received) {
    impl_->fail(Outcome::eof_before_response, "the connection was closed before the response");
  } else {
    // What came of the last line may be wrong already, however the network cut it.
    if (impl_->part == Impl::Part::head) impl_->policy.lines(impl_->line);
    if (impl_->policy.refused()) {
      impl_->fail(impl_->policy.outcome(), impl_->policy.detail());
    } else {
      impl_->fail(Outcome::truncated, "the connection was closed within the response");
    }
  }
  return impl_->state;
}

Outcome ResponseReader::outcome() const { return impl_->outcome; }
const char* ResponseReader::detail() const { return impl_->detail; }
unsigned ResponseReader::status() const { return impl_->policy.status(); }
bool ResponseReader::anything_received() const { return impl_->received; }
bool ResponseReader::head_complete() const { return impl_->policy.complete(); }
bool ResponseReader::keep_alive() const {
  return impl_->policy.keep_alive() && !impl_->ended_by_close;
}
bool ResponseReader::has_body() const { return impl_->policy.has_body(); }

}  // namespace asyncbench::http
