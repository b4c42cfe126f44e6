#include "workloads/http_workloads.hpp"

#include <algorithm>
#include <array>

#include "http/body.hpp"
#include "workloads/http_client.hpp"
#include "workloads/http_server.hpp"
#include "workloads/load_side.hpp"

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

class HttpClientSide final : public Side {
 public:
  explicit HttpClientSide(const SideSetup& setup) : exchange_(setup.exchange) {
    const HttpParameters parameters =
        HttpParameters::from(setup.work.parameters, setup.work.verify);
    const bool foreign = !setup.work.urls.empty();
    std::vector<ClientRun::Target> targets =
        foreign
            ? url_targets(setup.work.urls, parameters.keep_alive, setup.work.allowed_hosts)
            : origin_targets(parameters, setup.address.port);
    if (setup.null_strategy) {
      canned_reply_ = canned_reply(targets.front().request.url.target, parameters.body_bytes);
    }
    run_ = std::make_unique<ClientRun>(
        ClientRun::Setup{
            .parameters = parameters, .targets = std::move(targets), .takes_in_turn = foreign},
        load_options(setup));
  }

  void prepare(Job& job) override {
    job.tasks = run_->make_tasks(exchange_);
    job.canned_reply = canned_reply_;
  }
  void set_window(std::int64_t start_ns, std::optional<std::int64_t> end_ns) override {
    set_load_window(run_->load(), start_ns, end_ns);
  }
  std::int64_t window_end_ns() const override { return run_->load().window().end_ns.load(); }
  void fill(SideRecord& record) override { fill_from(run_->load(), record); }

 private:
  bool exchange_;
  std::vector<std::byte> canned_reply_;
  std::unique_ptr<ClientRun> run_;
};

class HttpServerSide final : public Side {
 public:
  explicit HttpServerSide(const SideSetup& setup)
      : server_(ServerOptions{
            .port = setup.address.port, .lanes = setup.threads, .seed = setup.seed}) {}

  std::optional<Address> address() const override { return Address{.port = server_.port()}; }
  void prepare(Job& job) override { job.acceptor = &server_; }
  // Servers measure their usage over it; their tasks do not know it.
  void set_window(std::int64_t /*start_ns*/, std::optional<std::int64_t> /*end_ns*/) override {}
  void fill(SideRecord& record) override { record.server = server_.totals();
    record.requests_by_lane = server_.responses_by_lane(); }

 private:
  HttpServer server_;
};

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

  std::string objection(const Work& work) const override {
    return pace_objection(work.parameters);
  }

  std::uint64_t in_flight(const Parameters& parameters) const override {
    return parameters.number("connections");
  }
  bool keeps_in_flight(const Parameters& parameters) const override {
    return !parameters.arrivals("arrivals").open_loop() && parameters.is_on("keep_alive") &&
           parameters.duration("think_time") == Duration{0};
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
    if (setup.role == Role::server) return std::make_unique<HttpServerSide>(setup);
    return std::make_unique<HttpClientSide>(setup);
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
