// The workload `gather`: a gateway that asks many upstreams at once.
#include <algorithm>
#include <array>

#include "measure/window_histogram.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/http_server.hpp"
#include "workloads/http_sides.hpp"
#include "workloads/load_side.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {
namespace {

// Fewer than elsewhere: the gateway opens fan_out connections for each.
constexpr ParameterInfo kFewerConnectionsInfo = [] {
  ParameterInfo info = kConnectionsInfo;
  info.most = 100'000;
  return info;
}();

constexpr std::array kInfos = {
    kFewerConnectionsInfo,
    ParameterInfo{.name = "fan_out",
                  .kind = ValueKind::count,
                  .otherwise = "10",
                  .description = "upstreams that each request asks",
                  .least = 1,
                  .most = 1'000,
                  .always_shown = true},
    kBodyBytesInfo,
    ParameterInfo{.name = "upstream_delay",
                  .kind = ValueKind::delay,
                  .otherwise = "0",
                  .description = "before an upstream answers; exp:10ms: random"},
    kTlsInfo,
    kTlsVersionInfo,
    kTlsResumptionInfo,
    kArrivalsInfo,
    kThinkTimeInfo,
    kDeadlineInfo,
};

// What the gateway itself answers.
const std::uint64_t kReplyBytes = HttpParameters{}.body_bytes;

// What the gateway's connections share.
struct Gateway {
  std::vector<HttpTarget> targets;
  unsigned fan_out = 1;
  Verify verify = Verify::sample;
  Duration deadline{0};
  measure::Window window;
  measure::WindowHistogram gather_time{window};
  measure::WindowHistogram upstream_time{window};
  std::unique_ptr<tls::ClientContext> tls;  // toward the upstreams; null: plain
};

// Asks one upstream, once a run, on a connection that stays open between runs. It does not probe
// the connection first: on a stale one the request fails and is tried again.
class UpstreamTask final : public Task {
 public:
  UpstreamTask(Gateway& gateway, HttpTarget& target)
      : gateway_(gateway), target_(target), fetch_(gateway.verify) {}

  Op start(unsigned /*lane*/) override {
    is_closing_ = false;
    record_ = {.begun = now()};
    return fetch_.begin(target_, record_.begun + gateway_.deadline, false, record_);
  }

  Op resume(const Completion& ended) override {
    if (is_closing_) return op::Finish{};
    if (const std::optional<Op> next = fetch_.resume(ended)) return *next;
    if (is_ok()) gateway_.upstream_time.record(record_.begun, fetch_.ended_at());
    if (fetch_.is_reusable() || !fetch_.is_connected()) return op::Finish{};
    is_closing_ = true;
    return fetch_.close();
  }

  bool is_ok() const { return fetch_.outcome() == Outcome::ok; }

 private:
  Gateway& gateway_;
  HttpTarget& target_;
  HttpFetch fetch_;
  measure::RequestRecord record_;
  bool is_closing_ = false;
};

class Upstreams final : public Backend {
 public:
  explicit Upstreams(Gateway& gateway) : gateway_(gateway) {
    for (unsigned i = 0; i < gateway.fan_out; ++i) {
      HttpTarget& target = gateway.targets[i % gateway.targets.size()];
      auto task = std::make_unique<UpstreamTask>(gateway, target);
      asking_.push_back(task.get());
      tasks_.push_back(secured(std::move(task), gateway.tls.get()));
      pointers_.push_back(tasks_.back().get());
    }
  }

  std::span<Task* const> ask() override {
    begun_ = now();
    return pointers_;
  }

  bool answered() override {
    gateway_.gather_time.record(begun_, now());
    return std::ranges::all_of(asking_, &UpstreamTask::is_ok);
  }

 private:
  Gateway& gateway_;
  std::vector<std::unique_ptr<Task>> tasks_;
  std::vector<Task*> pointers_;              // to them
  std::vector<const UpstreamTask*> asking_;  // they, or what is within them
  Time begun_{};
};

class GatewaySide final : public Side {
 public:
  explicit GatewaySide(const SideSetup& setup)
      : server_([&] {
          const Parameters& parameters = setup.work.parameters;
          gateway_.fan_out = static_cast<unsigned>(parameters.number("fan_out"));
          gateway_.verify = setup.work.verify;
          gateway_.deadline = parameters.duration("deadline");
          gateway_.targets = origin_targets({.connections = gateway_.fan_out,
                                             .body_bytes = parameters.number("body_bytes"),
                                             .server_delay = parameters.delay("upstream_delay"),
                                             .tls = client_tls(setup.work, setup.address)},
                                            setup.address.port);
          gateway_.tls = client_context(gateway_.targets, gateway_.window);
          return ServerOptions{
              .lanes = setup.threads,
              .one_listener = setup.one_listener,
              .seed = setup.seed,
              .make_backend = [this] { return std::make_unique<Upstreams>(gateway_); },
              .backend_connections = gateway_.fan_out,
              .tls = server_tls(parameters)};
        }()) {}

  std::optional<Address> address() const override { return server_.address(); }
  void prepare(Job& job) override { job.acceptor = &server_; }
  void set_window(const measure::WindowSpan& window) override {
    measure::set(gateway_.window, window);
  }
  void fill(SideRecord& record) override {
    record.server = server_.totals();
    record.requests_by_lane = server_.responses_by_lane();
    record.series.emplace("gather_time", gateway_.gather_time.take());
    record.series.emplace("upstream_time", gateway_.upstream_time.take());
  }

 private:
  Gateway gateway_;
  HttpServer server_;
};

// Puts the ratio of two percentiles, where both are there.
void put_ratio(std::map<std::string, double>& figures, const std::string& name,
               const measure::Histogram& over, const measure::Histogram& under, double percent) {
  if (over.empty() || under.empty() || under.value_at_percentile(percent) == 0) return;
  figures[name] = static_cast<double>(over.value_at_percentile(percent)) /
                  static_cast<double>(under.value_at_percentile(percent));
}

class GatherWorkload final : public ConnectionsWorkload {
 public:
  GatherWorkload()
      : ConnectionsWorkload(
            {.name = "gather",
             .summary = "HTTP gateway under test: each request asks many upstreams at once",
             .parameters = kInfos}) {}

  Role subject(const Parameters& /*parameters*/) const override { return Role::server; }
  std::vector<Role> roles(const Work& /*work*/) const override {
    return {Role::upstream, Role::server, Role::client};
  }
  Forms forms(Role role, const Parameters& /*parameters*/) const override {
    if (role != Role::server) return http_forms(role);
    return {.operations = {OpKind::accept, OpKind::begin, OpKind::connect, OpKind::receive,
                           OpKind::send, OpKind::close, OpKind::sleep, OpKind::gather,
                           OpKind::finish}};
  }
  std::uint64_t descriptors(const Parameters& parameters) const override {
    return in_flight(parameters) * (1 + parameters.number("fan_out"));
  }
  std::uint64_t ports(const Parameters& parameters) const override {
    return in_flight(parameters) * parameters.number("fan_out");
  }
  Duration least_latency(const Parameters& parameters) const override {
    return parameters.delay("upstream_delay").mean;
  }
  Duration patience(const Parameters& parameters) const override {
    return parameters.duration("deadline") + 20 * parameters.delay("upstream_delay").mean;
  }
  std::optional<std::uint64_t> payload_bytes(const Parameters& /*parameters*/) const override {
    return kReplyBytes;
  }

  std::map<std::string, double> figures(const Work& work,
                                        const std::map<Role, SideRecord>& records) const override {
    std::map<std::string, double> figures = Workload::figures(work, records);
    // A program need not say how long it waited, nor what it answered.
    const SideRecord& gateway = records.at(Role::server);
    const auto gather_time = gateway.series.find("gather_time");
    const auto upstream_time = gateway.series.find("upstream_time");
    if (gather_time != gateway.series.end() && upstream_time != gateway.series.end()) {
      put_ratio(figures, "amplification_p50", gather_time->second, upstream_time->second, 50);
      put_ratio(figures, "amplification_p99", gather_time->second, upstream_time->second, 99);
    }
    // Over the whole trial. It equals fan_out if nothing was lost or asked twice.
    const SideRecord& upstream = records.at(Role::upstream);
    if (gateway.server && upstream.server && gateway.server->requests > 0) {
      figures["asked_upstream"] = static_cast<double>(upstream.server->requests) /
                                  static_cast<double>(gateway.server->requests);
    }
    return figures;
  }

  std::unique_ptr<Side> make_side(const SideSetup& setup) const override {
    switch (setup.role) {
      case Role::upstream:
        return make_http_server_side(setup);
      case Role::server:
        return std::make_unique<GatewaySide>(setup);
      case Role::client:
        break;
    }
    HttpParameters parameters = HttpParameters::from(setup.work.parameters, setup.work.verify);
    parameters.tls = client_tls(setup.work, setup.address);
    return make_http_client_side(
        {.parameters = parameters,
         .targets = setup.address.target ? program_targets(parameters, setup.address)
                                         : origin_targets(parameters, setup.address.port)},
        setup);
  }
};

}  // namespace

const Workload& gather_workload() {
  static const GatherWorkload kGather;
  return kGather;
}

}  // namespace asyncbench::workloads
