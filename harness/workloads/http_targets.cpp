// What client tasks ask for: paths of the embedded origin, or the user's URLs.
#include <netdb.h>

#include <algorithm>
#include <memory>
#include <stdexcept>

#include "workloads/http_client.hpp"
#include "workloads/listener.hpp"

namespace asyncbench::workloads {

namespace {

Endpoint resolve(const http::Url& url) {
  const addrinfo hints{.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const int error = getaddrinfo(url.host.c_str(), nullptr, &hints, &found);
  if (error != 0) {
    throw std::invalid_argument("cannot resolve " + url.host + ": " + gai_strerror(error) +
                                "; check the name or use an address");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, &freeaddrinfo);
  // IPv4 first: "localhost" names both, and most servers that listen on only one listen on IPv4.
  const addrinfo* chosen = all.get();
  for (const addrinfo* each = all.get(); each != nullptr; each = each->ai_next) {
    if (each->ai_family == AF_INET) {
      chosen = each;
      break;
    }
  }
  Endpoint address(chosen->ai_addr, chosen->ai_addrlen);
  char text[NI_MAXHOST];
  getnameinfo(chosen->ai_addr, chosen->ai_addrlen, text, sizeof text, nullptr, 0, NI_NUMERICHOST);
  return Endpoint::numeric(text, url.port).value_or(address);
}

}  // namespace

std::string HttpParameters::origin_target() const {
  std::string target;
  if (server_delay.mean > Duration::zero()) {
    target += "/delay/";
    if (server_delay.exponential) target += "exp:";
    target += std::to_string(server_delay.mean.count()) + "ns";
  }
  return target + "/bytes/" + std::to_string(body_bytes);
}

std::vector<ClientRun::Target> origin_targets(const HttpParameters& parameters,
                                              std::uint16_t port) {
  std::vector<ClientRun::Target> targets;
  const std::string target = parameters.origin_target();
  for (unsigned nth = 0; nth < std::min<unsigned>(kLoopbackHosts, parameters.connections); ++nth) {
    targets.push_back(origin_target(target, port, nth, parameters.keep_alive));
  }
  return targets;
}

ClientRun::Target origin_target(const std::string& path, std::uint16_t port, unsigned nth,
                                bool keep_alive) {
  const auto host = static_cast<std::uint8_t>(1 + nth % kLoopbackHosts);
  const http::Url url{.host = "127.0.0." + std::to_string(host), .port = port, .target = path};
  return {http::make_request(http::Method::get, url, Endpoint::loopback(port, host), keep_alive),
          http::BodyExpectation::of_origin(path), path};
}

std::vector<ClientRun::Target> url_targets(const std::vector<std::string>& urls, bool keep_alive,
                                           const std::vector<std::string>& allowed_hosts) {
  std::vector<ClientRun::Target> targets;
  for (const std::string& text : urls) {
    const http::ParsedUrl parsed = http::parse_url(text);
    if (!parsed.url) throw std::invalid_argument(text + ": " + parsed.error);
    const http::Url& url = *parsed.url;
    const Endpoint to = resolve(url);
    const bool allowed =
        std::find(allowed_hosts.begin(), allowed_hosts.end(), url.host) != allowed_hosts.end();
    if (!to.is_loopback() && !allowed) {
      throw std::invalid_argument(
          text + ": not on this machine; to load a server of yours elsewhere, add --allow-remote " +
          url.host);
    }
    targets.push_back({http::make_request(http::Method::get, url, to, keep_alive),
                       http::BodyExpectation::of_foreign_server(), text});
  }
  return targets;
}

}  // namespace asyncbench::workloads
