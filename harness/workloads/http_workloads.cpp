#include "workloads/http_workloads.hpp"

#include <algorithm>

#include "http/body.hpp"
#include "workloads/http_server.hpp"
#include "workloads/http_sides.hpp"

namespace asyncbench::workloads {
namespace {

// The whole response to a request for `target`, as `null` replays it.
std::vector<std::byte> canned_reply(std::string_view target, std::uint64_t body_bytes) {
  const std::string head =
      "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body_bytes) + "\r\n\r\n";
  std::vector<std::byte> reply(head.size() + body_bytes);
  std::ranges::transform(head, reply.begin(), [](char c) { return static_cast<std::byte>(c); });
  const std::size_t phase = http::body_phase(target);
  for (std::uint64_t offset = 0; offset < body_bytes;) {
    const auto slice = http::body_slice(phase, offset, body_bytes - offset);
    std::ranges::copy(slice, reply.begin() + static_cast<std::ptrdiff_t>(head.size() + offset));
    offset += slice.size();
  }
  return reply;
}

std::unique_ptr<Side> make_client_side(const SideSetup& setup) {
  const HttpParameters parameters = HttpParameters::from(setup.work.parameters, setup.work.verify);
  const bool foreign = !setup.work.urls.empty();
  ClientRun::Setup client{.parameters = parameters,
                          .targets = foreign ? url_targets(setup.work.urls, parameters.keep_alive,
                                                           setup.work.allowed_hosts)
                                             : origin_targets(parameters, setup.address.port),
                          .takes_in_turn = foreign};
  std::vector<std::byte> canned;
  if (setup.null_strategy) {
    canned = canned_reply(client.targets.front().request.url.target, parameters.body_bytes);
  }
  return make_http_client_side(std::move(client), setup, std::move(canned));
}

class HttpWorkload final : public Workload {
 public:
  HttpWorkload(const WorkloadInfo& info, Role subject) : info_(info), subject_(subject) {}

  const WorkloadInfo& info() const override { return info_; }
  Role subject(const Parameters& /*parameters*/) const override { return subject_; }

  std::vector<Role> roles(const Work& work) const override {
    if (!work.urls.empty()) return {Role::client};
    return {Role::server, Role::client};
  }

  Forms forms(Role role, const Parameters& /*parameters*/) const override {
    if (role == Role::server) return {.operations = server_ops()};
    return {.operations = client_stream_ops(), .exchange = client_exchange_ops()};
  }

  std::string objection(const Work& work) const override { return pace_objection(work.parameters); }

  std::uint64_t in_flight(const Parameters& parameters) const override {
    return parameters.number("connections");
  }
  bool keeps_in_flight(const Parameters& parameters) const override {
    return never_pauses(parameters) && parameters.is_on("keep_alive");
  }
  std::uint64_t descriptors(const Parameters& parameters) const override {
    return in_flight(parameters);
  }
  std::uint64_t ports(const Parameters& parameters) const override { return in_flight(parameters); }

  Duration patience(const Parameters& parameters) const override {
    return parameters.duration("deadline") + 10 * parameters.delay("server_delay").mean;
  }
  std::optional<std::uint64_t> payload_bytes(const Parameters& parameters) const override {
    return parameters.number("body_bytes");
  }

  std::unique_ptr<Side> make_side(const SideSetup& setup) const override {
    return setup.role == Role::server ? make_http_server_side(setup) : make_client_side(setup);
  }

 private:
  WorkloadInfo info_;
  Role subject_;
};

}  // namespace

const Workload& fetch_workload() {
  static const HttpWorkload kFetch(
      {.name = "fetch",
       .summary = "HTTP client under test: GET from the embedded origin or from --url",
       .parameters = http_parameter_infos(),
       .takes_urls = true},
      Role::client);
  return kFetch;
}

const Workload& serve_workload() {
  static const HttpWorkload kServe(
      {.name = "serve",
       .summary = "HTTP server under test: the same load generator asks every strategy",
       .parameters = http_parameter_infos()},
      Role::server);
  return kServe;
}

}  // namespace asyncbench::workloads
