#include "http_pair.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cctype>
#include <utility>

#include "strategies/registry.hpp"

namespace asyncbench::test {

RunningServer::RunningServer(Strategy& strategy, const workloads::ServerOptions& options)
    : server_(options) {
  job_.acceptor = &server_;
  job_.lanes = lanes_;
  job_.stop = stop_.get_token();
  thread_ = std::jthread([this, &strategy] { strategy.run(job_); });
}

RunningServer::~RunningServer() {
  stop_.request_stop();
  thread_.join();
}

std::vector<workloads::ClientRun::Target> loopback_targets(std::uint16_t port,
                                                           const std::string& target,
                                                           http::Method method, bool keep_alive,
                                                           TlsSettings tls) {
  const http::Url url{
      .host = "127.0.0.1", .port = port, .target = target, .is_secure = tls != nullptr};
  std::vector<workloads::ClientRun::Target> targets;
  targets.push_back({http::make_request(method, url, Endpoint::loopback(port), keep_alive),
                     http::BodyExpectation::of_origin(target)});
  targets.back().request.tls = std::move(tls);
  return targets;
}

std::vector<std::string> strategies_with_own(OpSet work) {
  const Registry registry = make_registry();
  std::vector<std::string> names;
  for (const auto& strategy : registry.all()) {
    const StrategyInfo& info = strategy->info();
    const OpSet own = (work & info.operations) - kTaskOps - info.incidental;
    if (info.name != "null" && !own.is_empty()) names.push_back(info.name);
  }
  return names;
}

bool brings_own_http(const Strategy& strategy) {
  return strategy.info().operations.contains(OpKind::exchange);
}

measure::Recording run_client(Strategy& strategy, std::vector<workloads::ClientRun::Target> targets,
                              const ClientOptions& options) {
  std::vector<LaneReport> lanes(1);
  workloads::ClientRun::Setup setup{
      .parameters = {.connections = options.connections,
                     .keep_alive = options.keep_alive,
                     .deadline = options.deadline,
                     .verify = workloads::Verify::all},
      .targets = std::move(targets),
      .takes_in_turn = true,
  };
  workloads::ClientRun run(std::move(setup), {.lanes = lanes.size(),
                                              .shared_lanes = strategy.info().shares_lanes(),
                                              .request_budget = options.requests});
  run.load().window().start_ns = to_ns(now());
  Job job;
  job.tasks = run.make_tasks(brings_own_http(strategy));
  job.lanes = lanes;
  strategy.run(job);
  return run.load().take();
}

void expect_only(const measure::Recording& recording, const std::vector<Outcome>& allowed) {
  const auto& ended = recording.ended[static_cast<std::size_t>(measure::Phase::window)];
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (ended[i] == 0) continue;
    EXPECT_THAT(allowed, testing::Contains(static_cast<Outcome>(i))) << kOutcomeNames[i];
  }
}

std::shared_ptr<const workloads::tls::ServerContext> make_server_tls(
    const workloads::tls::ServerContext::Options& options) {
  return std::make_shared<const workloads::tls::ServerContext>(options);
}

TlsSettings trusting(const workloads::tls::ServerContext& server, http::TlsSettings settings) {
  settings.certificate = server.certificate();
  return std::make_shared<const http::TlsSettings>(std::move(settings));
}

std::vector<std::string> client_strategies() {
  return strategies_with_own(workloads::client_stream_ops() | workloads::client_exchange_ops());
}

std::string outcomes_of(const measure::Recording& recording) {
  std::string text;
  const auto& ended = recording.ended[static_cast<std::size_t>(measure::Phase::window)];
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    if (ended[i] == 0) continue;
    if (!text.empty()) text += ", ";
    text += std::string(kOutcomeNames[i]) + ": " + std::to_string(ended[i]);
  }
  return text;
}

std::string test_name(const std::string& text) {
  std::string name = text;
  std::ranges::replace_if(
      name, [](unsigned char c) { return std::isalnum(c) == 0; }, '_');
  return name;
}

}  // namespace asyncbench::test
