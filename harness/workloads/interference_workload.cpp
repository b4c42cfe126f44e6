// The workload `interference`: a server whose handlers compute, and what waits behind them.
#include <array>
#include <cmath>

#include "measure/live_histogram.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/http_server.hpp"
#include "workloads/http_sides.hpp"
#include "workloads/load_side.hpp"

namespace asyncbench::workloads {
namespace {

constexpr std::array kInfos = {
    kConnectionsInfo,
    ParameterInfo{.name = "cpu_burn",
                  .kind = ValueKind::duration,
                  .otherwise = "1ms",
                  .description = "CPU time that a burning request's handler takes",
                  .least = 1'000,
                  .most = 10'000'000'000,
                  .always_shown = true},
    ParameterInfo{.name = "burn_share",
                  .kind = ValueKind::share,
                  .otherwise = "10%",
                  .description = "of the requests that burn, in whole percent",
                  .always_shown = true},
    ParameterInfo{.name = "heartbeat",
                  .kind = ValueKind::duration,
                  .otherwise = "1ms",
                  .description = "period of the heartbeat tasks, one a lane",
                  .least = 100'000},
    kArrivalsInfo,
    kThinkTimeInfo,
    kDeadlineInfo,
};

const std::uint64_t kBodyBytes = HttpParameters{}.body_bytes;
constexpr unsigned kMix = 100;  // among so many requests, the share is exact

// A hundred targets on one server, with the burning ones spread evenly among them. Tasks take them
// in turn, and each starts at another place.
std::vector<ClientRun::Target> mixed_targets(const Parameters& parameters, std::uint16_t port) {
  const auto burning = static_cast<unsigned>(std::lround(parameters.share("burn_share") * kMix));
  const std::string plain = "/bytes/" + std::to_string(kBodyBytes);
  const std::string burn =
      "/burn/" + std::to_string(parameters.duration("cpu_burn").count()) + "ns" + plain;
  std::vector<ClientRun::Target> targets;
  for (unsigned i = 0; i < kMix; ++i) {
    // As Bresenham's line puts `burning` steps on kMix places.
    const bool burns = (i + 1) * burning / kMix > i * burning / kMix;
    const http::Url url{.host = "127.0.0.1", .port = port, .target = burns ? burn : plain};
    targets.push_back({http::make_request(http::Method::get, url, Endpoint::loopback(port), true),
                       http::BodyExpectation::of_origin(url.target)});
  }
  return targets;
}

// Beats at fixed times until the stop. In the window, it records how late each beat came.
class Heartbeat final : public Task {
 public:
  Heartbeat(const measure::Window& window, measure::LiveHistogram& lag, Duration period)
      : window_(window), lag_(lag), period_(period) {}

  Op start(unsigned /*lane*/) override {
    due_ = now() + period_;
    return op::Sleep{due_};
  }

  Op resume(const Completion& ended) override {
    if (ended.error) return op::Finish{};
    const Time at = now();
    if (due_ >= window_.start() && due_ < window_.end()) lag_.record((at - due_).count(), true);
    // Beats that were missed are counted too, each with its own lag: to leave them out would hide
    // the worst.
    due_ += period_;
    return op::Sleep{due_};
  }

 private:
  const measure::Window& window_;
  measure::LiveHistogram& lag_;
  Duration period_;
  Time due_{};
};

class BurningServerSide final : public Side {
 public:
  explicit BurningServerSide(const SideSetup& setup)
      : server_(ServerOptions{
            .lanes = setup.threads, .one_listener = setup.one_listener, .seed = setup.seed}),
        heartbeats_(setup.threads),
        period_(setup.work.parameters.duration("heartbeat")) {}

  std::optional<Address> address() const override { return Address{.port = server_.port()}; }
  void prepare(Job& job) override {
    job.acceptor = &server_;
    for (unsigned i = 0; i < heartbeats_; ++i) {
      job.tasks.push_back(std::make_unique<Heartbeat>(window_, lag_, period_));
    }
  }
  void set_window(const measure::WindowSpan& window) override { measure::set(window_, window); }
  void fill(SideRecord& record) override {
    record.server = server_.totals();
    record.requests_by_lane = server_.responses_by_lane();
    record.series.emplace("heartbeat_lag", lag_.take());
  }

 private:
  HttpServer server_;
  unsigned heartbeats_;
  Duration period_;
  measure::Window window_;
  measure::LiveHistogram lag_;
};

class InterferenceWorkload final : public ConnectionsWorkload {
 public:
  InterferenceWorkload()
      : ConnectionsWorkload({.name = "interference",
                             .summary = "HTTP server under test some of whose handlers burn CPU: "
                                        "how late a heartbeat beside them beats",
                             .parameters = kInfos}) {}

  Role subject(const Parameters& /*parameters*/) const override { return Role::server; }
  Forms forms(Role role, const Parameters& /*parameters*/) const override {
    return http_forms(role);
  }
  // Heartbeats go on by periods of their own.
  bool can_rest(const Parameters& /*parameters*/) const override { return false; }
  Duration patience(const Parameters& parameters) const override {
    // The first requests of all connections may burn, one after the other.
    return parameters.duration("deadline") +
           parameters.duration("cpu_burn") * static_cast<std::int64_t>(in_flight(parameters));
  }
  std::optional<std::uint64_t> payload_bytes(const Parameters& /*parameters*/) const override {
    return kBodyBytes;
  }
  std::unique_ptr<Side> make_side(const SideSetup& setup) const override {
    if (setup.role == Role::server) return std::make_unique<BurningServerSide>(setup);
    return make_http_client_side(
        {.parameters = HttpParameters::from(setup.work.parameters, setup.work.verify),
         .targets = mixed_targets(setup.work.parameters, setup.address.port),
         .takes_in_turn = true},
        setup);
  }
};

}  // namespace

const Workload& interference_workload() {
  static const InterferenceWorkload kInterference;
  return kInterference;
}

}  // namespace asyncbench::workloads
