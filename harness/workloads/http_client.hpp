// HTTP client tasks: the subject of `fetch`, the load generator of `serve`.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "core/op.hpp"
#include "core/task.hpp"
#include "core/time.hpp"
#include "http/body.hpp"
#include "http/request.hpp"
#include "http/tls_settings.hpp"
#include "load/arrivals.hpp"
#include "workloads/http_fetch.hpp"
#include "workloads/load_run.hpp"
#include "workloads/parameters.hpp"
#include "workloads/tls/context.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

// What the client is asked, as values.
struct HttpParameters {
  unsigned connections = 64;  // client tasks, each with one connection at a time
  std::uint64_t body_bytes = 12;
  std::uint64_t request_bytes = 0;  // body of a POST; 0: GET
  Delay server_delay;
  Duration cpu_burn{0};  // of the handler, after the delay
  bool keep_alive = true;
  load::ArrivalSpec arrivals;
  Duration think_time{0};  // closed loop: between a response and the next request
  Duration deadline = std::chrono::seconds(5);  // of one request, from its actual start
  Verify verify = Verify::sample;
  // For https. Not null: the embedded origin or a program is asked so; URLs say it themselves.
  std::shared_ptr<const http::TlsSettings> tls = {};

  // What every workload over HTTP can be asked: connections, arrivals, think time and deadline. The
  // others stay at their defaults.
  static HttpParameters from(const Parameters& parameters, Verify verify);

  // What a program is asked for; its template is empty where it has the origin's paths.
  std::string program_target(const std::string& pattern) const;

  // The origin's path for all that is asked of it: "/delay/10ms/burn/1ms/upload/20/bytes/12".
  std::string origin_target() const;

  // One of these requests: a GET, or a POST with request_bytes.
  http::Request request(const http::Url& url, const Endpoint& to) const;
};

// What all client tasks of a trial share. Outlives them.
class ClientRun {
 public:
  using Target = HttpTarget;

  // Task i starts with target i % size. With `takes_in_turn` it goes on to the next target each
  // time, as for a list of URLs. Targets that differ only in their address are better kept.
  struct Setup {
    HttpParameters parameters;
    std::vector<Target> targets;
    bool takes_in_turn = false;
  };
  // `load` says how requests are recorded; tasks and pace are the parameters'.
  ClientRun(Setup setup, LoadOptions load);

  // With `exchange`, the tasks use op::Exchange, for strategies that bring their own HTTP.
  std::vector<std::unique_ptr<Task>> make_tasks(bool exchange);

  LoadRun& load() { return load_; }
  const LoadRun& load() const { return load_; }

  // What the `nth` request (from 1) of task `index` asks for.
  Target& target(unsigned index, std::uint64_t nth);

  Duration deadline() const { return setup_.parameters.deadline; }
  Verify verify() const { return setup_.parameters.verify; }

  // Null: no task has an end of TLS, because nothing is asked by https or the strategy makes the
  // handshakes itself.
  const tls::ClientContext* tls() const { return tls_.get(); }

 private:
  Setup setup_;
  LoadRun load_;
  std::unique_ptr<tls::ClientContext> tls_;  // of tasks that have targets by https
};

// The targets for `parameters` at the embedded origin that listens on `port`: one for each loopback
// address (127.0.0.1 to 127.0.0.16), so that there are ports for many connections.
std::vector<ClientRun::Target> origin_targets(const HttpParameters& parameters, std::uint16_t port);

// The same of a program that listens there, on 127.0.0.1 alone or on a Unix socket.
std::vector<ClientRun::Target> program_targets(const HttpParameters& parameters,
                                               const Address& address);

// The target for one path of the embedded origin, at the `nth` of those loopback addresses; after
// the last address comes the first again. `parameters` say how it is asked for.
ClientRun::Target origin_target(const std::string& path, std::uint16_t port, unsigned nth,
                                const HttpParameters& parameters);

struct ResolvedUrl {
  std::string text;  // as the user wrote it
  http::Url url;
  std::vector<Endpoint> addresses;  // of its host, in the order in which they are tried; not empty
};

// Of a host that is not in `allowed_hosts`, loopback addresses alone. Throws std::invalid_argument
// with the cause and the remedy for a bad URL, an unknown name, or a host without such an address.
std::vector<ResolvedUrl> resolve_urls(const std::vector<std::string>& urls,
                                      const std::vector<std::string>& allowed_hosts);

// The first address on which somebody listens; the first of all when nobody does. Connects to one
// after the other, unless there is only one.
const Endpoint& first_to_answer(const std::vector<Endpoint>& addresses);

// The targets for `urls`. All requests for a host go to its first address that answers now, under
// every strategy. Throws as resolve_urls().
std::vector<ClientRun::Target> url_targets(const std::vector<std::string>& urls,
                                           const HttpParameters& parameters,
                                           const std::vector<std::string>& allowed_hosts);

// What a strategy must offer to run the client in each form.
OpSet client_stream_ops();
OpSet client_exchange_ops();

}  // namespace asyncbench::workloads
