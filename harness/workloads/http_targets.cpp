// What client tasks ask for: paths of the embedded origin, or the user's URLs.
#include <netdb.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <map>
#include <memory>
#include <stdexcept>
#include <utility>

#include "core/socket_ops.hpp"
#include "workloads/http_client.hpp"
#include "workloads/listener.hpp"

namespace asyncbench::workloads {

namespace {

// How long one address of several may take to answer.
constexpr Duration kAnswersWithin = std::chrono::seconds(1);

// All addresses of the name, IPv4 first: "localhost" names both, and most servers that listen on
// only one listen on IPv4.
std::vector<Endpoint> resolve(const http::Url& url) {
  const addrinfo hints{.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
  addrinfo* found = nullptr;
  const int error = getaddrinfo(url.host.c_str(), std::to_string(url.port).c_str(), &hints, &found);
  if (error != 0) {
    throw std::invalid_argument("cannot resolve " + url.host + ": " + gai_strerror(error) +
                                "; check the name or use an address");
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> all(found, &freeaddrinfo);
  std::vector<Endpoint> addresses;
  for (const addrinfo* each = all.get(); each != nullptr; each = each->ai_next) {
    addresses.emplace_back(each->ai_addr, each->ai_addrlen);
  }
  std::stable_partition(addresses.begin(), addresses.end(),
                        [](const Endpoint& each) { return each.family() == AF_INET; });
  return addresses;
}

bool answers(const Endpoint& address) {
  const Fd socket = stream_socket(address, SOCK_NONBLOCK);
  if (!socket) return false;
  const int begun = begin_connect(socket.get(), address);
  if (begun != EINPROGRESS) return begun == 0;
  pollfd polled{.fd = socket.get(), .events = POLLOUT, .revents = 0};
  const auto patience = std::chrono::duration_cast<std::chrono::milliseconds>(kAnswersWithin);
  return poll(&polled, 1, static_cast<int>(patience.count())) == 1 &&
         end_connect(socket.get()) == 0;
}

}  // namespace

std::string HttpParameters::origin_target() const {
  std::string target;
  if (server_delay.mean > Duration::zero()) {
    target += "/delay/";
    if (server_delay.exponential) target += "exp:";
    target += std::to_string(server_delay.mean.count()) + "ns";
  }
  if (cpu_burn > Duration::zero()) target += "/burn/" + std::to_string(cpu_burn.count()) + "ns";
  if (request_bytes > 0) target += "/upload/" + std::to_string(request_bytes);
  return target + "/bytes/" + std::to_string(body_bytes);
}

http::Request HttpParameters::request(const http::Url& url, const Endpoint& to) const {
  const http::Method method = request_bytes == 0 ? http::Method::get : http::Method::post;
  http::Request made =
      http::make_request(method, url, to, keep_alive, std::string(request_bytes, 'x'));
  if (url.is_secure) made.tls = tls;
  return made;
}

std::string HttpParameters::program_target(const std::string& pattern) const {
  if (pattern.empty()) {
    HttpParameters known = *this;  // without what a program need not understand
    known.request_bytes = 0;
    return known.origin_target();
  }
  std::string target = pattern;
  for (const auto& [name, value] :
       {std::pair("{body_bytes}", body_bytes),
        std::pair("{server_delay_ns}", static_cast<std::uint64_t>(server_delay.mean.count())),
        std::pair("{server_delay_ms}",
                  static_cast<std::uint64_t>(server_delay.mean.count() / 1'000'000)),
        std::pair("{cpu_burn_ns}", static_cast<std::uint64_t>(cpu_burn.count()))}) {
    const std::size_t at = target.find(name);
    if (at != target.npos) target.replace(at, std::string_view(name).size(), std::to_string(value));
  }
  return target;
}

std::vector<ClientRun::Target> program_targets(const HttpParameters& parameters,
                                               const Address& address) {
  const std::string target = parameters.program_target(*address.target);
  const bool is_secure = parameters.tls != nullptr;
  Endpoint to = Endpoint::loopback(address.port);
  http::Url url{
      .host = "127.0.0.1", .port = address.port, .target = target, .is_secure = is_secure};
  if (!address.path.empty()) {
    to = Endpoint::unix_socket(address.path).value();
    url = {.host = "localhost", .target = target, .is_secure = is_secure};
  }
  std::vector<ClientRun::Target> targets;
  targets.push_back({parameters.request(url, to),
                     address.target->empty()
                         ? http::BodyExpectation::of_length(parameters.body_bytes)
                         : http::BodyExpectation::of_foreign_server(),
                     target});
  return targets;
}

std::vector<ClientRun::Target> origin_targets(const HttpParameters& parameters,
                                              std::uint16_t port) {
  std::vector<ClientRun::Target> targets;
  const std::string target = parameters.origin_target();
  for (unsigned nth = 0; nth < std::min<unsigned>(kLoopbackHosts, parameters.connections); ++nth) {
    targets.push_back(origin_target(target, port, nth, parameters));
  }
  return targets;
}

ClientRun::Target origin_target(const std::string& path, std::uint16_t port, unsigned nth,
                                const HttpParameters& parameters) {
  const auto host = static_cast<std::uint8_t>(1 + nth % kLoopbackHosts);
  const http::Url url{.host = "127.0.0." + std::to_string(host),
                      .port = port,
                      .target = path,
                      .is_secure = parameters.tls != nullptr};
  return {parameters.request(url, Endpoint::loopback(port, host)),
          http::BodyExpectation::of_origin(path), path};
}

const Endpoint& first_to_answer(const std::vector<Endpoint>& addresses) {
  if (addresses.size() == 1) return addresses.front();
  const auto found = std::ranges::find_if(addresses, answers);
  return found != addresses.end() ? *found : addresses.front();
}

std::vector<ResolvedUrl> resolve_urls(const std::vector<std::string>& urls,
                                      const std::vector<std::string>& allowed_hosts) {
  std::vector<ResolvedUrl> resolved;
  for (const std::string& text : urls) {
    const http::ParsedUrl parsed = http::parse_url(text);
    if (!parsed.url) throw std::invalid_argument(parsed.error);
    std::vector<Endpoint> addresses = resolve(*parsed.url);
    if (std::ranges::find(allowed_hosts, parsed.url->host) == allowed_hosts.end()) {
      std::erase_if(addresses, [](const Endpoint& each) { return !each.is_of_this_machine(); });
    }
    if (addresses.empty()) {
      throw std::invalid_argument(
          text + ": not on this machine; to load a server of yours elsewhere, add --allow-remote " +
          parsed.url->host);
    }
    resolved.push_back({text, *parsed.url, std::move(addresses)});
  }
  return resolved;
}

std::vector<ClientRun::Target> url_targets(const std::vector<std::string>& urls,
                                           const HttpParameters& parameters,
                                           const std::vector<std::string>& allowed_hosts) {
  std::map<std::string, Endpoint> chosen;  // by host and port
  std::vector<ClientRun::Target> targets;
  for (const auto& [text, url, addresses] : resolve_urls(urls, allowed_hosts)) {
    auto [known, is_new] = chosen.try_emplace(url.authority());
    if (is_new) known->second = first_to_answer(addresses);
    targets.push_back(
        {parameters.request(url, known->second), http::BodyExpectation::of_foreign_server(), text});
  }
  return targets;
}

}  // namespace asyncbench::workloads
