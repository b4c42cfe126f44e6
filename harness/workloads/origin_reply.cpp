#include "workloads/origin_reply.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "http/body.hpp"
#include "http/head_policy.hpp"

namespace asyncbench::workloads {

namespace {

// Bodies up to this size are copied behind their head.
constexpr std::uint64_t kCopiedBodyBytes = 16 * 1024;

constexpr std::uint64_t kChunkBytes = 8 * 1024;

void append(std::string& output, std::span<const std::byte> bytes) {
  output.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

}  // namespace

void OriginReply::begin(const http::RequestReader& request) {
  look_up(request.target());
  if (path_.upload_bytes && *path_.upload_bytes != request.body_bytes()) answer_instead(400);
  is_head_ = request.method() == "HEAD";
  // HTTP/1.0 knows no chunks (RFC 9112, section 6.1), and its clients keep a connection only when
  // they are told so (appendix C.2.2).
  framing_ = path_.framing;
  if (framing_ == http::Framing::chunked && !request.http_1_1()) {
    framing_ = http::Framing::until_close;
  }
  closes_ = !request.keep_alive() || framing_ == http::Framing::until_close;
  says_keep_alive_ = !closes_ && !request.http_1_1();
}

void OriginReply::look_up(std::string_view target) {
  is_repeated_ = target == last_target_;
  if (is_repeated_) return;
  last_target_ = target;
  made_.reset();
  phase_ = http::body_phase(target);
  path_ =
      http::parse_origin_path(target).value_or(http::OriginPath{.status = 404, .body_bytes = 0});
}

void OriginReply::answer_instead(unsigned status) {
  path_.status = status;
  last_target_.clear();  // path_ is no longer what the target asks for
  is_repeated_ = false;
}

void OriginReply::append_head(std::string& output, Time at) {
  has_body_ = !is_head_ && http::may_have_body(path_.status);
  body_bytes_ = has_body_ ? path_.body_bytes : 0;
  body_sent_ = 0;
  http::ResponseHead head{.status = path_.status, .close = closes_, .keep_alive = says_keep_alive_};
  if (http::may_announce_body(path_.status)) {
    head.chunked = framing_ == http::Framing::chunked;
    if (framing_ == http::Framing::length) head.content_length = path_.body_bytes;
  }
  http::append_head(output, head, date_.at(at));
}

const std::string* OriginReply::repeated(MadeReplies& replies, Time at) {
  const bool is_plain = !is_head_ && !closes_ && !says_keep_alive_ &&
                        framing_ == http::Framing::length && path_.body_bytes <= kCopiedBodyBytes;
  if (!is_repeated_ || !is_plain) return nullptr;
  if (!made_ || at >= made_->valid_until) {
    made_ = replies.get(last_target_, at, [this, at] {
      MadeReply made{.bytes = {}, .valid_until = {}};
      append_head(made.bytes, at);
      append_body(made.bytes);
      made.valid_until = date_.valid_until();
      return made;
    });
  }
  has_body_ = http::may_have_body(path_.status);
  body_bytes_ = has_body_ ? path_.body_bytes : 0;
  body_sent_ = body_bytes_;
  return &made_->bytes;
}

bool OriginReply::goes_in_slices() const {
  return framing_ != http::Framing::chunked && body_bytes_ > kCopiedBodyBytes;
}

std::span<const std::byte> OriginReply::take_slice() {
  const auto slice = http::body_slice(phase_, body_sent_, body_bytes_ - body_sent_);
  body_sent_ += slice.size();
  return slice;
}

void OriginReply::append_body(std::string& output) {
  if (!has_body_) return;
  if (framing_ == http::Framing::chunked) {
    append_chunks(output);
  } else if (body_bytes_ > 0) {
    append(output, take_slice());
  }
}

void OriginReply::append_chunks(std::string& output) {
  std::array<char, 20> digits{};
  while (!is_whole() && output.size() < kOutputBytes) {
    const std::uint64_t size = std::min(kChunkBytes, body_bytes_ - body_sent_);
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), size, 16).ptr;
    output.append(digits.data(), end);
    output += "\r\n";
    append(output, http::body_slice(phase_, body_sent_, size));
    output += "\r\n";
    body_sent_ += size;
  }
  if (is_whole()) output += "0\r\n\r\n";
}

}  // namespace asyncbench::workloads
