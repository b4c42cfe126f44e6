// The workload `echo`: messages that come back as they were sent.
#include <array>
#include <optional>
#include <stdexcept>

#include "workloads/all_workloads.hpp"
#include "workloads/echo_client.hpp"
#include "workloads/echo_message.hpp"
#include "workloads/echo_server.hpp"
#include "workloads/load_side.hpp"
#include "workloads/memory_per_thing.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {
namespace {

constexpr std::array kInfos = {
    kConnectionsInfo,
    ParameterInfo{.name = "message_bytes",
                  .kind = ValueKind::size,
                  .otherwise = "64",
                  .description = "of one message, which comes back whole",
                  .least = kEchoHeadBytes,
                  .most = std::uint64_t{1} << 30,
                  .always_shown = true},
    ParameterInfo{.name = "subject",
                  .kind = ValueKind::choice,
                  .otherwise = "server",
                  .description = "which side is under test",
                  .choices = "server|client",
                  .always_shown = true},
    ParameterInfo{.name = "transport",
                  .kind = ValueKind::choice,
                  .otherwise = "tcp",
                  .description = "TCP over loopback, or a Unix socket",
                  .choices = "tcp|unix"},
    ParameterInfo{.name = "idle",
                  .kind = ValueKind::count,
                  .otherwise = "0",
                  .description = "silent connections beside the active ones",
                  .most = 1'000'000,
                  .divided = true},
    ParameterInfo{.name = "churn",
                  .kind = ValueKind::count,
                  .otherwise = "0",
                  .description = "messages before a new connection is made; 0: no end"},
    kTlsInfo,
    kTlsVersionInfo,
    kTlsResumptionInfo,
    kArrivalsInfo,
    kThinkTimeInfo,
    kDeadlineInfo,
};

bool is_unix(const Parameters& parameters) { return parameters.text("transport") == "unix"; }

std::uint64_t all_connections(const Parameters& parameters) {
  return parameters.number("connections") + parameters.number("idle");
}

Listener listen(const SideSetup& setup) {
  if (is_unix(setup.work.parameters)) return Listener::on_unix_socket();
  return Listener::on_loopback(0, setup.one_listener ? 1 : setup.threads);
}

std::vector<Endpoint> server_addresses(const SideSetup& setup) {
  if (const std::string& path = setup.address.path; !path.empty()) {
    return {Endpoint::unix_socket(path).value()};
  }
  return server_endpoints(setup, all_connections(setup.work.parameters));
}

EchoClientOptions client_options(const SideSetup& setup) {
  const Parameters& parameters = setup.work.parameters;
  // null connects nothing, so no connection can be idle.
  const std::uint64_t idle = setup.null_strategy ? 0 : parameters.number("idle");
  return {.servers = server_addresses(setup),
          .connections = static_cast<unsigned>(parameters.number("connections")),
          .message_bytes = parameters.number("message_bytes"),
          .idle = static_cast<unsigned>(idle),
          .churn = parameters.number("churn"),
          .deadline = parameters.duration("deadline"),
          .verify = setup.work.verify,
          .numbered = !setup.null_strategy,
          .tls = client_tls(setup.work, setup.address)};
}

LoadOptions client_load(const SideSetup& setup) {
  LoadOptions load = load_options(setup);
  load.arrivals = setup.work.parameters.arrivals("arrivals");
  load.think_time = setup.work.parameters.duration("think_time");
  return load;
}

// The one message that all messages are under null.
std::vector<std::byte> canned_echo(std::uint64_t message_bytes) {
  const EchoMessage message(0, message_bytes);
  std::vector<std::byte> reply;
  while (reply.size() < message_bytes) {
    const auto piece = message.piece(reply.size(), message_bytes);
    reply.insert(reply.end(), piece.begin(), piece.end());
  }
  return reply;
}

// "2 reset, 10 connect_refused": the outcomes that should not be.
std::string lost_among(const std::map<std::string, std::uint64_t>& outcomes) {
  std::string lost;
  for (const auto& [name, count] : outcomes) {
    // Cancelled: the run was stopped before these could prove themselves.
    if (name == name_of(Outcome::ok) || name == name_of(Outcome::cancelled)) continue;
    if (!lost.empty()) lost += ", ";
    lost += std::to_string(count) + ' ' + name;
  }
  return lost;
}

class EchoClientSide final : public LoadSide {
 public:
  explicit EchoClientSide(const SideSetup& setup)
      : run_(std::make_unique<EchoRun>(client_options(setup), client_load(setup))) {
    if (setup.null_strategy) canned_reply_ = canned_echo(run_->options().message_bytes);
  }

  void prepare(Job& job) override {
    job.tasks = run_->make_tasks();
    job.canned_reply = canned_reply_;
  }

  void fill(SideRecord& record) override {
    LoadSide::fill(record);
    put_handshakes(run_->tls(), record);
    if (run_->options().idle == 0) return;
    record.items.push_back({.name = "idle connections", .outcomes = run_->idle_outcomes()});
    // With fewer idle connections, this trial measured something else than it was asked to.
    const std::string lost = lost_among(record.items.back().outcomes);
    if (lost.empty()) return;
    throw std::runtime_error("some of " + std::to_string(run_->options().idle) +
                             " idle connections were not kept open: " + lost);
  }

 private:
  LoadRun& load() override { return run_->load(); }

  std::unique_ptr<EchoRun> run_;
  std::vector<std::byte> canned_reply_;
};

class EchoServerSide final : public Side {
 public:
  explicit EchoServerSide(const SideSetup& setup)
      : server_(listen(setup), {.message_bytes = setup.work.parameters.number("message_bytes"),
                                .lanes = setup.threads,
                                .tls = server_tls(setup.work.parameters, tls::Protocol::other)}) {
    const Parameters& parameters = setup.work.parameters;
    const bool is_subject = parameters.text("subject") == "server";
    // A client's ramp would say little: most of the memory that a strategy keeps for a task is
    // there before the first connection is.
    if (!is_subject || parameters.number("idle") < kFewestForMemory) return;
    ramp_.emplace(parameters.number("connections"), all_connections(parameters), kMemorySteps);
    server_.on_opened = [this](std::uint64_t open) { ramp_->reached(open); };
  }

  std::optional<Address> address() const override { return server_.address(); }
  void prepare(Job& job) override { job.acceptor = &server_; }
  // A server's usage is measured over the window; its tasks need not know it.
  void set_window(const measure::WindowSpan& /*window*/) override {}

  void fill(SideRecord& record) override {
    record.server = server_.totals();
    record.requests_by_lane = server_.responses_by_lane();
    if (ramp_) put_memory(*ramp_, "connection", record);
  }

 private:
  EchoServer server_;
  std::optional<measure::MemoryRamp> ramp_;  // over the idle connections
};

class EchoWorkload final : public ConnectionsWorkload {
 public:
  EchoWorkload()
      : ConnectionsWorkload(
            {.name = "echo",
             .summary = "messages over TCP or a Unix socket that come back as they were",
             .parameters = kInfos}) {}

  Role subject(const Parameters& parameters) const override {
    return parameters.text("subject") == "client" ? Role::client : Role::server;
  }

  Forms forms(Role role, const Parameters& /*parameters*/) const override {
    return {.operations = role == Role::server ? echo_server_ops() : echo_client_ops()};
  }

  // Idle connections are for memory, which whole windows measure as well.
  bool can_rest(const Parameters& parameters) const override {
    return parameters.number("idle") == 0;
  }

  bool keeps_in_flight(const Parameters& parameters) const override {
    return never_pauses(parameters) && parameters.number("churn") == 0;
  }
  std::uint64_t descriptors(const Parameters& parameters) const override {
    return all_connections(parameters);
  }
  std::uint64_t ports(const Parameters& parameters) const override {
    return is_unix(parameters) ? 0 : all_connections(parameters);
  }

  // A thread or two may have to be made for each idle connection.
  Duration patience(const Parameters& parameters) const override {
    return parameters.duration("deadline") +
           parameters.number("idle") * std::chrono::milliseconds(1);
  }

  std::optional<std::uint64_t> payload_bytes(const Parameters& parameters) const override {
    return parameters.number("message_bytes");
  }

  std::unique_ptr<Side> make_side(const SideSetup& setup) const override {
    if (setup.role == Role::server) return std::make_unique<EchoServerSide>(setup);
    return std::make_unique<EchoClientSide>(setup);
  }
};

}  // namespace

const Workload& echo_workload() {
  static const EchoWorkload kEcho;
  return kEcho;
}

}  // namespace asyncbench::workloads
