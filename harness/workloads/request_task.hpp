// A task that issues one request after the other, at the pace of its run.
#pragma once

#include <cstdint>

#include "core/task.hpp"
#include "workloads/load_run.hpp"

namespace asyncbench::workloads {

// `Request` derives from RequestTask<Request> and says what a request is:
//   Op begin_request(const Completion& begun)  Begin has ended: the first operation of the request
//   Op go_on(const Completion& ended)          the operation that Request asked for has ended
//   Op finish()                                there are no more requests: closes what is open
// A request ends with flow_.end() and next_request(). These calls are not virtual, because each
// operation makes one.
template <class Request>
class RequestTask : public Task {
 public:
  Op start(unsigned lane) final {
    flow_.start(lane);
    return next_request(now());
  }

  Op resume(const Completion& ended) final {
    switch (pace_) {
      case Pace::in_request:
        break;
      case Pace::beginning:
        pace_ = Pace::in_request;
        return request().begin_request(ended);
      case Pace::sleeping:
        if (!ended.error) return next_request(now());
        flow_.give_up();
        return end_all();
    }
    return request().go_on(ended);
  }

 protected:
  RequestTask(LoadRun& run, unsigned index) : flow_(run, index) {}

  // `at`: now, or what RequestFlow::end() returned.
  Op next_request(Time at) {
    const Op next = flow_.next(at);
    if (kind_of(next) == OpKind::finish) return end_all();
    pace_ = kind_of(next) == OpKind::sleep ? Pace::sleeping : Pace::beginning;
    return next;
  }

  RequestFlow flow_;

 private:
  enum class Pace : std::uint8_t { sleeping, beginning, in_request };

  Request& request() { return static_cast<Request&>(*this); }

  Op end_all() {
    pace_ = Pace::in_request;
    return request().finish();
  }

  Pace pace_ = Pace::sleeping;
};

}  // namespace asyncbench::workloads
