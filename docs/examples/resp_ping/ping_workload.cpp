// What the workload can be asked, and its two sides.
#include "ping_workload.hpp"

#include <array>

#include "ping_client.hpp"
#include "ping_server.hpp"
#include "resp.hpp"
#include "workloads/load_side.hpp"

namespace asyncbench::workloads::resp_ping {

namespace {

constexpr std::array kInfos = {
    kConnectionsInfo,
    ParameterInfo{.name = "subject",
                  .kind = ValueKind::choice,
                  .otherwise = "client",
                  .description = "which side is under test",
                  .choices = "server|client",
                  .always_shown = true},
    ParameterInfo{.name = "fault",
                  .kind = ValueKind::choice,
                  .otherwise = "none",
                  .description = "what the server does instead of answering",
                  .choices = "none|wrong_reply|close|silence"},
    ParameterInfo{.name = "fault_every",
                  .kind = ValueKind::count,
                  .otherwise = "10",
                  .description = "to which pings of a connection it does so: each 10th",
                  .least = 1},
    kArrivalsInfo,
    kThinkTimeInfo,
    kDeadlineInfo,
};

Fault fault_of(const Parameters& parameters) {
  const std::string name = parameters.text("fault");
  if (name == "wrong_reply") return Fault::wrong_reply;
  if (name == "close") return Fault::close;
  if (name == "silence") return Fault::silence;
  return Fault::none;
}

class ClientSide final : public LoadSide {
 public:
  explicit ClientSide(const SideSetup& setup)
      : connections_(static_cast<unsigned>(setup.work.parameters.number("connections"))),
        run_{.servers = server_endpoints(setup, connections_),
             .deadline = setup.work.parameters.duration("deadline"),
             .load = LoadRun(load_of(setup, connections_))} {}

  void prepare(Job& job) override {
    for (unsigned i = 0; i < connections_; ++i) job.tasks.push_back(make_ping_client(run_, i));
  }

 private:
  static LoadOptions load_of(const SideSetup& setup, unsigned connections) {
    LoadOptions load = load_options(setup);
    load.tasks = connections;
    load.stagger = kConnectStagger;
    load.arrivals = setup.work.parameters.arrivals("arrivals");
    load.think_time = setup.work.parameters.duration("think_time");
    return load;
  }

  LoadRun& load() override { return run_.load; }

  unsigned connections_;
  PingRun run_;
};

class ServerSide final : public Side {
 public:
  explicit ServerSide(const SideSetup& setup)
      : server_(Listener::on_loopback(0, setup.one_listener ? 1 : setup.threads),
                {.fault = fault_of(setup.work.parameters),
                 .fault_every = setup.work.parameters.number("fault_every"),
                 .lanes = setup.threads}) {}

  std::optional<Address> address() const override { return Address{.port = server_.port()}; }
  void prepare(Job& job) override { job.acceptor = &server_; }
  // Servers answer all the time; what they use is measured over the window.
  void set_window(const measure::WindowSpan& /*window*/) override {}

  void fill(SideRecord& record) override {
    record.server = server_.totals();
    record.requests_by_lane = server_.responses_by_lane();
  }

 private:
  PingServer server_;
};

class PingWorkload final : public ConnectionsWorkload {
 public:
  PingWorkload()
      : ConnectionsWorkload({.name = "resp-ping",
                             .summary = "pings of a client to a server, in Redis' protocol",
                             .parameters = kInfos}) {}

  Role subject(const Parameters& parameters) const override {
    return parameters.text("subject") == "server" ? Role::server : Role::client;
  }

  Forms forms(Role role, const Parameters& /*parameters*/) const override {
    return {.operations = role == Role::server ? ping_server_ops() : ping_client_ops()};
  }

  // A connection that failed is closed between two pings.
  bool keeps_in_flight(const Parameters& parameters) const override {
    return never_pauses(parameters) && fault_of(parameters) == Fault::none;
  }

  Duration patience(const Parameters& parameters) const override {
    return parameters.duration("deadline");
  }

  std::optional<std::uint64_t> payload_bytes(const Parameters& /*parameters*/) const override {
    return kPong.size();
  }

  std::unique_ptr<Side> make_side(const SideSetup& setup) const override {
    if (setup.role == Role::server) return std::make_unique<ServerSide>(setup);
    return std::make_unique<ClientSide>(setup);
  }
};

}  // namespace

std::unique_ptr<Workload> make_ping_workload() { return std::make_unique<PingWorkload>(); }

}  // namespace asyncbench::workloads::resp_ping
