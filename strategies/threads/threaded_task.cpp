#include "threaded_task.hpp"

#include <algorithm>
#include <variant>

#include "core/assert.hpp"
#include "core/file_ops.hpp"
#include "thread_run.hpp"

namespace asyncbench::threads {

ThreadedTask::ThreadedTask(ThreadRun& run, Task& task, unsigned lane, ThreadedTask* parent)
    : run_(run), task_(task), lane_(lane), parent_(parent), stream_(run.stop_signal()) {}

void ThreadedTask::drive(ThreadedTask* task) {
  for (bool is_fresh = true; task != nullptr; is_fresh = false) task = task->go_on(is_fresh);
}

ThreadedTask* ThreadedTask::go_on(bool is_fresh) {
  for (;;) {
    const OpKind kind = kind_of(next_);
    if (kind == OpKind::finish) return finish();
    // A thread that has only received the request so far is a fresh one for it.
    if (kind == OpKind::begin && !is_fresh && run_.workforce().begins_elsewhere(*this)) {
      return nullptr;
    }
    if (const auto* gathers = std::get_if<op::Gather>(&next_)) {
      if (ThreadedTask* const child = gather(gathers->children)) return child;
    }
    const std::uint64_t waits_before = waits();
    const std::optional<Completion> ended = perform(next_);
    if (!ended) return nullptr;
    batches_.woke(waits() - waits_before, completions_);
    is_fresh = is_fresh && kind == OpKind::receive;
    ++completions_;
    next_ = task_.resume(*ended);
  }
}

// The Finish of a child ends only its run: the next Gather finds its stream as it is now.
ThreadedTask* ThreadedTask::finish() {
  if (family_) dissolve_family();
  if (parent_ != nullptr) return parent_->child_finished();
  stream_.close(false);
  run_.finished(*this);
  return nullptr;
}

std::optional<Completion> ThreadedTask::perform(const Op& op) {
  const StopSignal& stop = run_.stop_signal();
  const bool outlives = outlives_stop(kind_of(op));
  if (stop.is_set() && !outlives) return failed(std::errc::operation_canceled);
  const std::optional<Completion> ended = std::visit(
      Overloaded{
          [this](const op::Connect& connect) -> std::optional<Completion> {
            return stream_.connect(*connect.to, connect.deadline);
          },
          [this](const op::Receive& wanted) { return receive(wanted); },
          [this](const op::Send& send) -> std::optional<Completion> {
            return stream_.send(send.bytes, send.deadline);
          },
          [this](const op::Close& close) -> std::optional<Completion> {
            stream_.close(close.reset);
            return Completion{};
          },
          [this](const op::Sleep& wanted) { return sleep(wanted); },
          [](const op::Begin&) -> std::optional<Completion> { return Completion{}; },
          [](const op::Gather&) -> std::optional<Completion> { return Completion{}; },
          // A file never makes a thread wait for a peer, so blocking calls suffice.
          // perform_file_op() also answers operations that are not supported.
          [&op](const auto&) -> std::optional<Completion> { return perform_file_op(op); },
      },
      op);
  if (!ended || !stop.is_set() || outlives) return ended;
  // The peer may count bytes that the kernel has taken, so a Send that succeeded stays one.
  if (std::holds_alternative<op::Send>(op) && !ended->error) return ended;
  // A stop shuts the stream down. Whatever the call returned, the stop is the reason.
  if (std::holds_alternative<op::Connect>(op)) stream_.close(false);
  return cancel_file_op(op, *ended);
}

std::optional<Completion> ThreadedTask::receive(const op::Receive& receive) {
  const Time patience = wait_is_over_ ? kNever : run_.workforce().receive_patience();
  wait_is_over_ = false;
  const Completion ended = stream_.receive(std::min(receive.deadline, patience));
  // TCP may give up on a peer with ETIMEDOUT, too. That is an error of another category.
  const bool is_silent = ended.error == std::make_error_code(std::errc::timed_out);
  if (!is_silent || receive.deadline <= patience) return ended;
  wait_is_over_ = true;
  ++waits_elsewhere_;
  if (run_.workforce().waits_elsewhere(*this, stream_.descriptor(), receive.deadline)) {
    return std::nullopt;
  }
  wait_is_over_ = false;
  --waits_elsewhere_;
  return stream_.receive(receive.deadline);
}

std::optional<Completion> ThreadedTask::sleep(const op::Sleep& sleep) {
  if (sleep.until > now() && !wait_is_over_) {
    wait_is_over_ = true;
    ++waits_elsewhere_;
    if (run_.workforce().waits_elsewhere(*this, -1, sleep.until)) return std::nullopt;
    --waits_elsewhere_;
  }
  wait_is_over_ = false;
  ++sleeps_;
  run_.stop_signal().sleep_until(sleep.until);
  return Completion{};
}

// Fork and join without a thread that only waits: this thread goes on with the first child, and the
// thread of the child that finishes last goes on with the parent. No thread has to be woken to
// join.
ThreadedTask* ThreadedTask::gather(std::span<Task* const> children) {
  if (children.empty() || run_.stop_signal().is_set()) return nullptr;
  if (!family_) family_ = std::make_unique<Family>();
  for (Task* const child : children) {
    if (!child->state) family_->members.push_back(&run_.enlist(*child, lane_, this));
    static_cast<ThreadedTask&>(*child->state).start();
  }
  {
    const std::lock_guard lock(family_->mutex);
    must_hold(family_->running == 0, "a task gathers when no child of its last Gather runs");
    family_->running = children.size();
  }
  for (std::size_t i = 1; i < children.size(); ++i) {
    if (run_.workforce().hand_over(static_cast<ThreadedTask&>(*children[i]->state)) == 0) continue;
    // The children that there are threads for will make some free.
    const std::lock_guard lock(family_->mutex);
    family_->without_thread = children.subspan(i);
    break;
  }
  return static_cast<ThreadedTask*>(children.front()->state.get());
}

// Called on the parent, by the thread of the child.
ThreadedTask* ThreadedTask::child_finished() {
  Parking parking;
  {
    std::unique_lock lock(family_->mutex);
    must_hold(family_->running > 0, "a child that finishes was running");
    if (--family_->running == 0) {
      lock.unlock();
      ++completions_;
      next_ = task_.resume(run_.stop_signal().is_set() ? failed(std::errc::operation_canceled)
                                                       : Completion{});
      return this;
    }
    std::span<Task* const>& rest = family_->without_thread;
    if (!rest.empty()) {
      auto* const child = static_cast<ThreadedTask*>(rest.front()->state.get());
      rest = rest.subspan(1);
      return child;
    }
    if (!run_.workforce().keeps_helpers()) return nullptr;
    family_->helpers.push_back(&parking);
  }
  return parking.wait();
}

Parking* ThreadedTask::take_helper() {
  if (parent_ == nullptr) return nullptr;
  Family& family = *parent_->family_;
  const std::lock_guard lock(family.mutex);
  if (family.helpers.empty()) return nullptr;
  Parking* const helper = family.helpers.back();
  family.helpers.pop_back();
  return helper;
}

// No child runs, so the family belongs to the parent's thread alone, except for the lock, which the
// last helper may be about to release.
void ThreadedTask::dissolve_family() {
  {
    const std::lock_guard lock(family_->mutex);
    must_hold(family_->running == 0, "no child runs when its parent finishes");
    for (Parking* const helper : family_->helpers) helper->give(nullptr);
  }
  for (ThreadedTask* const member : family_->members) {
    run_.delist(*member);
    member->task_.state.reset();
  }
  family_.reset();
}

}  // namespace asyncbench::threads
