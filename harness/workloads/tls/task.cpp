#include "workloads/tls/task.hpp"

#include <openssl/err.h>

#include <algorithm>
#include <utility>

#include "core/assert.hpp"
#include "workloads/tls/error.hpp"
#include "workloads/tls/openssl.hpp"

namespace asyncbench::workloads::tls {
namespace {

// The most that one Send has, so that long messages are sent while the next part is encrypted.
constexpr std::size_t kSendBytes = 4 * SSL3_RT_MAX_PLAIN_LENGTH;

// How long a peer that takes nothing may hold up a Close. An alert is worth no more.
constexpr Duration kPartingTime = std::chrono::milliseconds(200);

}  // namespace

TlsTask::TlsTask(std::unique_ptr<Task> within, ClientContext& context)
    : within_(std::move(within)), client_(&context) {}

TlsTask::TlsTask(std::unique_ptr<Task> within, const ServerContext& context)
    : within_(std::move(within)), connection_(context.accept()) {
  attach(*connection_, wire_);
}

Op TlsTask::start(unsigned lane) { return go_on(begin(within_->start(lane))); }

Op TlsTask::resume(const Completion& ended) { return go_on(after(ended)); }

// A loop, since what the task within wants may end at once.
Op TlsTask::go_on(Step step) {
  while (const auto* const ended = std::get_if<Completion>(&step)) {
    step = begin(within_->resume(*ended));
  }
  return std::get<Op>(step);
}

TlsTask::Step TlsTask::begin(const Op& wanted) {
  const OpKind kind = kind_of(wanted);
  if (kind == OpKind::connect && client_ != nullptr) return pass(wanted, Stage::connecting);
  if (connection_ == nullptr || kind == OpKind::begin) return pass(wanted);
  switch (kind) {
    case OpKind::receive:
      wanted_ = wanted;
      return has_bytes() ? attempt() : await_bytes();
    case OpKind::send:
      wanted_ = wanted;
      unsent_ = std::get<op::Send>(wanted).bytes;
      return attempt();
    case OpKind::close:
      return close(std::get<op::Close>(wanted));
    default:
      keep_bytes();
      return pass(wanted);
  }
}

TlsTask::Step TlsTask::pass(const Op& wanted, Stage stage) {
  wanted_ = wanted;
  stage_ = stage;
  return wanted;
}

TlsTask::Step TlsTask::after(const Completion& ended) {
  switch (stage_) {
    case Stage::passing:
      return ended;
    case Stage::connecting:
      return after_connect(ended);
    case Stage::flushing:
      wire_.out.clear();
      return ended.error ? fail(ended.error) : receive();
    case Stage::receiving:
      return after_receive(ended);
    case Stage::sending:
      wire_.out.clear();
      return ended.error ? fail(ended.error) : after_send();
    case Stage::alerting:
      return give_up();
    case Stage::giving_up:
      return Completion{.error = failure_};
    case Stage::parting:
      return pass(op::Close{}, Stage::closing);
    case Stage::closing:
      forget_connection();
      return ended;
  }
  return ended;
}

TlsTask::Step TlsTask::after_connect(const Completion& ended) {
  if (ended.error) return ended;
  const std::string* const host = client_->host_of(*std::get<op::Connect>(wanted_).to);
  if (host == nullptr) return ended;
  if (host_ != host) session_.reset();
  host_ = host;
  connection_ = client_->connect(*host, session_);
  attach(*connection_, wire_);
  handshake_begun_ = now();
  return attempt();
}

TlsTask::Step TlsTask::after_receive(const Completion& ended) {
  // A Receive that timed out lost nothing and can be repeated.
  const bool may_repeat = kind_of(wanted_) == OpKind::receive;
  if (ended.error == std::errc::timed_out && may_repeat) return ended;
  if (ended.error) return fail(ended.error);
  if (ended.data.empty()) return end_of_stream();
  wire_.in = ended.data;
  return attempt();
}

// Does what the task within wants as far as the bytes that have come allow.
TlsTask::Step TlsTask::attempt() {
  ERR_clear_error();  // SSL_get_error() looks at it
  SSL* const connection = connection_.get();
  std::size_t size = 0;
  int result = 0;
  switch (kind_of(wanted_)) {
    case OpKind::connect:
      result = SSL_do_handshake(connection);
      break;
    case OpKind::receive:
      if (!plain_) plain_ = std::make_unique_for_overwrite<std::byte[]>(SSL3_RT_MAX_PLAIN_LENGTH);
      result = SSL_read_ex(connection, plain_.get(), SSL3_RT_MAX_PLAIN_LENGTH, &size);
      break;
    default:
      result =
          SSL_write_ex(connection, unsent_.data(), std::min(unsent_.size(), kSendBytes), &size);
      break;
  }
  if (result == 1) {
    if (kind_of(wanted_) == OpKind::receive) return Completion{.data = {plain_.get(), size}};
    if (kind_of(wanted_) == OpKind::send) {
      unsent_ = unsent_.subspan(size);
      return send();
    }
    client_->shook_hands(handshake_begun_, now());
    return Completion{};  // the handshake's last bytes go with the first that the task sends
  }
  switch (SSL_get_error(connection, result)) {
    case SSL_ERROR_WANT_READ:
      return await_bytes();
    case SSL_ERROR_ZERO_RETURN:
      return Completion{};  // close_notify
    default:
      return fail(make_error(reason_of_failure()));
  }
}

// What is left of a handshake goes with it, in one Send.
TlsTask::Step TlsTask::send() {
  const auto& wanted = std::get<op::Send>(wanted_);
  stage_ = Stage::sending;
  const bool is_last = unsent_.empty() && !has_bytes();
  return op::Send{wire_.out, wanted.deadline, is_last ? wanted.reply_deadline : op::kNoReply};
}

TlsTask::Step TlsTask::after_send() { return unsent_.empty() ? Step(Completion{}) : attempt(); }

TlsTask::Step TlsTask::await_bytes() {
  if (wire_.out.empty()) return receive();
  stage_ = Stage::flushing;
  return op::Send{wire_.out, deadline(), deadline()};
}

TlsTask::Step TlsTask::receive() {
  stage_ = Stage::receiving;
  return op::Receive{deadline()};
}

TlsTask::Step TlsTask::end_of_stream() {
  if (is_connecting()) return fail(make_error(Outcome::tls_handshake));
  if (client_ == nullptr) return Completion{};
  return fail(make_error(Outcome::tls_truncated));
}

// After an error of TLS, OpenSSL may have written an alert, which the peer should get.
TlsTask::Step TlsTask::fail(std::error_code error) {
  is_broken_ = true;
  if (!outcome_of(error)) wire_.out.clear();
  if (!is_connecting()) return Completion{.error = error};
  failure_ = error;
  if (wire_.out.empty()) return give_up();
  stage_ = Stage::alerting;
  return op::Send{wire_.out, now() + kPartingTime};
}

// A Connect that fails leaves no stream.
TlsTask::Step TlsTask::give_up() {
  forget_connection();
  stage_ = Stage::giving_up;
  return op::Close{};
}

TlsTask::Step TlsTask::close(const op::Close& wanted) {
  if (wanted.reset) return pass(wanted, Stage::closing);
  if (!is_broken_ && SSL_is_init_finished(connection_.get()) == 1) {
    ERR_clear_error();
    SSL_shutdown(connection_.get());
  }
  if (wire_.out.empty()) return pass(wanted, Stage::closing);
  stage_ = Stage::parting;
  return op::Send{wire_.out, now() + kPartingTime};
}

Outcome TlsTask::reason_of_failure() const {
  SSL* const connection = connection_.get();
  if (SSL_is_init_finished(connection) == 1) return Outcome::protocol;
  const bool verifies = (SSL_get_verify_mode(connection) & SSL_VERIFY_PEER) != 0;
  switch (verifies ? SSL_get_verify_result(connection) : X509_V_OK) {
    case X509_V_OK:
      return Outcome::tls_handshake;
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return Outcome::tls_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return Outcome::tls_wrong_host;
    default:
      return Outcome::tls_untrusted;
  }
}

// Of what the task within wants.
Time TlsTask::deadline() const {
  if (const auto* const connect = std::get_if<op::Connect>(&wanted_)) return connect->deadline;
  if (const auto* const send = std::get_if<op::Send>(&wanted_)) return send->deadline;
  return std::get<op::Receive>(wanted_).deadline;
}

// Whether OpenSSL may get on without a Receive.
bool TlsTask::has_bytes() const {
  return !wire_.in.empty() || SSL_has_pending(connection_.get()) == 1;
}

// What was received does not outlive the operation that is about to begin.
void TlsTask::keep_bytes() {
  if (wire_.in.empty()) return;
  std::vector<std::byte> kept(wire_.in.begin(), wire_.in.end());
  kept_.swap(kept);
  wire_.in = kept_;
}

void TlsTask::forget_connection() {
  connection_.reset();
  wire_.in = {};
  wire_.out.clear();
  is_broken_ = false;
}

}  // namespace asyncbench::workloads::tls
