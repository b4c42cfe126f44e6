#include <variant>

#include "thread_run.hpp"

namespace asyncbench::threads {

void* ThreadedTask::thread_main(void* task) {
  static_cast<ThreadedTask*>(task)->drive();
  return nullptr;
}

void ThreadedTask::drive() {
  // Begin asks for a fresh thread; a thread that has done nothing yet is one.
  bool is_fresh = true;
  while (!std::holds_alternative<op::Finish>(next_)) {
    if (std::holds_alternative<op::Begin>(next_) && !is_fresh &&
        run_.fresh_ == FreshThread::for_every_begin && run_.spawn(*this) == 0) {
      return;
    }
    is_fresh = false;
    ++completions_;
    next_ = task_.resume(perform(next_));
  }
  stream_.close(false);
  run_.finished(*this);
}

Completion ThreadedTask::perform(const Op& op) {
  if (const auto* close = std::get_if<op::Close>(&op)) {
    stream_.close(close->reset);
    return {};
  }
  if (run_.stop_.is_set()) return failed(std::errc::operation_canceled);
  const Completion ended = std::visit(
      Overloaded{
          [](const op::Begin&) { return Completion{}; },
          [this](const op::Connect& connect) {
            return stream_.connect(*connect.to, connect.deadline);
          },
          [this](const op::Receive& receive) { return stream_.receive(receive.deadline); },
          [this](const op::Send& send) { return stream_.send(send.bytes, send.deadline); },
          [this](const op::Sleep& sleep) {
            ++sleeps_;
            run_.stop_.sleep_until(sleep.until);
            return Completion{};
          },
          [](const auto&) { return failed(std::errc::operation_not_supported); },
      },
      op);
  if (!run_.stop_.is_set()) return ended;
  // A stop shuts the stream down: whatever the call returned, the stop is what happened.
  if (std::holds_alternative<op::Connect>(op)) stream_.close(false);
  return failed(std::errc::operation_canceled);
}

}  // namespace asyncbench::threads
