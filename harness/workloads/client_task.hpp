// The task that asks for one thing after the other over HTTP, whatever it does with the answers.
#pragma once

#include <cstdint>
#include <optional>

#include "workloads/http_fetch.hpp"
#include "workloads/request_task.hpp"

namespace asyncbench::workloads {

// `Fetching` asks: HttpFetch, or ExchangeFetch for strategies that bring their own HTTP.
// `Use` knows what to ask for, and what to do with an answer as a part of the request:
//   Use(Use::Run&, unsigned index)           a Run has load(), verify() and deadline()
//   HttpTarget& target(const RequestFlow&)   what the request that has just begun asks for
//   limits(), receiver()                     for the fetch, see HttpFetch
//   std::optional<Op> begin(Outcome, measure::RequestRecord&)
//                                            the fetch has ended with this outcome: the first
//                                            operation of the use, nullopt when there is none
//   std::optional<Op> resume(Completion)     the next one; nullopt when the request has ended
//   Outcome outcome()                        then: how the request ended
template <class Fetching, class Use>
class ClientTask final : public RequestTask<ClientTask<Fetching, Use>> {
  using Base = RequestTask<ClientTask>;
  using Base::flow_;
  using Base::next_request;

 public:
  ClientTask(typename Use::Run& run, unsigned index)
      : Base(run.load(), index),
        deadline_(run.deadline()),
        use_(run, index),
        fetch_(run.verify(), use_.limits(), use_.receiver()) {}

  Op begin_request(const Completion& /*begun*/) {
    stage_ = Stage::fetching;
    return fetch_.begin(use_.target(flow_), flow_.record().begun + deadline_, flow_.has_idled(),
                        flow_.record());
  }

  Op go_on(const Completion& ended) {
    switch (stage_) {
      case Stage::fetching:
        return after_fetch(fetch_.resume(ended));
      case Stage::in_use:
        if (const std::optional<Op> next = use_.resume(ended)) return *next;
        return after_request(use_.outcome(), now());
      case Stage::closing:
        return next_request(now());
      case Stage::closing_to_finish:
        break;
    }
    return op::Finish{};
  }

  Op finish() {
    if (!fetch_.is_connected()) return op::Finish{};
    stage_ = Stage::closing_to_finish;
    return fetch_.close();
  }

 private:
  enum class Stage : std::uint8_t { fetching, in_use, closing, closing_to_finish };

  Op after_fetch(const std::optional<Op>& next) {
    if (next) return *next;
    if (const std::optional<Op> use = use_.begin(fetch_.outcome(), flow_.record())) {
      stage_ = Stage::in_use;
      return *use;
    }
    return after_request(fetch_.outcome(), fetch_.ended_at());
  }

  Op after_request(Outcome outcome, Time at) {
    const Time ended = flow_.end(outcome, at);
    if (fetch_.is_reusable() || !fetch_.is_connected()) return next_request(ended);
    stage_ = Stage::closing;
    return fetch_.close();
  }

  Duration deadline_;
  Use use_;
  Fetching fetch_;
  Stage stage_ = Stage::fetching;
};

}  // namespace asyncbench::workloads
