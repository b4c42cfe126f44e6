// The HTTP client over Connect, Send, Receive and Close.
#include "workloads/http_client.hpp"

namespace asyncbench::workloads {

namespace {

class StreamClient final : public Task {
 public:
  StreamClient(ClientRun& run, unsigned index)
      : run_(run), flow_(run.load(), index), fetch_(run.verify()) {}

  Op start(unsigned lane) override {
    flow_.start(lane);
    return next_request(now());
  }

  Op resume(const Completion& ended) override {
    switch (stage_) {
      case Stage::fetching:
        return after_fetch(fetch_.resume(ended));
      case Stage::beginning:
        stage_ = Stage::fetching;
        return fetch_.begin(run_.target(flow_.index(), flow_.requests()),
                            flow_.record().begun + run_.deadline(), flow_.has_idled(),
                            flow_.record());
      case Stage::sleeping:
        if (ended.error) {
          flow_.give_up();
          return finish();
        }
        return next_request(now());
      case Stage::closing:
        return next_request(now());
      case Stage::closing_to_finish:
        return op::Finish{};
    }
    return op::Finish{};
  }

 private:
  enum class Stage : std::uint8_t { sleeping, beginning, fetching, closing, closing_to_finish };

  // `at`: now, or what RequestFlow::end() returned.
  Op next_request(Time at) {
    const Op next = flow_.next(at);
    if (kind_of(next) == OpKind::finish) return finish();
    stage_ = kind_of(next) == OpKind::sleep ? Stage::sleeping : Stage::beginning;
    return next;
  }

  Op finish() {
    if (!fetch_.is_connected()) return op::Finish{};
    stage_ = Stage::closing_to_finish;
    return fetch_.close();
  }

  Op after_fetch(const std::optional<Op>& next) {
    if (next) return *next;
    const Time ended = flow_.end(fetch_.outcome(), fetch_.ended_at());
    if (fetch_.is_reusable() || !fetch_.is_connected()) return next_request(ended);
    stage_ = Stage::closing;
    return fetch_.close();
  }

  ClientRun& run_;
  RequestFlow flow_;
  HttpFetch fetch_;
  Stage stage_ = Stage::sleeping;
};

}  // namespace

std::unique_ptr<Task> make_stream_client(ClientRun& run, unsigned index) {
  return std::make_unique<StreamClient>(run, index);
}

}  // namespace asyncbench::workloads
