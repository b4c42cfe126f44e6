// The workloads `fetch` and `serve`.
#include <algorithm>
#include <array>

#include "http/body.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/http_sides.hpp"
#include "workloads/load_side.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {
namespace {

constexpr ParameterInfo kOriginBodyBytesInfo = [] {
  ParameterInfo info = kBodyBytesInfo;
  info.always_shown = true;
  info.of_origin = true;
  return info;
}();

constexpr std::array kInfos = {
    kConnectionsInfo,
    kOriginBodyBytesInfo,
    kServerDelayInfo,
    ParameterInfo{.name = "cpu_burn",
                  .kind = ValueKind::duration,
                  .otherwise = "0",
                  .description = "CPU time that the handler takes, after the delay",
                  .most = 10'000'000'000,
                  .of_origin = true},
    ParameterInfo{.name = "request_bytes",
                  .kind = ValueKind::size,
                  .otherwise = "0",
                  .description = "body of a request, which is then a POST",
                  .most = 1 << 20},
    ParameterInfo{.name = "keep_alive",
                  .kind = ValueKind::on_off,
                  .otherwise = "on",
                  .description = "off: a new connection for each request"},
    kTlsInfo,
    kTlsVersionInfo,
    kTlsResumptionInfo,
    kArrivalsInfo,
    kThinkTimeInfo,
    kDeadlineInfo,
};

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
  HttpParameters parameters = http_parameters(setup.work);
  parameters.tls = client_tls(setup.work, setup.address);
  const bool foreign = !setup.work.urls.empty();
  ClientRun::Setup client{
      .parameters = parameters,
      .targets = foreign ? url_targets(setup.work.urls, parameters, setup.work.allowed_hosts)
                 : setup.address.target ? program_targets(parameters, setup.address)
                                        : origin_targets(parameters, setup.address.port),
      .takes_in_turn = foreign};
  std::vector<std::byte> canned;
  if (setup.null_strategy) {
    canned = canned_reply(client.targets.front().request.url.target, parameters.body_bytes);
  }
  return make_http_client_side(std::move(client), setup, std::move(canned));
}

class HttpWorkload final : public ConnectionsWorkload {
 public:
  HttpWorkload(const WorkloadInfo& info, Role subject)
      : ConnectionsWorkload(info), subject_(subject) {}

  Role subject(const Parameters& /*parameters*/) const override { return subject_; }
  Forms forms(Role role, const Parameters& /*parameters*/) const override {
    return http_forms(role);
  }
  bool keeps_in_flight(const Parameters& parameters) const override {
    return never_pauses(parameters) && parameters.is_on("keep_alive");
  }
  Duration least_latency(const Parameters& parameters) const override {
    return parameters.delay("server_delay").mean + queue_of_burns(parameters);
  }
  Duration patience(const Parameters& parameters) const override {
    return parameters.duration("deadline") + 10 * parameters.delay("server_delay").mean +
           queue_of_burns(parameters);
  }
  std::optional<std::uint64_t> payload_bytes(const Parameters& parameters) const override {
    return parameters.number("body_bytes");
  }

  std::unique_ptr<Side> make_side(const SideSetup& setup) const override {
    return setup.role == Role::server ? make_http_server_side(setup) : make_client_side(setup);
  }

 private:
  // One CPU takes so long for a request of each connection.
  Duration queue_of_burns(const Parameters& parameters) const {
    return parameters.duration("cpu_burn") * static_cast<std::int64_t>(in_flight(parameters));
  }

  Role subject_;
};

}  // namespace

HttpParameters http_parameters(const Work& work) {
  HttpParameters asked = HttpParameters::from(work.parameters, work.verify);
  asked.body_bytes = work.parameters.number("body_bytes");
  asked.request_bytes = work.parameters.number("request_bytes");
  asked.cpu_burn = work.parameters.duration("cpu_burn");
  asked.server_delay = work.parameters.delay("server_delay");
  asked.keep_alive = work.parameters.is_on("keep_alive");
  return asked;
}

const Workload& fetch_workload() {
  static const HttpWorkload kFetch(
      {.name = "fetch",
       .summary = "HTTP client under test: GET from the embedded origin or from --url",
       .parameters = kInfos,
       .takes_urls = true},
      Role::client);
  return kFetch;
}

const Workload& serve_workload() {
  static const HttpWorkload kServe(
      {.name = "serve",
       .summary = "HTTP server under test: the same load generator asks every strategy",
       .parameters = kInfos},
      Role::server);
  return kServe;
}

}  // namespace asyncbench::workloads
