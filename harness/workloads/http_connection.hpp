// The server's side of one HTTP connection, as a task.
#pragma once

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "core/task.hpp"
#include "http/faults.hpp"
#include "http/request_reader.hpp"
#include "workloads/fault_player.hpp"
#include "workloads/http_server.hpp"
#include "workloads/listener.hpp"
#include "workloads/origin_reply.hpp"

namespace asyncbench::workloads {

struct HttpServer::Shared {
  explicit Shared(const ServerOptions& o)
      : options(o), listener(Listener::on_loopback(o.port, o.one_listener ? 1 : o.lanes)) {}

  const ServerOptions options;
  const http::FaultScript* fault = nullptr;  // of options.fault
  Time t0 = now();
  const Listener listener;
  MadeReplies replies;
  std::vector<std::unique_ptr<measure::ServerCounters>> counters;  // one a lane
  std::atomic<std::size_t> open_connections{0};
  std::atomic<std::uint64_t> accepted{0};

  // The end of the freeze in which `at` lies; nullopt when it lies in none.
  std::optional<Time> frozen_until(Time at) const;
};

// Answers everything that one receive brought with one send. Output is bounded: pipelined requests
// wait in the input while a full buffer is sent. A client that asks for the same again gets a reply
// that has been made before.
class HttpConnection final : public Task {
 public:
  // `is_refused`: the connection is above the limit, gets 503 and is closed.
  HttpConnection(HttpServer::Shared& server, measure::ServerCounters& counters, bool is_refused);
  ~HttpConnection() override;

  Op start(unsigned lane) override;
  Op resume(const Completion& ended) override;

 private:
  enum class Stage : std::uint8_t {
    receiving,  // Receive for the next request
    beginning,  // Begin: a request has been read
    delaying,   // Sleep before the reply
    gathering,  // Gather: the backend asks others before the reply
    sending,    // Send of output_, or of a slice of a long body
    lingering,  // Receive what a refused client still sends, so that our close does not reset
    in_fault,   // an operation of the fault script
    closing,
  };
  // What to do when output_ has been sent.
  enum class AfterSend : std::uint8_t { read_on, delay, gather, fault, linger, close };

  Op received(const Completion& ended);
  Op receive();
  Time receive_deadline() const;
  Op read_on();
  Op handle_request();
  Op delay();
  Op gather();
  Op gathered(const Completion& ended);
  Op reply();
  Op refuse(unsigned status);
  Op send_body();
  Op send_repeated(const std::string& reply);
  Op flush(AfterSend then);
  Op sent(const Completion& ended);
  Op linger(Time until);
  Op begin_fault(const http::FaultScript& script);
  Op go_on_with_fault(const std::optional<Op>& next);
  Op close(bool reset = false);

  void keep_input();
  Duration drawn_delay();

  HttpServer::Shared& server_;
  measure::ServerCounters& counters_;
  Stage stage_ = Stage::receiving;
  AfterSend after_send_ = AfterSend::read_on;
  bool is_refused_;
  bool closes_ = false;          // after the replies so far
  Time at_ = now();              // read once for all that one receive brought
  Time head_deadline_ = kNever;  // while a head is incomplete
  Time body_deadline_ = kNever;  // while a body is
  Time delayed_until_ = kNever;

  std::span<const std::byte> input_;   // received, not read yet
  std::vector<std::byte> kept_input_;  // holds it over a Sleep
  http::RequestReader reader_;

  OriginReply reply_;
  std::string output_;
  std::size_t replies_in_output_ = 0;  // that end in it
  std::uint64_t body_bytes_in_output_ = 0;

  std::unique_ptr<Backend> backend_;  // a gateway's
  FaultPlayer fault_;

  // Counted here and added to the server's counters when the connection ends: atomics for each
  // request would cost more than building a small reply.
  std::uint64_t requests_ = 0;
  std::uint64_t replies_ = 0;
  std::uint64_t body_bytes_ = 0;
  std::minstd_rand random_;
};

}  // namespace asyncbench::workloads
