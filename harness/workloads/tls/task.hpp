// Any task's stream, encrypted.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>
#include <variant>
#include <vector>

#include "core/task.hpp"
#include "workloads/tls/context.hpp"
#include "workloads/tls/wire.hpp"

namespace asyncbench::workloads::tls {

// Stands between a task and its strategy, and passes on all that does not concern the stream. The
// task within knows nothing of it: its Connect ends when both ends have agreed, what it sends and
// receives is plain, and its Close says close_notify first. A handshake is part of what needs it:
// of a client's Connect, within whose deadline it has to end; of the first Receive or Send of a
// connection that has been accepted.
//
// How TLS fails is in tls/error.hpp. A client's Receive ends with tls_truncated where the
// connection ends without close_notify (RFC 8446, 6.1); for a server that is an end of the stream
// like any other, since requests tell their own lengths, and many clients leave so.
class TlsTask final : public Task {
 public:
  // A client's end, or a gateway's. `context` outlives the task.
  TlsTask(std::unique_ptr<Task> within, ClientContext& context);

  // A server's end.
  TlsTask(std::unique_ptr<Task> within, const ServerContext& context);

  Op start(unsigned lane) override;
  Op resume(const Completion& ended) override;

 private:
  // What the strategy performs, and what follows.
  enum class Stage : std::uint8_t {
    passing,     // an operation of the task within, as it is
    connecting,  // its Connect over TCP; then the handshake
    flushing,    // Send of the handshake's bytes; then Receive
    receiving,   // Receive for what the task within wants
    sending,     // Send of a part of what the task within sends
    alerting,    // Send of the reason why there is no connection; then Close
    giving_up,   // Close of a connection that TLS did not want; then Connect has failed
    parting,     // Send of close_notify; then Close
    closing,     // Close
  };

  // The operation that the strategy is to perform, or how the one ended that the task within wants.
  using Step = std::variant<Op, Completion>;

  Op go_on(Step step);
  Step begin(const Op& wanted);
  Step pass(const Op& wanted, Stage stage = Stage::passing);
  Step after(const Completion& ended);
  Step after_connect(const Completion& ended);
  Step after_receive(const Completion& ended);
  Step attempt();
  Step send();
  Step after_send();
  Step await_bytes();
  Step receive();
  Step end_of_stream();
  Step fail(std::error_code error);
  Step give_up();
  Step close(const op::Close& wanted);

  Outcome reason_of_failure() const;
  Time deadline() const;
  bool is_connecting() const { return kind_of(wanted_) == OpKind::connect; }
  bool has_bytes() const;
  void keep_bytes();
  void forget_connection();

  std::unique_ptr<Task> within_;
  ClientContext* client_ = nullptr;  // null: a server's end
  Stage stage_ = Stage::passing;
  Op wanted_ = op::Finish{};           // by the task within
  std::span<const std::byte> unsent_;  // of its Send
  std::error_code failure_;            // of its Connect

  Wire wire_;
  std::vector<std::byte> kept_;         // holds the wire's input while others use its memory
  std::unique_ptr<std::byte[]> plain_;  // what the task within received last
  const std::string* host_ = nullptr;   // that `session_` is for
  Session session_;                     // outlives the connection
  Connection connection_;               // null: the stream is plain, or there is none
  Time handshake_begun_ = kNever;
  bool is_broken_ = false;  // the peer gets no close_notify
};

}  // namespace asyncbench::workloads::tls
