// The tasks whose connections are silent while the others are measured.
#include <algorithm>
#include <array>

#include "workloads/echo_client.hpp"
#include "workloads/echo_message.hpp"
#include "workloads/op_outcome.hpp"

namespace asyncbench::workloads {

namespace {

// How often an idle connection asks whether the window's end is known by now. The end is known soon
// after all connections have been opened, so no task asks during the window itself (unless the
// warm-up is shorter than this, or the window ends by a budget of requests).
constexpr Duration kAskAgain = std::chrono::milliseconds(250);

// The connections are proved one after the other, as they were opened, but all within this time:
// the stop comes soon after the window's end.
constexpr Duration kProofsTake = std::chrono::seconds(1);

// Opens its connection and has a few bytes echoed, so that the server has accepted it and is
// waiting for more. It then receives nothing until after the window's end, and has a few bytes
// echoed again. Servers count no message for these bytes: together they are shorter than one.
class IdleClient final : public Task {
 public:
  IdleClient(EchoRun& run, unsigned index) : run_(run), index_(index) {
    for (std::size_t i = 0; i < probe_.size(); ++i) {
      probe_[i] = static_cast<std::byte>(index >> (8 * i));
    }
  }

  Op start(unsigned /*lane*/) override {
    stage_ = Stage::awaiting_turn;
    return op::Sleep{run_.idle_turn(index_)};
  }

  Op resume(const Completion& ended) override {
    switch (stage_) {
      case Stage::awaiting_turn:
        return ended.error ? end(Outcome::cancelled) : connect();
      case Stage::connecting:
        return ended.error ? end(outcome_of_connect(ended.error)) : connected();
      case Stage::sending:
        return ended.error ? fail(ended.error) : receive();
      case Stage::receiving:
        return ended.error ? fail(ended.error) : received(ended.data);
      case Stage::silent:
        return after_silence(ended);
      case Stage::closing:
        return op::Finish{};
    }
    return op::Finish{};
  }

 private:
  enum class Stage : std::uint8_t {
    awaiting_turn,
    connecting,
    sending,
    receiving,
    silent,
    closing
  };

  Op connect() {
    stage_ = Stage::connecting;
    deadline_ = now() + run_.options().deadline;
    return op::Connect{&run_.server(index_), deadline_};
  }

  Op connected() {
    is_connected_ = true;
    return send();
  }

  Op send() {
    stage_ = Stage::sending;
    echoed_ = 0;
    return op::Send{probe_, deadline_, deadline_};
  }

  Op receive() {
    stage_ = Stage::receiving;
    return op::Receive{deadline_};
  }

  Op received(std::span<const std::byte> data) {
    if (data.empty()) return end(Outcome::eof_before_response);
    const auto rest = std::span(probe_).subspan(echoed_);
    const auto due = rest.first(std::min(rest.size(), data.size()));
    if (data.size() > rest.size() || !std::ranges::equal(data, due)) {
      return end(Outcome::content_mismatch);
    }
    echoed_ += data.size();
    if (echoed_ < probe_.size()) return receive();
    if (is_open_) return end(Outcome::ok);
    open();
    return be_silent(now());
  }

  void open() {
    is_open_ = true;
    run_.idle_opened();
  }

  // A Receive rather than a Sleep: the strategy watches the connection as it would any other.
  Op be_silent(Time at) {
    stage_ = Stage::silent;
    const Time end = run_.load().window().end();
    proof_at_ = end == kNever ? kNever : end + proof_delay();
    return op::Receive{std::min(at + kAskAgain, proof_at_)};
  }

  Duration proof_delay() const {
    const Duration apart = std::min<Duration>(kConnectStagger, kProofsTake / run_.options().idle);
    return index_ * apart;
  }

  Op after_silence(const Completion& ended) {
    if (!ended.error) {
      return end(ended.data.empty() ? Outcome::eof_before_response : Outcome::content_mismatch);
    }
    if (ended.error != std::errc::timed_out) return fail(ended.error);
    const Time at = now();
    if (at < proof_at_) return be_silent(at);
    deadline_ = at + run_.options().deadline;
    return send();
  }

  Op fail(std::error_code error) { return end(outcome_of_stream(error, false)); }

  Op end(Outcome outcome) {
    // A connection that could not be opened must not keep the others waiting; its outcome tells.
    if (!is_open_) open();
    run_.idle_ended(outcome);
    if (!is_connected_) return op::Finish{};
    stage_ = Stage::closing;
    return op::Close{};
  }

  EchoRun& run_;
  const unsigned index_;
  Stage stage_ = Stage::awaiting_turn;
  bool is_connected_ = false;
  bool is_open_ = false;
  Time deadline_ = kNever;
  Time proof_at_ = kNever;
  std::array<std::byte, 4> probe_;
  std::size_t echoed_ = 0;
  static_assert(2 * sizeof probe_ < kEchoHeadBytes);
};

}  // namespace

std::unique_ptr<Task> make_idle_client(EchoRun& run, unsigned index) {
  return std::make_unique<IdleClient>(run, index);
}

}  // namespace asyncbench::workloads
