#include "workloads/http_client.hpp"

#include "workloads/client_flow.hpp"

namespace asyncbench::workloads {

ClientRun::Shared::Shared(Setup from)
    : setup(std::move(from)),
      t0(now()),
      arrivals(setup.parameters.arrivals, setup.seed,
               t0 + setup.parameters.connections * kConnectStagger) {
  const measure::RecorderOptions options{.shared = setup.shared_lanes,
                                         .open_loop = setup.parameters.arrivals.open_loop(),
                                         .window_expected = setup.window_expected};
  for (std::size_t lane = 0; lane < setup.lanes; ++lane) {
    recorders.push_back(std::make_unique<measure::Recorder>(window, options));
  }
}

ClientRun::ClientRun(Setup setup) : shared_(std::make_unique<Shared>(std::move(setup))) {}
ClientRun::~ClientRun() = default;

std::vector<std::unique_ptr<Task>> ClientRun::make_tasks(bool exchange) {
  std::vector<std::unique_ptr<Task>> tasks;
  for (unsigned index = 0; index < shared_->setup.parameters.connections; ++index) {
    tasks.push_back(exchange ? make_exchange_client(*shared_, index)
                             : make_stream_client(*shared_, index));
  }
  return tasks;
}

measure::Window& ClientRun::window() { return shared_->window; }

measure::Recording ClientRun::take() {
  if (shared_->setup.parameters.arrivals.open_loop()) {
    shared_->arrivals.drain(shared_->window.end(), [this](Time intended) {
      shared_->recorders.front()->abandoned(intended);
    });
  }
  measure::Recording recording = shared_->recorders.front()->take();
  for (std::size_t lane = 1; lane < shared_->recorders.size(); ++lane) {
    recording.merge(shared_->recorders[lane]->take());
  }
  return recording;
}

std::uint64_t ClientRun::arrivals_due_in_window() const {
  if (!shared_->setup.parameters.arrivals.open_loop()) return 0;
  return shared_->arrivals.count(shared_->window.start(), shared_->window.end());
}

std::uint64_t ClientRun::arrivals_due_before_window() const {
  if (!shared_->setup.parameters.arrivals.open_loop()) return 0;
  return shared_->arrivals.count(Time::min(), shared_->window.start());
}

OpSet client_stream_ops() {
  return {OpKind::begin, OpKind::connect, OpKind::receive, OpKind::send,
          OpKind::close, OpKind::sleep,   OpKind::finish};
}

OpSet client_exchange_ops() {
  return {OpKind::begin, OpKind::exchange, OpKind::sleep, OpKind::finish};
}

}  // namespace asyncbench::workloads
