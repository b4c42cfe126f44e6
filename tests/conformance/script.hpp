// Test tasks written as coroutines: co_await an operation, get its completion, return to finish.
#pragma once

#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <utility>

#include "core/task.hpp"

namespace asyncbench::conformance {

class Script {
 public:
  struct promise_type {
    Op wanted = op::Finish{};
    Completion ended;

    Script get_return_object() {
      return Script{std::coroutine_handle<promise_type>::from_promise(*this)};
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    std::suspend_always final_suspend() noexcept { return {}; }
    void return_void() { wanted = op::Finish{}; }
    void unhandled_exception() { std::terminate(); }

    struct Awaiter {
      promise_type* promise;
      bool await_ready() const noexcept { return false; }
      void await_suspend(std::coroutine_handle<>) const noexcept {}
      Completion await_resume() const noexcept { return promise->ended; }
    };
    Awaiter await_transform(Op op) {
      wanted = op;
      return {this};
    }
  };

  Script() = default;
  explicit Script(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Script(Script&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  Script& operator=(Script&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Script() {
    if (handle_) handle_.destroy();
  }

  // What the script wants next, given how its last operation ended.
  Op next(const Completion& ended) {
    handle_.promise().ended = ended;
    handle_.resume();
    return handle_.promise().wanted;
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

// A task that plays a script from its beginning in every run.
class ScriptTask final : public Task {
 public:
  explicit ScriptTask(std::function<Script(unsigned lane)> make) : make_(std::move(make)) {}

  Op start(unsigned lane) override {
    script_ = make_(lane);
    return script_.next({});
  }
  Op resume(const Completion& ended) override { return script_.next(ended); }

 private:
  std::function<Script(unsigned lane)> make_;  // outlives the coroutine, which uses its captures
  Script script_;
};

template <class Make>
std::unique_ptr<Task> script(Make make) {
  return std::make_unique<ScriptTask>(std::move(make));
}

}  // namespace asyncbench::conformance
