#include "loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/strategy.hpp"

namespace asyncbench::curl {

namespace {

constexpr std::size_t kEventBatch = 512;

[[noreturn]] void refuse(const char* operation, const char* reason, const char* remedy) {
  throw StrategyError(std::string(operation) + ": " + reason + ": " + remedy);
}

Fd checked(int fd, const char* operation) {
  if (fd < 0) refuse(operation, std::strerror(errno), "raise the limit of open files (ulimit -n)");
  return Fd(fd);
}

void watch(int epoll, int fd) {
  epoll_event event{.events = EPOLLIN, .data = {.u64 = static_cast<std::uint64_t>(fd)}};
  if (::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) != 0) {
    refuse("epoll_ctl", std::strerror(errno), "raise /proc/sys/fs/epoll/max_user_watches");
  }
}

void check(CURLMcode code, const char* operation) {
  if (code != CURLM_OK) {
    refuse(operation, curl_multi_strerror(code), "check free memory and the limit of open files");
  }
}

// Both kinds of descriptor hold one counter; its value says nothing that the loop does not know.
void drain(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = ::read(fd, &count, sizeof(count));
}

}  // namespace

Loop::Loop(Job& job, unsigned lane)
    : job_(job),
      lane_(lane),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      timer_(
          checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")),
      stop_event_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      sockets_(epoll_.get()),
      multi_(curl_multi_init()) {
  if (!multi_) refuse("curl_multi_init", "failed", "check free memory");
  watch(epoll_.get(), timer_.get());
  watch(epoll_.get(), stop_event_.get());
  for (std::size_t i = lane; i < job.tasks.size(); i += job.threads) {
    driven_.emplace_back(*job.tasks[i], sockets_);
  }
  unfinished_ = driven_.size();
  CURLM* const multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
  // One connection a task: fewer would be closed between requests, more could never be in use.
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, static_cast<long>(driven_.size()));
}

Loop::~Loop() {
  // Left early by an exception: handles must leave the multi handle before it dies.
  for (Driven& driven : driven_) {
    if (driven.waits == Waits::exchange) {
      curl_multi_remove_handle(multi_.get(), driven.transfer.handle());
    }
  }
}

void Loop::run() {
  const std::stop_callback wake(job_.stop, [this] { ::eventfd_write(stop_event_.get(), 1); });
  for (Driven& driven : driven_) drive(driven, driven.task.start(lane_));
  while (unfinished_ > 0) wait();

  LaneReport& report = job_.lanes[lane_];
  report.wakeups = wakeups_;
  report.completions = completions_;
  report.counters["epoll_ctl_calls"] = sockets_.epoll_calls();
  report.counters["timerfd_calls"] = timer_calls_;
}

// Goes on with the task until it waits. A loop: a task whose operations end at once must not grow
// the stack.
void Loop::drive(Driven& driven, Op op) {
  while (const std::optional<Completion> ended = perform(driven, op)) {
    ++completions_;
    op = driven.task.resume(*ended);
  }
}

std::optional<Completion> Loop::perform(Driven& driven, const Op& op) {
  const auto now_or_cancelled = [this] {
    return stopping_ ? failed(std::errc::operation_canceled) : Completion{};
  };
  return std::visit(
      Overloaded{
          [&](const op::Begin&) -> std::optional<Completion> { return now_or_cancelled(); },
          [](const op::Close&) -> std::optional<Completion> { return Completion{}; },
          [&](const op::Sleep& sleep) -> std::optional<Completion> {
            if (stopping_ || sleep.until <= now()) return now_or_cancelled();
            driven.waits = Waits::sleep;
            timers_.set(driven, sleep.until);
            return std::nullopt;
          },
          [&](const op::Exchange& exchange) { return begin_exchange(driven, exchange); },
          [&](const op::Finish&) -> std::optional<Completion> {
            timers_.remove(driven);
            --unfinished_;
            return std::nullopt;
          },
          [](const auto&) -> std::optional<Completion> {
            return failed(std::errc::operation_not_supported);
          },
      },
      op);
}

std::optional<Completion> Loop::begin_exchange(Driven& driven, const op::Exchange& exchange) {
  if (stopping_) {
    exchange.sink->ended({.outcome = Outcome::cancelled});
    return failed(std::errc::operation_canceled);
  }
  CURL* const handle = driven.transfer.begin(exchange);
  if (handle == nullptr || curl_multi_add_handle(multi_.get(), handle) != CURLM_OK) {
    exchange.sink->ended(
        {.outcome = Outcome::local_resource, .detail = "libcurl is out of memory"});
    return Completion{};
  }
  driven.waits = Waits::exchange;
  timers_.set(driven, exchange.deadline);
  return std::nullopt;
}

// The handle must be out of the multi handle.
void Loop::end_exchange(Driven& driven, const http::ExchangeEnd& end,
                        const Completion& completion) {
  driven.waits = Waits::nothing;
  timers_.clear(driven);
  driven.transfer.sink().ended(end);
  ++completions_;
  drive(driven, driven.task.resume(completion));
}

void Loop::take_from_curl(Driven& driven) {
  check(curl_multi_remove_handle(multi_.get(), driven.transfer.handle()),
        "curl_multi_remove_handle");
}

// One turn: waits for sockets, timers or the stop, and lets libcurl and the tasks go on.
void Loop::wait() {
  const Time due = std::min(curl_due_, timers_.next());
  const bool overdue = due <= now();
  if (!overdue && due < armed_) arm_timer(due);
  std::array<epoll_event, kEventBatch> events;
  const int ready =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), overdue ? 0 : -1);
  ++wakeups_;
  bool stop = false;
  for (int i = 0; i < ready; ++i) {
    const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
    if (key == static_cast<std::uint64_t>(timer_.get())) {
      drain(timer_.get());
      armed_ = kNever;
    } else if (key == static_cast<std::uint64_t>(stop_event_.get())) {
      drain(stop_event_.get());
      stop = true;
    } else if (const auto bits = sockets_.ready(key, events[static_cast<std::size_t>(i)].events)) {
      act(SocketTable::socket_of(key), *bits);
    }
  }
  if (curl_due_ <= now()) {
    curl_due_ = kNever;
    act(CURL_SOCKET_TIMEOUT, 0);
  }
  collect_messages();
  fire_timers();
  if (stop) stop_all();
}

void Loop::act(curl_socket_t socket, int ready) {
  int running = 0;
  check(curl_multi_socket_action(multi_.get(), socket, ready, &running),
        "curl_multi_socket_action");
}

void Loop::collect_messages() {
  int queued = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &queued)) {
    const CURLcode code = message->data.result;  // the message dies with the removal
    auto& driven = *static_cast<Driven*>(Transfer::of(message->easy_handle).owner);
    take_from_curl(driven);
    end_exchange(driven, driven.transfer.finished(code), Completion{});
  }
}

void Loop::fire_timers() {
  while (Driven* const driven = timers_.pop_due(now())) {
    if (driven->waits == Waits::sleep) {
      driven->waits = Waits::nothing;
      ++completions_;
      drive(*driven, driven->task.resume(Completion{}));
    } else {
      take_from_curl(*driven);
      end_exchange(*driven, driven->transfer.timed_out(), Completion{});
    }
  }
}

void Loop::arm_timer(Time due) {
  const auto ns = std::max(to_ns(due), std::int64_t{1});
  const itimerspec at{.it_interval = {},
                      .it_value = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000}};
  ++timer_calls_;
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
  armed_ = due;
}

void Loop::stop_all() {
  stopping_ = true;
  for (Driven& driven : driven_) {
    const Completion cancelled = failed(std::errc::operation_canceled);
    if (driven.waits == Waits::exchange) {
      take_from_curl(driven);
      end_exchange(driven, driven.transfer.cancelled(), cancelled);
    } else if (driven.waits == Waits::sleep) {
      driven.waits = Waits::nothing;
      timers_.clear(driven);
      ++completions_;
      drive(driven, driven.task.resume(cancelled));
    }
  }
}

int Loop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  return static_cast<Loop*>(self)->sockets_.want(socket, what) ? 0 : -1;
}

// Only notes the time: the timer is armed once a turn, and only to fire earlier than it would.
int Loop::on_timer(CURLM*, long timeout_ms, void* self) {
  Time& due = static_cast<Loop*>(self)->curl_due_;
  if (timeout_ms < 0) {
    due = kNever;
  } else {
    due = timeout_ms == 0 ? Time::min() : now() + std::chrono::milliseconds(timeout_ms);
  }
  return 0;
}

}  // namespace asyncbench::curl
