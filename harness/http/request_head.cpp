#include "http/request_head.hpp"

#include <algorithm>

#include "http/head_syntax.hpp"
#include "http/request_reader.hpp"

namespace asyncbench::http {

using syntax::Known;
using syntax::LineEnd;

namespace {

constexpr unsigned kBadRequest = 400;
constexpr unsigned kTargetTooLong = 414;
constexpr unsigned kFieldsTooLarge = 431;
constexpr unsigned kNotImplemented = 501;
constexpr unsigned kVersionNotSupported = 505;
constexpr std::size_t kMaxMethodBytes = 32;
constexpr std::size_t kVersionBytes = 8;  // "HTTP/1.1"
constexpr std::uint64_t kMaxPort = 65535;
constexpr std::uint64_t kNoPort = kMaxPort + 1;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_in(std::string_view text, char first, char last) {
  return std::all_of(text.begin(), text.end(), [=](char c) { return c >= first && c <= last; });
}

// host [ ":" port ] of RFC 9110, section 7.2. An empty one names no host of ours.
bool is_host_and_port(std::string_view value) {
  std::size_t host = std::min(value.find(':'), value.size());
  if (value.starts_with('[')) {
    host = value.find(']');
    if (host == std::string_view::npos) return false;
    const std::string_view address = value.substr(1, host++ - 1);
    if (address.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos ||
        address.find(':') == std::string_view::npos) {
      return false;
    }
  } else if (value.substr(0, host).find_first_of(" \t,/@?#\\[]<>\"^`{|}") !=
             std::string_view::npos) {
    return false;
  }
  if (host == 0) return false;
  if (host == value.size()) return true;
  const std::string_view port = value.substr(host + 1);
  if (value[host] != ':' || port.size() > 5) return false;
  return port.empty() || syntax::parse_decimal(port).value_or(kNoPort) <= kMaxPort;
}

}  // namespace

void RequestHead::refuse(unsigned status, const char* detail) {
  if (refused()) return;
  refusal_status_ = status;
  refusal_detail_ = detail;
  complete_ = false;
}

std::size_t RequestHead::lines(std::string_view bytes) {
  const std::size_t taken = syntax::take_lines(bytes, [this](const char* at, const char* end) {
    return complete_ ? nullptr : take_line(at, end);
  });
  bytes_ += taken;
  if (bytes_ > kMaxRequestHeadBytes) refuse(kFieldsTooLarge, "the head is larger than 16 KiB");
  return taken;
}

void RequestHead::unfinished_line(std::string_view line) {
  if (!has_request_line()) {
    const std::size_t method = std::min(line.find(' '), line.size());
    if (!line.starts_with('\r') &&
        (method > kMaxMethodBytes ||
         syntax::end_of_token(line.data(), line.data() + method) != line.data() + method)) {
      refuse(kBadRequest, "the request does not begin with a method");
    }
    if (line.size() > method + kMaxTargetBytes + kVersionBytes + 3) {
      refuse(kTargetTooLong, "the target is longer than 8 KiB");
    }
  }
  if (bytes_ + line.size() > kMaxRequestHeadBytes) {
    refuse(kFieldsTooLarge, "the head is larger than 16 KiB");
  }
  syntax::Field field{};
  if (has_request_line() && !line.starts_with('\r') &&
      syntax::parse_field(line.data(), line.data() + line.size(), field) == LineEnd::bad) {
    refuse(kBadRequest, field.why);
  }
  if (const char* const why = syntax::wrong_so_far(line)) refuse(kBadRequest, why);
}

const char* RequestHead::take_line(const char* at, const char* end) {
  if (*at == '\r' && end - at == 1) return nullptr;
  if (*at == '\r' && at[1] == '\n') {
    // Empty lines before a request line are skipped (RFC 9112, section 2.2); they count as bytes.
    if (has_request_line()) end_head();
    return refused() ? nullptr : at + 2;
  }
  return has_request_line() ? take_field(at, end) : take_request_line(at, end);
}

const char* RequestHead::take_request_line(const char* at, const char* end) {
  const char* why = "";
  const char* const control = syntax::find_control(at, end);
  const LineEnd found = syntax::line_end(control, end, why);
  if (found == LineEnd::partial) return nullptr;
  if (found == LineEnd::bad) {
    refuse(kBadRequest, why);
    return nullptr;
  }
  const std::string_view line{at, static_cast<std::size_t>(control - at)};
  const auto method_size = static_cast<std::size_t>(syntax::end_of_token(at, control) - at);
  if (method_size == 0 || method_size > kMaxMethodBytes || method_size == line.size() ||
      line[method_size] != ' ') {
    refuse(kBadRequest, "the request does not begin with a method and a space");
    return nullptr;
  }
  const std::size_t space = line.find(' ', method_size + 1);
  const std::string_view version =
      space == std::string_view::npos ? std::string_view{} : line.substr(space + 1);
  if (version.size() != kVersionBytes || !version.starts_with("HTTP/") || !is_digit(version[5]) ||
      version[6] != '.' || !is_digit(version[7])) {
    refuse(kBadRequest, "the request line does not end with a version of HTTP");
    return nullptr;
  }
  if (version[5] != '1' || version[7] > '1') {
    refuse(kVersionNotSupported, "a version other than HTTP/1.0 and HTTP/1.1");
    return nullptr;
  }
  http_1_1_ = version[7] == '1';
  request_line_ = line;
  method_ = line.substr(0, method_size);
  if (!understand_target(line.substr(method_size + 1, space - method_size - 1))) return nullptr;
  return control + 2;
}

bool RequestHead::understand_target(std::string_view target) {
  constexpr std::string_view kScheme = "http://";
  if (target.size() > kMaxTargetBytes) {
    refuse(kTargetTooLong, "the target is longer than 8 KiB");
  } else if (target.empty() || !all_in(target, '!', '~')) {
    refuse(kBadRequest, "the target is empty or contains a character that URLs do not have");
  } else if (target.front() == '/' || (target == "*" && method_ == "OPTIONS")) {
    target_ = target;
  } else if (syntax::equals_ignoring_case(target.substr(0, 4), "http") &&
             target.substr(4).starts_with(kScheme.substr(4))) {
    const std::string_view rest = target.substr(kScheme.size());
    const std::size_t path = rest.find('/');
    authority_ = rest.substr(0, path);
    target_ = path == std::string_view::npos ? "/" : rest.substr(path);
    if (authority_.empty()) refuse(kBadRequest, "the target lacks a host");
  } else {
    refuse(kBadRequest, "the target is neither a path nor an http URL");
  }
  return !refused();
}

void RequestHead::relocate_request_line(std::string_view copy) {
  const std::string_view old = request_line_;
  const auto move = [&](std::string_view& part) {
    if (part.data() < old.data() || part.data() >= old.data() + old.size()) return;
    part = copy.substr(static_cast<std::size_t>(part.data() - old.data()), part.size());
  };
  move(method_);
  move(target_);
  move(authority_);
  request_line_ = copy;
}

const char* RequestHead::take_field(const char* at, const char* end) {
  if (*at == ' ' || *at == '\t') {
    refuse(kBadRequest, "a folded line");
    return nullptr;
  }
  syntax::Field field{};
  switch (syntax::parse_field(at, end, field)) {
    case LineEnd::whole:
      break;
    case LineEnd::partial:
      return nullptr;
    case LineEnd::bad:
      refuse(kBadRequest, field.why);
      return nullptr;
  }
  if (++fields_ > kMaxRequestFields) refuse(kFieldsTooLarge, "more than 100 fields");
  if (refused() || !understand(field.name, field.value)) return nullptr;
  return field.next;
}

bool RequestHead::understand(std::string_view name, std::string_view value) {
  switch (syntax::known_field(name)) {
    case Known::other:
      return true;
    case Known::host:
      return add_host(value);
    case Known::content_length:
      return add_content_length(value);
    case Known::transfer_encoding:
      return add_transfer_encoding(value);
    case Known::expect:
      expects_continue_ = syntax::equals_ignoring_case(value, "100-continue");
      return true;
    case Known::connection: {
      syntax::ConnectionOptions options{says_close_, says_keep_alive_};
      options.add(value);
      says_close_ = options.close;
      says_keep_alive_ = options.keep_alive;
      return true;
    }
  }
  return true;
}

bool RequestHead::add_host(std::string_view value) {
  const auto same = [](char a, char b) { return (a | 0x20) == (b | 0x20); };
  if (has_host_) {
    refuse(kBadRequest, "several Host fields");
  } else if (!is_host_and_port(value)) {
    refuse(kBadRequest, "Host is not one host and port");
  } else if (!authority_.empty() &&
             !std::equal(value.begin(), value.end(), authority_.begin(), authority_.end(), same)) {
    refuse(kBadRequest, "Host contradicts the target");
  }
  has_host_ = true;
  return !refused();
}

bool RequestHead::add_content_length(std::string_view value) {
  const auto length = syntax::parse_decimal(value);
  if (has_content_length_) {
    refuse(kBadRequest, "several Content-Length fields");
  } else if (chunked_) {
    refuse(kBadRequest, "both Content-Length and Transfer-Encoding");
  } else if (!length) {
    refuse(kBadRequest, "Content-Length is not a number of 64 bits");
  } else {
    has_content_length_ = true;
    content_length_ = *length;
  }
  return !refused();
}

bool RequestHead::add_transfer_encoding(std::string_view value) {
  if (has_content_length_) {
    refuse(kBadRequest, "both Content-Length and Transfer-Encoding");
  } else if (chunked_ || !http_1_1_) {
    refuse(kBadRequest,
           chunked_ ? "several Transfer-Encoding fields" : "Transfer-Encoding under HTTP/1.0");
  } else if (!syntax::equals_ignoring_case(value, "chunked")) {
    // An unknown coding is answered with 501 (RFC 9112, section 6.1). A list that names "chunked"
    // beside it may be meant to be read in two ways, and is answered with 400.
    const bool unknown = syntax::for_each_element(value, [](std::string_view coding) {
      return !coding.empty() && coding.front() != '"' &&
             !syntax::equals_ignoring_case(coding, "chunked") &&
             !syntax::equals_ignoring_case(coding, "identity");
    });
    refuse(unknown ? kNotImplemented : kBadRequest, "Transfer-Encoding is not exactly \"chunked\"");
  }
  chunked_ = true;
  return !refused();
}

void RequestHead::end_head() {
  if (http_1_1_ && !has_host_) return refuse(kBadRequest, "HTTP/1.1 without Host");
  complete_ = true;
  keep_alive_ = syntax::ConnectionOptions{says_close_, says_keep_alive_}.persists(http_1_1_);
}

}  // namespace asyncbench::http
