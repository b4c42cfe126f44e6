#include "workloads/http_client.hpp"

#include <utility>

namespace asyncbench::workloads {

namespace {

LoadOptions with_tasks(LoadOptions load, const HttpParameters& parameters) {
  load.tasks = parameters.connections;
  load.arrivals = parameters.arrivals;
  load.think_time = parameters.think_time;
  load.stagger = kConnectStagger;
  return load;
}

}  // namespace

ClientRun::ClientRun(Setup setup, LoadOptions load)
    : setup_(std::move(setup)), load_(with_tasks(std::move(load), setup_.parameters)) {}

std::vector<std::unique_ptr<Task>> ClientRun::make_tasks(bool exchange) {
  std::vector<std::unique_ptr<Task>> tasks;
  for (unsigned index = 0; index < setup_.parameters.connections; ++index) {
    tasks.push_back(exchange ? make_exchange_client(*this, index)
                             : make_stream_client(*this, index));
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
