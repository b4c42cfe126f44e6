// `asyncbench origin`: the HTTP and echo servers of the measurements, run by hand.
#include <fmt/format.h>
#include <pthread.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <system_error>
#include <thread>

#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/plugins.hpp"
#include "http/faults.hpp"
#include "run/plan.hpp"
#include "run/resources.hpp"
#include "run/selection.hpp"
#include "workloads/all_workloads.hpp"
#include "workloads/echo_server.hpp"
#include "workloads/http_server.hpp"
#include "workloads/names.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "Paths, which combine (/delay/10ms/status/503):\n"
    "  /                  200, 12 bytes\n"
    "  /bytes/N           200, N bytes with Content-Length\n"
    "  /chunked/N         200, N bytes, chunked\n"
    "  /close/N           200, N bytes, ended by closing the connection\n"
    "  /status/CODE       that status\n"
    "  /delay/TIME        waits first: 10ms, or exp:10ms for a mean of 10 ms\n"
    "  /burn/TIME         then computes for so much CPU time\n"
    "  /upload/N          400, unless the request has a body of N bytes\n"
    "  /fault/ID          misbehaves: S05 and so on, see docs/faults.md\n"
    "\n"
    "--protocol echo sends back what it receives; of the options, --strategy, --port,\n"
    "--threads and --message-bytes go with it.\n"
    "\n"
    "Units: TIME 10ms, 1.5s, 2m; SIZE 16k, 1m.\n"
    "\n"
    "Examples:\n"
    "  asyncbench origin --port 8080\n"
    "  asyncbench origin --strategy asio --threads 2 --port 0\n"
    "  asyncbench origin --protocol echo --strategy uring\n"
    "  asyncbench origin --freeze 1s/5s    one second in five, nothing is answered\n"
    "  curl http://127.0.0.1:8080/delay/10ms/bytes/1000\n"
    "  asyncbench origin --tls cert.pem\n"
    "  curl --cacert cert.pem https://127.0.0.1:8080/\n"
    "\n"
    "It listens on the loopback interface alone, until SIGHUP, SIGINT or SIGTERM.\n"
    "Exit codes: 0 ended by a signal, 2 wrong usage or a port in use, 5 the strategy\n"
    "cannot serve here";

struct Values {
  std::string protocol = "http";
  std::string strategy;
  std::string port = "8080";
  std::string threads = "1";
  std::string message_bytes = "64";
  std::string fault;
  std::string freeze;
  std::string max_connections = "0";
  std::string max_body = "1m";
  std::string header_timeout = "10s";
  std::string body_timeout = "10s";
  std::string write_timeout = "10s";
  std::string idle_timeout = "75s";
  std::string tls;
  std::string tls_version = std::string(workloads::kTlsVersionInfo.otherwise);
};

void define_options(App& app, Values& values) {
  add_value(app, "--protocol", values.protocol, "NAME", "http or echo");
  add_value(app, "--strategy", values.strategy, "NAME",
            "who serves (default: uring where it works, else asio)");
  add_value(app, "--port,-p", values.port, "N", "0 takes a free one, and prints it");
  add_value(app, "--threads", values.threads, "N", "event loops, one thread each");
  add_value(app, "--message-bytes", values.message_bytes, "SIZE",
            "echo: what counts as one message in the totals");
  add_value(app, "--fault", values.fault, "ID",
            "on every connection, before a request: S04 resets it");
  add_value(app, "--freeze", values.freeze, "FOR/EVERY",
            "answer nothing for a while, again and again: 1s/5s");
  add_value(app, "--max-connections", values.max_connections, "N",
            "more are answered 503; 0: no limit");
  add_value(app, "--max-body", values.max_body, "SIZE", "of a request");
  add_value(app, "--header-timeout", values.header_timeout, "TIME", "for a request's head");
  add_value(app, "--body-timeout", values.body_timeout, "TIME", "for a request's body");
  add_value(app, "--write-timeout", values.write_timeout, "TIME", "for sending a reply");
  add_value(app, "--idle-timeout", values.idle_timeout, "TIME", "between requests");
  add_value(app, "--tls", values.tls, "FILE",
            "speak TLS, with a new certificate, which FILE is written with");
  add_value(app, "--tls-version", values.tls_version, "HOW", "any, 1.3 or 1.2");
}

// A plain number of at most `highest`.
std::uint64_t bounded(std::string_view option, const std::string& text, std::uint64_t lowest,
                      std::uint64_t highest) {
  const std::uint64_t number = workloads::parse_count(text);
  if (number >= lowest && number <= highest) return number;
  throw usage_error(fmt::format("{} {} is impossible", option, text),
                    fmt::format("give {} to {}", lowest, highest));
}

void set_freeze(workloads::ServerOptions& options, const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) {
    throw usage_error(fmt::format("--freeze '{}' lacks the period", text),
                      "write FOR/EVERY, for example 1s/5s");
  }
  options.freeze_for = workloads::parse_duration(text.substr(0, slash));
  options.freeze_every = workloads::parse_duration(text.substr(slash + 1));
  if (options.freeze_for >= options.freeze_every) {
    throw usage_error(fmt::format("--freeze {} would never answer", text),
                      "the period must be longer than the freeze, for example 1s/5s");
  }
}

void require_fault(const std::string& id) {
  std::vector<std::string> known;
  for (const http::FaultScript& fault : http::all_faults()) {
    if (fault.before_request) known.push_back(fault.id);
  }
  if (std::ranges::find(known, id) != known.end()) return;
  if (http::find_fault(id) != nullptr) {
    throw usage_error(fmt::format("fault {} answers a request", id),
                      fmt::format("ask for http://127.0.0.1:PORT/fault/{} instead", id));
  }
  throw run::UsageError(workloads::unknown_name("fault", id, known));
}

std::uint16_t port_of(const Values& values) {
  return static_cast<std::uint16_t>(bounded("--port", values.port, 0, 65'535));
}

unsigned threads_of(const Values& values) {
  return static_cast<unsigned>(bounded("--threads", values.threads, 1, 1'024));
}

bool is_echo(const Values& values) {
  if (values.protocol == "echo" || values.protocol == "http") return values.protocol == "echo";
  throw run::UsageError(workloads::unknown_name("protocol", values.protocol, {"http", "echo"}));
}

// What only the other protocol's server has would be ignored.
void refuse_options_of_the_other(const App& app, const Values& values) {
  static const std::vector<std::string> kOfHttp = {
      "--fault",        "--freeze",        "--max-connections", "--max-body", "--header-timeout",
      "--body-timeout", "--write-timeout", "--idle-timeout",    "--tls",      "--tls-version"};
  static const std::vector<std::string> kOfEcho = {"--message-bytes"};
  const bool echo = is_echo(values);
  for (const std::string& name : echo ? kOfHttp : kOfEcho) {
    if (app.get_option(name).count() == 0) continue;
    throw usage_error(fmt::format("{} does not go with --protocol {}", name, values.protocol),
                      fmt::format("leave it out, or give --protocol {}", echo ? "http" : "echo"));
  }
}

// The certificate is made, and written for clients to trust.
std::shared_ptr<const workloads::tls::ServerContext> make_tls(const Values& values) {
  workloads::Parameters parameters(workloads::serve_workload().info().parameters);
  parameters.set("tls", "on");
  parameters.set("tls_version", values.tls_version);
  auto tls = workloads::server_tls(parameters);
  errno = 0;
  std::ofstream file(values.tls);
  if (!(file << tls->certificate() << std::flush)) {
    throw usage_error(fmt::format("--tls {}: {}", values.tls, std::strerror(errno)),
                      "give a file that can be written");
  }
  return tls;
}

workloads::ServerOptions server_options(const Values& values, const Strategy& strategy) {
  workloads::ServerOptions options;
  options.port = port_of(values);
  options.lanes = threads_of(values);
  options.one_listener = strategy.info().one_listener;
  options.max_connections = workloads::parse_count(values.max_connections);
  options.max_body_bytes = workloads::parse_size(values.max_body);
  options.header_timeout = workloads::parse_duration(values.header_timeout);
  options.body_timeout = workloads::parse_duration(values.body_timeout);
  options.write_timeout = workloads::parse_duration(values.write_timeout);
  options.idle_timeout = workloads::parse_duration(values.idle_timeout);
  if (!values.freeze.empty()) set_freeze(options, values.freeze);
  if (!values.fault.empty()) require_fault(values.fault);
  options.fault = values.fault;
  if (!values.tls.empty()) options.tls = make_tls(values);
  return options;
}

Strategy& choose_strategy(const Registry& registry, const std::string& name,
                          const workloads::Workload& workload) {
  if (name.empty()) return *registry.find(run::choose_peer_strategy("", registry));
  Strategy* const strategy = registry.find(name);
  if (strategy == nullptr) {
    std::vector<std::string> known;
    for (const auto& one : registry.all()) known.push_back(one->info().name);
    throw run::UsageError(workloads::unknown_name("strategy", name, known));
  }
  for (const Support& support :
       {run::has_cpus(*strategy, "subject", {}), run::supports_subject(*strategy, workload)}) {
    if (support) continue;
    throw CommandError(ExitCode::incomplete, fmt::format("{} cannot serve here", name),
                       support.reason);
  }
  return *strategy;
}

// A listening server of any protocol.
struct Origin {
  std::unique_ptr<Acceptor> server;
  std::string address;
  std::function<measure::ServerTotals()> totals;
};

template <class Server>
Origin origin_of(std::unique_ptr<Server> server, std::string address) {
  const Server& listening = *server;
  return {.server = std::move(server), .address = std::move(address), .totals = [&listening] {
            return listening.totals();
          }};
}

Origin http_origin(const Values& values, const Strategy& strategy) {
  auto server = std::make_unique<workloads::HttpServer>(server_options(values, strategy));
  std::string address =
      fmt::format("{}://127.0.0.1:{}/", values.tls.empty() ? "http" : "https", server->port());
  return origin_of(std::move(server), std::move(address));
}

Origin echo_origin(const Values& values, const Strategy& strategy) {
  const std::uint64_t message_bytes = workloads::parse_size(values.message_bytes);
  if (message_bytes == 0) throw usage_error("--message-bytes 0 is impossible", "give 1 or more");
  const unsigned threads = threads_of(values);
  auto listener =
      workloads::Listener::on_loopback(port_of(values), strategy.info().one_listener ? 1 : threads);
  std::string address = fmt::format("127.0.0.1:{} (echo)", listener.port());
  return origin_of(
      std::make_unique<workloads::EchoServer>(
          std::move(listener),
          workloads::EchoServerOptions{.message_bytes = message_bytes, .lanes = threads}),
      std::move(address));
}

Origin listen(const Values& values, const Strategy& strategy) {
  try {
    return is_echo(values) ? echo_origin(values, strategy) : http_origin(values, strategy);
  } catch (const std::system_error& error) {
    if (error.code() == std::errc::address_in_use) {
      throw usage_error(fmt::format("port {} is in use", values.port),
                        "choose another one, or --port 0 for any free one");
    }
    if (error.code() == std::errc::permission_denied) {
      throw usage_error(fmt::format("port {} is reserved to root", values.port),
                        "choose one above 1023, or --port 0 for any free one");
    }
    throw usage_error(error.what(), "see asyncbench doctor");
  }
}

// These signals are blocked in every thread and waited for in one, so that no handler has to be
// written in the little that handlers may do. Call it before anyone can know that the origin
// runs.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int each : {SIGHUP, SIGINT, SIGTERM}) sigaddset(&signals, each);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

// Serves until one of the blocked signals comes.
void serve(Strategy& strategy, Acceptor& server, unsigned threads, const sigset_t& signals) {
  std::stop_source stop;
  std::jthread waiter([&] {
    int received = 0;
    sigwait(&signals, &received);
    stop.request_stop();
  });
  std::vector<LaneReport> lanes(threads);
  Job job;
  job.acceptor = &server;
  job.threads = threads;
  job.lanes = lanes;
  job.stop = stop.get_token();
  const auto release_waiter = [&] { pthread_kill(waiter.native_handle(), SIGTERM); };
  try {
    strategy.run(job);
  } catch (const StrategyError& error) {
    release_waiter();
    throw CommandError(ExitCode::incomplete, error.what(), "");
  }
  release_waiter();
}

void print_totals(const measure::ServerTotals& totals) {
  print_out(
      "{} connections, {} requests, {} responses with {} body bytes; refused {}, faults {}, "
      "bad requests {}, timeouts {}, resets {}\n",
      totals.connections, totals.requests, totals.responses, totals.response_body_bytes,
      totals.refused, totals.faults, totals.bad_requests, totals.timeouts, totals.resets);
}

}  // namespace

ExitCode origin_command(const Arguments& arguments, Registry& registry) {
  const auto app = make_app(
      "origin", "Runs the embedded HTTP or echo server by hand, on the loopback interface.",
      kFooter);
  Values values;
  define_options(*app, values);
  std::vector<std::string> plugins;
  add_plugin_option(*app, plugins, "Options");
  if (!parse(*app, arguments)) return ExitCode::done;

  refuse_options_of_the_other(*app, values);
  Strategy& strategy =
      choose_strategy(registry, values.strategy,
                      is_echo(values) ? workloads::echo_workload() : workloads::serve_workload());
  run::raise_descriptor_limit();
  const Origin origin = listen(values, strategy);
  const sigset_t signals = block_signals();
  print_out("listening on {} with {}\n", origin.address, strategy.info().name);
  flush_out();
  serve(strategy, *origin.server, threads_of(values), signals);
  print_totals(origin.totals());
  return ExitCode::done;
}

}  // namespace asyncbench::cli
