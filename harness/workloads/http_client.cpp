#include "workloads/http_client.hpp"

#include <optional>
#include <utility>

#include "workloads/client_task.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {

namespace {

LoadOptions with_tasks(LoadOptions load, const HttpParameters& parameters) {
  load.tasks = parameters.connections;
  load.arrivals = parameters.arrivals;
  load.think_time = parameters.think_time;
  load.stagger = kConnectStagger;
  return load;
}

// Makes no use of an answer: it only has to be fetched and checked.
class Answer {
 public:
  using Run = ClientRun;
  Answer(ClientRun& run, unsigned /*index*/) : run_(run) {}

  HttpTarget& target(const RequestFlow& flow) { return run_.target(flow.index(), flow.requests()); }
  static constexpr http::ReaderLimits limits() { return {}; }
  static constexpr http::BodyReceiver* receiver() { return nullptr; }
  static std::optional<Op> begin(Outcome /*fetched*/, measure::RequestRecord& /*record*/) {
    return std::nullopt;
  }
  static std::optional<Op> resume(const Completion& /*ended*/) { return std::nullopt; }
  static constexpr Outcome outcome() { return Outcome::ok; }

 private:
  ClientRun& run_;
};

}  // namespace

HttpParameters HttpParameters::from(const Parameters& parameters, Verify verify) {
  return {.connections = static_cast<unsigned>(parameters.number("connections")),
          .arrivals = parameters.arrivals("arrivals"),
          .think_time = parameters.duration("think_time"),
          .deadline = parameters.duration("deadline"),
          .verify = verify};
}

ClientRun::ClientRun(Setup setup, LoadOptions load)
    : setup_(std::move(setup)), load_(with_tasks(std::move(load), setup_.parameters)) {}

std::vector<std::unique_ptr<Task>> ClientRun::make_tasks(bool exchange) {
  if (!exchange) tls_ = client_context(setup_.targets, load_.window());
  std::vector<std::unique_ptr<Task>> tasks;
  for (unsigned index = 0; index < setup_.parameters.connections; ++index) {
    if (exchange) {
      tasks.push_back(std::make_unique<ClientTask<ExchangeFetch, Answer>>(*this, index));
    } else {
      tasks.push_back(
          secured(std::make_unique<ClientTask<HttpFetch, Answer>>(*this, index), tls_.get()));
    }
  }
  return tasks;
}

ClientRun::Target& ClientRun::target(unsigned index, std::uint64_t nth) {
  const std::uint64_t turn = setup_.takes_in_turn ? nth - 1 : 0;
  return setup_.targets[(index + turn) % setup_.targets.size()];
}

OpSet client_stream_ops() {
  return {OpKind::begin, OpKind::connect, OpKind::receive, OpKind::send,
          OpKind::close, OpKind::sleep,   OpKind::finish};
}

OpSet client_exchange_ops() {
  return {OpKind::begin, OpKind::exchange, OpKind::sleep, OpKind::finish};
}

}  // namespace asyncbench::workloads
