#include "workloads/echo_client.hpp"

#include <algorithm>
#include <utility>

#include "core/job.hpp"
#include "workloads/echo_message.hpp"
#include "workloads/op_outcome.hpp"
#include "workloads/request_task.hpp"
#include "workloads/tls_ends.hpp"

namespace asyncbench::workloads {

namespace {

// How much may be under way in one connection at most. Our server sends before it receives more.
// Without a limit, server and client could wait for each other, each for room in the other's socket
// buffers. The buffers take at least this much each way (tcp(7), tcp_wmem and tcp_rmem as loopback
// sizes them; socket(7), net.core.wmem_default for Unix sockets).
constexpr std::uint64_t kUnderWayMax = 128 * 1024;

// What a server's certificate has to be for.
std::string host_of(const Endpoint& server) {
  if (server.is_unix()) return "localhost";
  const std::string text = server.to_string();
  return text.substr(0, text.rfind(':'));
}

class EchoClient final : public RequestTask<EchoClient> {
 public:
  EchoClient(EchoRun& run, unsigned index)
      : RequestTask(run.load(), index),
        run_(run),
        message_(run.options().numbered ? index : 0, run.options().message_bytes) {}

  Op begin_request(const Completion& /*begun*/) {
    return is_connected_ ? begin_message() : connect();
  }

  Op go_on(const Completion& ended) {
    switch (stage_) {
      case Stage::connecting:
        return after_connect(ended);
      case Stage::sending:
        return ended.error ? after_error(ended.error) : send_or_receive();
      case Stage::receiving:
        return ended.error ? after_error(ended.error) : after_receive(ended.data);
      case Stage::closing_to_go_on:
        return next_request(now());
      case Stage::closing_to_finish:
        break;
    }
    return op::Finish{};
  }

  Op finish() { return is_connected_ ? close(Stage::closing_to_finish) : op::Finish{}; }

 private:
  enum class Stage : std::uint8_t {
    connecting,
    sending,
    receiving,
    closing_to_go_on,
    closing_to_finish
  };

  Op close(Stage then) {
    is_connected_ = false;
    stage_ = then;
    return op::Close{};
  }

  Time deadline() { return flow_.record().begun + run_.options().deadline; }

  Op connect() {
    stage_ = Stage::connecting;
    messages_ = 0;
    flow_.record().connect_begun = now();
    return op::Connect{&run_.server(flow_.index()), deadline()};
  }

  Op after_connect(const Completion& ended) {
    if (ended.error) {
      return next_request(flow_.end(outcome_of_connect(ended.error), now()));
    }
    flow_.record().connected = now();
    is_connected_ = true;
    return begin_message();
  }

  Op begin_message() {
    if (run_.options().numbered) message_.begin(flow_.requests());
    check_.begin(message_, verifies(run_.options().verify, messages_));
    sent_ = 0;
    return send_or_receive();
  }

  Op send_or_receive() {
    if (!may_send()) {
      stage_ = Stage::receiving;
      return op::Receive{deadline()};
    }
    stage_ = Stage::sending;
    const auto piece = message_.piece(sent_, room());
    sent_ += piece.size();
    return op::Send{piece, deadline(), may_send() ? op::kNoReply : deadline()};
  }

  std::uint64_t room() const { return kUnderWayMax - (sent_ - check_.length()); }

  // It waits for room for a large piece: small pieces would only cost system calls.
  bool may_send() const {
    const std::uint64_t rest = message_.size() - sent_;
    return rest > 0 && room() >= std::min<std::uint64_t>(rest, kReceiveBytes);
  }

  Op after_receive(std::span<const std::byte> data) {
    if (data.empty()) {
      return fail(check_.length() == 0 ? Outcome::eof_before_response : Outcome::truncated);
    }
    const Time at = now();
    measure::RequestRecord& record = flow_.record();
    if (record.first_byte == kNever) record.first_byte = at;
    check_.bytes(data);
    if (check_.is_complete()) return complete(at);
    // More came back than was sent.
    if (check_.length() > sent_) return fail(Outcome::content_mismatch);
    return send_or_receive();
  }

  Op complete(Time at) {
    ++messages_;
    flow_.record().body_bytes = message_.size();
    // After a wrong echo it is unknown what comes next on this connection.
    if (!check_.matches()) return fail(Outcome::content_mismatch);
    const Time ended = flow_.end(Outcome::ok, at);
    return messages_ == run_.options().churn ? close(Stage::closing_to_go_on) : next_request(ended);
  }

  Op after_error(std::error_code error) {
    return fail(outcome_of_stream(error, check_.length() >= kEchoHeadBytes));
  }

  Op fail(Outcome outcome) {
    flow_.end(outcome, now());
    return close(Stage::closing_to_go_on);
  }

  EchoRun& run_;
  Stage stage_ = Stage::connecting;
  bool is_connected_ = false;
  std::uint64_t messages_ = 0;  // answered on this connection
  std::uint64_t sent_ = 0;      // of the message
  EchoMessage message_;
  EchoCheck check_;
};

}  // namespace

EchoRun::EchoRun(EchoClientOptions options, LoadOptions load)
    : options_(std::move(options)),
      on_ready_(std::move(load.on_ready)),
      parts_unready_(options_.idle > 0 ? 2 : 1),
      load_(load_options(std::move(load))) {}

LoadOptions EchoRun::load_options(LoadOptions load) {
  load.tasks = options_.connections;
  load.stagger = kConnectStagger;
  load.on_ready = [this] { part_is_ready(); };
  return load;
}

void EchoRun::part_is_ready() {
  if (parts_unready_.fetch_sub(1, std::memory_order_acq_rel) == 1 && on_ready_) on_ready_();
}

std::vector<std::unique_ptr<Task>> EchoRun::make_tasks() {
  if (options_.tls) {
    tls::ClientContext::Hosts hosts;
    for (const Endpoint& server : options_.servers) hosts.emplace(&server, host_of(server));
    tls_ = std::make_unique<tls::ClientContext>(*options_.tls, std::move(hosts), load_.window(),
                                                tls::Protocol::other);
  }
  std::vector<std::unique_ptr<Task>> tasks;
  const auto add = [&](std::unique_ptr<Task> task) {
    tasks.push_back(secured(std::move(task), tls_.get()));
  };
  for (unsigned i = 0; i < options_.connections; ++i) add(make_echo_client(*this, i));
  for (unsigned i = 0; i < options_.idle; ++i) add(make_idle_client(*this, i));
  return tasks;
}

Time EchoRun::idle_turn(unsigned index) const {
  return t0_ + (options_.connections + index) * load_.options().stagger;
}

void EchoRun::idle_opened() {
  const unsigned opened = idle_opened_.fetch_add(1, std::memory_order_relaxed) + 1;
  if (opened == options_.idle) part_is_ready();
}

void EchoRun::idle_ended(Outcome outcome) {
  idle_outcomes_[static_cast<std::size_t>(outcome)].fetch_add(1, std::memory_order_relaxed);
}

std::map<std::string, std::uint64_t> EchoRun::idle_outcomes() const {
  std::map<std::string, std::uint64_t> outcomes;
  for (std::size_t i = 0; i < kOutcomes; ++i) {
    const std::uint64_t count = idle_outcomes_[i].load(std::memory_order_relaxed);
    if (count > 0) outcomes.emplace(kOutcomeNames[i], count);
  }
  return outcomes;
}

std::unique_ptr<Task> make_echo_client(EchoRun& run, unsigned index) {
  return std::make_unique<EchoClient>(run, index);
}

OpSet echo_client_ops() {
  return {OpKind::begin, OpKind::connect, OpKind::receive, OpKind::send,
          OpKind::close, OpKind::sleep,   OpKind::finish};
}

}  // namespace asyncbench::workloads
