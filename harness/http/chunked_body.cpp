#include "http/chunked_body.hpp"

#include <algorithm>
#include <boost/beast/http/basic_parser.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "http/head_syntax.hpp"

namespace asyncbench::http {
namespace {

namespace beast = boost::beast;
using beast::error_code;

// A head for Beast, so that it reads the chunks. The real head has been read by our own policy.
constexpr std::string_view kHead = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";

class Parser final : public beast::http::basic_parser<false> {
 public:
  Parser(std::uint64_t max_body_bytes, BodyCheck* check) : check_(check) {
    eager(true);
    body_limit(max_body_bytes);
    error_code error;
    put(boost::asio::const_buffer(kHead.data(), kHead.size()), error);
  }

 private:
  void on_request_impl(beast::http::verb, beast::string_view, beast::string_view, int,
                       error_code&) override {}
  void on_response_impl(int, beast::string_view, int, error_code&) override {}
  void on_field_impl(beast::http::field, beast::string_view name, beast::string_view value,
                     error_code& error) override {
    field_bytes_ += name.size() + value.size();
    if (field_bytes_ > kMaxChunkLineBytes) error = beast::http::error::header_limit;
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(beast::string_view body, error_code&) override { return body.size(); }

  // Beast accepts control characters inside a quoted extension value. A reader that ends the line
  // there would see another chunk.
  void on_chunk_header_impl(std::uint64_t, beast::string_view extensions,
                            error_code& error) override {
    const char* const end = extensions.data() + extensions.size();
    if (extensions.size() > kMaxChunkLineBytes) {
      error = beast::http::error::header_limit;
    } else if (syntax::find_control(extensions.data(), end) != end) {
      error = beast::http::error::bad_chunk_extension;
    }
  }

  std::size_t on_chunk_body_impl(std::uint64_t, beast::string_view body, error_code&) override {
    if (check_ != nullptr) check_->bytes(std::as_bytes(std::span(body.data(), body.size())));
    return body.size();
  }

  void on_finish_impl(error_code&) override {}

  BodyCheck* check_;
  std::size_t field_bytes_ = 0;
};

}  // namespace

struct ChunkedBody::Impl {
  std::optional<Parser> parser;
  std::string pending;  // the beginning of a piece that Beast takes only as a whole

  // Gives `text` to Beast. Returns how much it took, and its state after that.
  Fed put(std::string_view text);
  Fed feed(std::string_view bytes);
  State check_pending(std::size_t from) const;
};

ChunkedBody::ChunkedBody() = default;
ChunkedBody::~ChunkedBody() = default;
ChunkedBody::ChunkedBody(ChunkedBody&&) noexcept = default;
ChunkedBody& ChunkedBody::operator=(ChunkedBody&&) noexcept = default;

void ChunkedBody::begin(std::uint64_t max_body_bytes, BodyCheck* check) {
  if (!impl_) impl_ = std::make_unique<Impl>();
  impl_->parser.emplace(max_body_bytes, check);
  impl_->pending.clear();
}

ChunkedBody::Fed ChunkedBody::Impl::put(std::string_view text) {
  error_code error;
  const std::size_t taken = parser->put(boost::asio::const_buffer(text.data(), text.size()), error);
  if (error == beast::http::error::body_limit) return {taken, State::too_large};
  if (error == beast::http::error::header_limit) return {taken, State::line_too_long};
  if (error && error != beast::http::error::need_more) return {taken, State::malformed};
  return {taken, parser->is_done() ? State::done : State::reading};
}

// Beast consumes content as it comes, but a line between chunks, and all trailers together, only as
// one piece. So what it left is kept and extended line by line until Beast takes it.
ChunkedBody::Fed ChunkedBody::Impl::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    if (pending.empty()) {
      const Fed fed = put(bytes.substr(taken));
      taken += fed.taken;
      if (fed.state != State::reading) return {taken, fed.state};
      if (fed.taken > 0) continue;
      pending = bytes.substr(taken);
      taken = bytes.size();
      if (const State state = check_pending(0); state != State::reading) return {taken, state};
    } else {
      const std::string_view rest = bytes.substr(taken);
      const std::size_t piece = std::min(rest.find('\n'), rest.size() - 1) + 1;
      const std::size_t before = pending.size();
      pending.append(rest.substr(0, piece));
      taken += piece;
      if (const State state = check_pending(before); state != State::reading) return {taken, state};
      // Beast asserts that more than one byte follows the line of a last chunk.
      if (!pending.ends_with('\n')) break;
      const Fed fed = put(pending);
      if (fed.state != State::reading) return {taken, fed.state};
      pending.erase(0, fed.taken);
    }
  }
  return {taken, State::reading};
}

// Beast waits for CRLF. Without this check it would wait forever where lines end with LF alone.
ChunkedBody::State ChunkedBody::Impl::check_pending(std::size_t from) const {
  for (std::size_t at = pending.find('\n', from); at != std::string::npos;
       at = pending.find('\n', at + 1)) {
    if (at == 0 || pending[at - 1] != '\r') return State::malformed;
  }
  return pending.size() > kMaxChunkLineBytes ? State::line_too_long : State::reading;
}

ChunkedBody::Fed ChunkedBody::feed(std::span<const std::byte> bytes) {
  return impl_->feed({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
}

}  // namespace asyncbench::http
