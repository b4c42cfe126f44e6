// HTTP client tasks: the subject of `fetch`, the load generator of `serve`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/op.hpp"
#include "core/task.hpp"
#include "http/body.hpp"
#include "http/request.hpp"
#include "workloads/http_fetch.hpp"
#include "workloads/http_parameters.hpp"
#include "workloads/load_run.hpp"

namespace asyncbench::workloads {

// What all client tasks of a trial share. Outlives them.
class ClientRun {
 public:
  using Target = HttpTarget;

  // Task i starts with target i % size. `takes_in_turn`: and goes on with the next one each time,
  // as with a list of URLs; targets that differ in their address alone are better kept to.
  struct Setup {
    HttpParameters parameters;
    std::vector<Target> targets;
    bool takes_in_turn = false;
  };
  // `load`: how many tasks, their pace and recording; its tasks are the parameters' connections.
  ClientRun(Setup setup, LoadOptions load);

  // `exchange`: the form over op::Exchange, for strategies that bring their own HTTP.
  std::vector<std::unique_ptr<Task>> make_tasks(bool exchange);

  LoadRun& load() { return load_; }
  const LoadRun& load() const { return load_; }

  // What the `nth` request (from 1) of task `index` asks for.
  Target& target(unsigned index, std::uint64_t nth);

  Duration deadline() const { return setup_.parameters.deadline; }
  Verify verify() const { return setup_.parameters.verify; }

 private:
  Setup setup_;
  LoadRun load_;
};

// The target list for `parameters` against the embedded origin at `port`: one a loopback address
// (127.0.0.1 to 127.0.0.16), so that ports last for many connections.
std::vector<ClientRun::Target> origin_targets(const HttpParameters& parameters, std::uint16_t port);

// One of the embedded origin's paths; the `nth` loopback address of those, beginning anew after the
// last.
ClientRun::Target origin_target(const std::string& path, std::uint16_t port, unsigned nth,
                                bool keep_alive);

// Targets for `urls`: resolves names. Throws std::invalid_argument with the cause and the remedy
// for a bad URL, an unknown name, or a host that is neither loopback nor in `allowed_hosts`.
std::vector<ClientRun::Target> url_targets(const std::vector<std::string>& urls, bool keep_alive,
                                           const std::vector<std::string>& allowed_hosts);

// What a strategy must offer to run the client in each form.
OpSet client_stream_ops();
OpSet client_exchange_ops();

}  // namespace asyncbench::workloads
