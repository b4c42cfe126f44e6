#include "http/head_policy.hpp"

#include <algorithm>

#include "http/head_syntax.hpp"

namespace asyncbench::http {

using syntax::Known;
using syntax::LineEnd;

namespace {
constexpr std::string_view kVersionPrefix = "HTTP/1.";
constexpr std::size_t kShortestStatusLine = 12;  // "HTTP/1.1 200"
}  // namespace

void ResponseHeadPolicy::begin(Method method) {
  method_ = method;
  outcome_ = Outcome::ok;
  detail_ = "";
  complete_ = false;
  status_ = 0;
  interims_ = 0;
  fields_ = 0;
  bytes_ = 0;
  await_head();
}

void ResponseHeadPolicy::await_head() {
  expect_ = Expect::status_line;
  keep_alive_ = true;
  chunked_ = false;
  content_length_.reset();
  says_close_ = false;
  says_keep_alive_ = false;
  after_field_ = false;
  after_framing_ = false;
}

bool ResponseHeadPolicy::refuse(Outcome outcome, const char* detail) {
  outcome_ = outcome;
  detail_ = detail;
  complete_ = false;
  return false;
}

bool ResponseHeadPolicy::has_body() const {
  return method_ != Method::head && may_have_body(status_);
}

bool ResponseHeadPolicy::line(std::string_view line) {
  if (refused()) return false;
  const char* const end = line.data() + line.size();
  bytes_ += line.size();
  if (bytes_ > kMaxResponseHeadBytes) {
    return refuse(Outcome::limit, "the head of the response is too large");
  }
  if (!line.empty() && take_line(line.data(), end) == end) return true;
  return refused() ? false : refuse(Outcome::protocol, "a line of the head does not end with CRLF");
}

bool ResponseHeadPolicy::head(std::string_view head) {
  const std::size_t taken = lines(head);
  if (refused()) return false;
  const bool ended = complete_ || (expect_ == Expect::status_line && interims_ > 0);
  return (ended && taken == head.size()) ||
         refuse(Outcome::protocol, "the head does not end with an empty line");
}

std::size_t ResponseHeadPolicy::lines(std::string_view bytes) {
  if (refused()) return 0;
  const std::size_t taken = syntax::take_lines(bytes, [this](const char* at, const char* end) {
    return complete_ ? nullptr : take_line(at, end);
  });
  bytes_ += taken;
  if (bytes_ > kMaxResponseHeadBytes && !refused()) {
    refuse(Outcome::limit, "the head of the response is too large");
  }
  return taken;
}

bool ResponseHeadPolicy::unfinished_line(std::string_view line) {
  if (refused()) return false;
  if (bytes_ + line.size() > kMaxResponseHeadBytes) {
    return refuse(Outcome::limit, "the head of the response is too large");
  }
  if (expect_ == Expect::status_line) {
    const std::size_t known = std::min(line.size(), kVersionPrefix.size());
    if (line.substr(0, known) != kVersionPrefix.substr(0, known)) {
      return refuse(Outcome::protocol, "the response does not begin with HTTP/1.");
    }
  }
  return true;
}

const char* ResponseHeadPolicy::take_line(const char* at, const char* end) {
  if (expect_ == Expect::status_line) return take_status_line(at, end);
  if (*at == '\r' && end - at >= 2 && at[1] == '\n') return end_head() ? at + 2 : nullptr;
  if (*at == '\r' && end - at == 1) return nullptr;
  if (*at == ' ' || *at == '\t') return take_folded(at, end);
  return take_field(at, end);
}

const char* ResponseHeadPolicy::take_status_line(const char* at, const char* end) {
  const char* why = "";
  const char* const control = syntax::find_control(at, end);
  switch (syntax::line_end(control, end, why)) {
    case LineEnd::whole:
      break;
    case LineEnd::partial:
      return nullptr;
    case LineEnd::bad:
      refuse(Outcome::protocol, why);
      return nullptr;
  }
  const std::string_view line{at, static_cast<std::size_t>(control - at)};
  if (line.size() < kShortestStatusLine || !line.starts_with(kVersionPrefix) ||
      (line[7] != '0' && line[7] != '1') || line[8] != ' ') {
    refuse(Outcome::protocol, "the response does not begin with HTTP/1.0 or HTTP/1.1 and a status");
    return nullptr;
  }
  const auto digit = [&line](std::size_t i) { return static_cast<unsigned>(line[i] - '0'); };
  const bool digits = digit(9) <= 9 && digit(10) <= 9 && digit(11) <= 9;
  status_ = digits ? digit(9) * 100 + digit(10) * 10 + digit(11) : 0;
  if (status_ < 100 || status_ > 599 || (line.size() > 12 && line[12] != ' ')) {
    refuse(Outcome::protocol, "the status is not a number from 100 to 599");
    return nullptr;
  }
  if (status_ == 101) {
    refuse(Outcome::protocol, "101 Switching Protocols without a request for it");
    return nullptr;
  }
  http_1_1_ = line[7] == '1';
  expect_ = Expect::field;
  return control + 2;
}

const char* ResponseHeadPolicy::take_field(const char* at, const char* end) {
  syntax::Field field{};
  switch (syntax::parse_field(at, end, field)) {
    case LineEnd::whole:
      break;
    case LineEnd::partial:
      return nullptr;
    case LineEnd::bad:
      refuse(Outcome::protocol, field.why);
      return nullptr;
  }
  if (++fields_ > kMaxResponseFields) {
    refuse(Outcome::limit, "the response has too many fields");
    return nullptr;
  }
  after_field_ = true;
  if (expect_ != Expect::trailer && !understand(field.name, field.value)) return nullptr;
  return field.next;
}

// RFC 9112, section 5.2, lets a user agent take a folded line as part of the value before it. For a
// value that decides on the framing, readers disagree about the result, so no fold is accepted
// there.
const char* ResponseHeadPolicy::take_folded(const char* at, const char* end) {
  const char* why = "";
  const char* const control = syntax::find_control(at, end);
  const LineEnd found = syntax::line_end(control, end, why);
  if (found == LineEnd::partial) return nullptr;
  if (found == LineEnd::bad) {
    refuse(Outcome::protocol, why);
  } else if (!after_field_ || after_framing_) {
    refuse(Outcome::protocol, after_framing_ ? "a folded line in a field that decides on framing"
                                             : "a folded line without a field before it");
  } else if (++fields_ > kMaxResponseFields) {
    refuse(Outcome::limit, "the response has too many fields");
  } else {
    return control + 2;
  }
  return nullptr;
}

bool ResponseHeadPolicy::understand(std::string_view name, std::string_view value) {
  const Known known = syntax::known_field(name);
  after_framing_ = known == Known::content_length || known == Known::transfer_encoding ||
                   known == Known::connection;
  switch (known) {
    case Known::content_length:
      if (chunked_) break;
      return add_content_length(value);
    case Known::transfer_encoding:
      if (content_length_) break;
      if (chunked_ || !syntax::equals_ignoring_case(value, "chunked")) {
        return refuse(Outcome::protocol, "Transfer-Encoding is not exactly \"chunked\"");
      }
      chunked_ = true;
      return true;
    case Known::connection: {
      syntax::ConnectionOptions options{says_close_, says_keep_alive_};
      options.add(value);
      says_close_ = options.close;
      says_keep_alive_ = options.keep_alive;
      return true;
    }
    case Known::other:
    case Known::host:
    case Known::expect:
      return true;
  }
  return refuse(Outcome::protocol, "both Content-Length and Transfer-Encoding");
}

// RFC 9112, section 6.3: a list that repeats one number means that number.
bool ResponseHeadPolicy::add_content_length(std::string_view value) {
  if (!content_length_) {
    content_length_ = syntax::parse_decimal(value);
    if (content_length_) return true;  // nearly always
  }
  const auto add = [this](std::string_view element) {
    const auto length = syntax::parse_decimal(element);
    if (!length) return refuse(Outcome::protocol, "Content-Length is not a number of 64 bits");
    if (content_length_ && *content_length_ != *length) {
      return refuse(Outcome::protocol, "several Content-Length that differ");
    }
    content_length_ = length;
    return true;
  };
  return syntax::for_each_element(value, add);
}

bool ResponseHeadPolicy::end_head() {
  if (expect_ == Expect::trailer) return true;
  after_field_ = false;
  after_framing_ = false;
  if (!interim()) {
    complete_ = true;
    // A chunked response under HTTP/1.0 may have passed an intermediary that does not know the
    // coding: the connection must not be kept after it (RFC 9112, section 6.1).
    keep_alive_ = syntax::ConnectionOptions{says_close_, says_keep_alive_}.persists(http_1_1_) &&
                  (http_1_1_ || !chunked_);
    expect_ = Expect::trailer;
    return true;
  }
  if (++interims_ > kMaxInterimResponses) {
    return refuse(Outcome::limit, "too many interim (1xx) responses");
  }
  await_head();
  return true;
}

}  // namespace asyncbench::http
