#include "http/request.hpp"

#include <algorithm>
#include <charconv>

namespace asyncbench::http {
namespace {

struct Scheme {
  std::string_view prefix;
  std::uint16_t port;  // where none is given
};
constexpr Scheme kHttp{"http://", 80};
constexpr Scheme kHttps{"https://", 443};

const Scheme& scheme_of(const Url& url) { return url.is_secure ? kHttps : kHttp; }

ParsedUrl refused(std::string_view text, std::string_view why) {
  return {.error = '"' + std::string(text) + "\": " + std::string(why)};
}

std::optional<std::uint16_t> parse_port(std::string_view digits) {
  std::uint16_t port = 0;
  const char* const end = digits.data() + digits.size();
  const auto [stop, error] = std::from_chars(digits.data(), end, port);
  if (error != std::errc{} || stop != end || port == 0) return std::nullopt;
  return port;
}

bool is_plain(char c) { return c > ' ' && c < '\x7f'; }

// The host of a numeric endpoint, without brackets.
std::string numeric_host(const Endpoint& endpoint) {
  std::string text = endpoint.to_string();
  text.resize(text.rfind(':'));
  if (text.starts_with('[')) text = text.substr(1, text.size() - 2);
  return text;
}

std::string_view name_of(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::head:
      return "HEAD";
    case Method::post:
      return "POST";
  }
  return "";
}

}  // namespace

std::string Url::authority() const {
  std::string text = host.find(':') == std::string::npos ? host : '[' + host + ']';
  if (port != scheme_of(*this).port) text += ':' + std::to_string(port);
  return text;
}

std::string Url::to_string() const {
  return std::string(scheme_of(*this).prefix) + authority() + target;
}

ParsedUrl parse_url(std::string_view text) {
  Url url;
  url.is_secure = text.starts_with(kHttps.prefix);
  const Scheme& scheme = scheme_of(url);
  url.port = scheme.port;
  if (!text.starts_with(scheme.prefix)) {
    return refused(text, "not an http URL; write http://HOST[:PORT]/PATH, or https://");
  }
  if (!std::all_of(text.begin(), text.end(), is_plain)) {
    return refused(text, "contains a space or another character that must be percent-encoded");
  }
  if (text.find('#') != std::string_view::npos) {
    return refused(text, "a fragment is never sent to a server; leave out the part from '#' on");
  }
  const std::string_view rest = text.substr(scheme.prefix.size());
  const std::size_t authority_size = std::min(rest.find_first_of("/?"), rest.size());
  const std::string_view authority = rest.substr(0, authority_size);
  const std::string_view target = rest.substr(authority_size);
  if (authority.find('@') != std::string_view::npos) {
    return refused(text,
                   "user names and passwords are not supported; leave out the part before '@'");
  }

  std::string_view after_host;
  if (authority.starts_with('[')) {
    const std::size_t close = authority.find(']');
    if (close == std::string_view::npos) {
      return refused(text, "the IPv6 address lacks its ']'; write http://[::1]:8080/");
    }
    url.host = authority.substr(1, close - 1);
    after_host = authority.substr(close + 1);
    if (!url.host.empty() && !Endpoint::numeric(url.host, url.port)) {
      return refused(text, "not an IPv6 address in the brackets; write http://[::1]:8080/");
    }
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    after_host = authority.substr(colon);
  }
  if (url.host.empty()) return refused(text, "the host is missing; write http://HOST[:PORT]/PATH");
  if (!after_host.empty()) {
    const auto port = after_host.front() == ':' ? parse_port(after_host.substr(1)) : std::nullopt;
    if (!port) return refused(text, "bad port; give a number from 1 to 65535 after the ':'");
    url.port = *port;
  }
  url.target = target.starts_with('/') ? std::string(target) : '/' + std::string(target);
  return {.url = std::move(url)};
}

Request make_request(Method method, const Url& url, const Endpoint& to, bool keep_alive,
                     std::string_view body) {
  Request request{.method = method,
                  .url = url,
                  .to = to,
                  .keep_alive = keep_alive,
                  .wire = std::string(name_of(method)),
                  .body_bytes = body.size()};
  if (to.size() != 0 && !url.is_secure) {
    request.url.host = numeric_host(to);
    request.url.port = to.port();
  }
  request.wire += ' ' + url.target + " HTTP/1.1\r\nHost: " + url.authority() +
                  "\r\nUser-Agent: asyncbench/" ASYNCBENCH_VERSION "\r\nAccept: */*\r\n";
  if (!keep_alive) request.wire += "Connection: close\r\n";
  if (method == Method::post) {
    request.wire += "Content-Type: " + std::string(kPostedType) +
                    "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  }
  request.wire += "\r\n";
  request.wire += body;
  return request;
}

}  // namespace asyncbench::http
