// The HTTP client over Exchange, for strategies that bring their own HTTP.
#include "http/head_policy.hpp"
#include "http/response_reader.hpp"
#include "http/response_sink.hpp"
#include "workloads/http_client.hpp"

namespace asyncbench::workloads {

namespace {

class ExchangeClient final : public Task, private http::ResponseSink {
 public:
  ExchangeClient(ClientRun& run, unsigned index) : run_(run), flow_(run.load(), index) {}

  Op start(unsigned lane) override {
    flow_.start(lane);
    return next_request(now());
  }

  Op resume(const Completion& ended) override {
    switch (stage_) {
      case Stage::sleeping:
        if (ended.error) {
          flow_.give_up();
          return op::Finish{};
        }
        return next_request(now());
      case Stage::beginning:
        return exchange();
      case Stage::exchanging:
        return complete(ended);
    }
    return op::Finish{};
  }

 private:
  enum class Stage : std::uint8_t { sleeping, beginning, exchanging };

  // `at`: now, or what RequestFlow::end() returned.
  Op next_request(Time at) {
    const Op next = flow_.next(at);
    stage_ = kind_of(next) == OpKind::sleep ? Stage::sleeping : Stage::beginning;
    return next;
  }

  Op exchange() {
    stage_ = Stage::exchanging;
    target_ = &run_.target(flow_.index(), flow_.requests());
    end_ = {};
    is_too_long_ = false;
    policy_.begin(target_->request.method);
    body_.begin(target_->expectation, verifies(run_.verify(), responses_));
    return op::Exchange{&target_->request, this, flow_.record().begun + run_.deadline()};
  }

  bool head_line(std::span<const std::byte> line) override {
    return policy_.line({reinterpret_cast<const char*>(line.data()), line.size()});
  }

  bool body(std::span<const std::byte> bytes) override {
    body_.bytes(bytes);
    is_too_long_ = body_.length() > http::ReaderLimits{}.max_body_bytes;
    return !is_too_long_;
  }

  void ended(const http::ExchangeEnd& end) override { end_ = end; }

  Op complete(const Completion& ended) {
    const Time at = now();
    measure::RequestRecord& record = flow_.record();
    record.first_byte = end_.first_byte;
    record.attempts = end_.attempts;
    record.body_bytes = body_.length();
    if (end_.new_connection) {
      responses_ = 0;
      record.connect_begun = record.begun;
      record.connected = end_.connected;
    }
    ++responses_;
    return next_request(flow_.end(ended.error ? Outcome::cancelled : outcome(), at));
  }

  // The findings of our own policy come first: a library may see a broken response as a good one,
  // or an aborted transfer as an error of its own.
  Outcome outcome() {
    if (policy_.outcome() != Outcome::ok) return policy_.outcome();
    if (is_too_long_) return Outcome::limit;
    if (end_.outcome != Outcome::ok) return end_.outcome;
    if (!http::is_success(policy_.status())) return Outcome::http_status;
    return body_.end(!policy_.has_body()) ? Outcome::ok : Outcome::content_mismatch;
  }

  ClientRun& run_;
  RequestFlow flow_;
  Stage stage_ = Stage::sleeping;
  bool is_too_long_ = false;
  unsigned responses_ = 0;  // since the last new connection that this task had
  ClientRun::Target* target_ = nullptr;
  http::ResponseHeadPolicy policy_;
  http::BodyCheck body_;
  http::ExchangeEnd end_;
};

}  // namespace

std::unique_ptr<Task> make_exchange_client(ClientRun& run, unsigned index) {
  return std::make_unique<ExchangeClient>(run, index);
}

}  // namespace asyncbench::workloads
