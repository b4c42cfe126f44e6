// An HTTP/1.1 request as a client sends it, made once and sent many times.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/endpoint.hpp"
#include "http/tls_settings.hpp"

namespace asyncbench::http {

enum class Method : std::uint8_t { get, head, post };

// The parts of "http://host:port/target". No userinfo, no fragment.
struct Url {
  std::string host;  // name or numeric address, IPv6 without brackets
  std::uint16_t port = 80;
  std::string target = "/";  // origin form: path and query
  bool is_secure = false;    // https

  std::string authority() const;  // "host", "host:8080", "[::1]:8080": what Host carries
  std::string to_string() const;
};

// The URL, or why the text is not a URL that can be used, with the remedy.
struct ParsedUrl {
  std::optional<Url> url;
  std::string error;
};
ParsedUrl parse_url(std::string_view text);

struct Request {
  Method method = Method::get;
  // For libraries that want a URL: with the numeric address; of https with the name, which the
  // certificate has to be for.
  Url url;
  Endpoint to;  // where to connect
  bool keep_alive = true;
  std::string wire;  // the exact bytes: request line, Host, User-Agent, Accept, and, unless the
                     // connection is kept, Connection: close; of a POST also the body
  std::size_t body_bytes = 0;                   // the last bytes of `wire`
  std::shared_ptr<const TlsSettings> tls = {};  // of https

  std::string_view body() const { return std::string_view(wire).substr(wire.size() - body_bytes); }
};

// What the body of a POST is said to be.
inline constexpr std::string_view kPostedType = "application/octet-stream";

// `body` is a POST's.
Request make_request(Method method, const Url& url, const Endpoint& to, bool keep_alive,
                     std::string_view body = {});

}  // namespace asyncbench::http
