#include "multi_loop.hpp"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/timerfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <iterator>
#include <string>

#include "core/file_ops.hpp"
#include "core/fine_timers.hpp"
#include "core/strategy.hpp"

namespace asyncbench::curl {

namespace {

// How many operations of a task may end at once before the others have their turn.
constexpr int kBurst = 32;

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

MultiLoop::MultiLoop(Job& job, unsigned lane)
    : job_(job),
      lane_(lane),
      epoll_(checked(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      timer_(
          checked(::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC), "timerfd_create")),
      wake_event_(checked(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC), "eventfd")),
      sockets_(epoll_.get()),
      multi_(curl_multi_init()),
      files_([this] { ::eventfd_write(wake_event_.get(), 1); }) {
  if (!multi_) refuse("curl_multi_init", "failed", "check free memory");
  watch(epoll_.get(), timer_.get());
  watch(epoll_.get(), wake_event_.get());
  CURLM* const multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
}

MultiLoop::~MultiLoop() {
  // Left early by an exception: handles must leave the multi handle before it dies.
  for (Driven* const driven : driven_) {
    if (driven->waits == Waits::exchange) {
      curl_multi_remove_handle(multi_.get(), driven->transfer.handle());
    }
    // What a file thread still works on stays with its task.
    if (driven->waits != Waits::file) driven->task.state.reset();
  }
}

void MultiLoop::run() {
  const FineTimers fine_timers;
  for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) {
    enlist(*job_.tasks[i], nullptr);
    ++unfinished_;
  }
  limit_connections();
  for (std::size_t i = lane_; i < job_.tasks.size(); i += job_.threads) {
    drive(static_cast<Driven&>(*job_.tasks[i]->state), job_.tasks[i]->start(lane_));
  }
  while (unfinished_ > 0) turn();

  LaneReport& report = job_.lanes[lane_];
  report.wakeups = wakeups_;
  report.completions = completions_;
  report.counters["epoll_ctl_calls"] = sockets_.epoll_calls();
  report.counters["timerfd_calls"] = timer_calls_;
  report.counters["file_threads"] = files_.threads();
}

void MultiLoop::stop() {
  stop_requested_ = true;
  ::eventfd_write(wake_event_.get(), 1);
}

MultiLoop::Driven& MultiLoop::enlist(Task& task, Driven* parent) {
  auto owner = std::make_unique<Driven>(task, parent, sockets_);
  Driven& driven = *owner;
  task.state = std::move(owner);
  driven_.insert(&driven);
  return driven;
}

// One connection a task: fewer would be closed between requests, more could never be in use.
void MultiLoop::limit_connections() {
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, static_cast<long>(driven_.size()));
}

// Goes on with the task until it waits. A loop: a task whose operations end at once must not grow
// the stack, nor keep the others waiting.
void MultiLoop::drive(Driven& driven, Op op) {
  for (int burst = 0; const std::optional<Completion> ended = perform(driven, op); ++burst) {
    if (burst == kBurst) return end_next_turn(driven, *ended);
    ++completions_;
    op = driven.task.resume(*ended);
  }
}

// The operation that the task waits for has ended.
void MultiLoop::end(Driven& driven, const Completion& ended) {
  driven.waits = Waits::nothing;
  ++completions_;
  drive(driven, driven.task.resume(ended));
}

std::optional<Completion> MultiLoop::perform(Driven& driven, const Op& op) {
  const OpKind kind = kind_of(op);
  if (stopping_ && !outlives_stop(kind)) {
    if (const auto* exchange = std::get_if<op::Exchange>(&op)) {
      exchange->sink->ended({.outcome = Outcome::cancelled});
    }
    return failed(std::errc::operation_canceled);
  }
  if (is_file_op(kind)) return begin_file_op(driven, op);
  return std::visit(
      Overloaded{
          [](const op::Begin&) -> std::optional<Completion> { return Completion{}; },
          [](const op::Close&) -> std::optional<Completion> { return Completion{}; },
          [&](const op::Sleep& sleep) -> std::optional<Completion> {
            if (sleep.until <= now()) return Completion{};
            driven.waits = Waits::sleep;
            timers_.set(driven, sleep.until);
            return std::nullopt;
          },
          [&](const op::Exchange& exchange) { return begin_exchange(driven, exchange); },
          [&](const op::Gather& wanted) { return gather(driven, wanted); },
          [&](const op::Finish&) -> std::optional<Completion> {
            finish(driven);
            return std::nullopt;
          },
          [](const auto&) -> std::optional<Completion> {
            return failed(std::errc::operation_not_supported);
          },
      },
      op);
}

std::optional<Completion> MultiLoop::begin_exchange(Driven& driven, const op::Exchange& exchange) {
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
void MultiLoop::end_exchange(Driven& driven, const http::ExchangeEnd& end_of_it,
                             const Completion& ended) {
  timers_.clear(driven);
  driven.transfer.sink().ended(end_of_it);
  end(driven, ended);
}

void MultiLoop::take_from_curl(Driven& driven) {
  check(curl_multi_remove_handle(multi_.get(), driven.transfer.handle()),
        "curl_multi_remove_handle");
}

// What the page cache can answer is not worth a trip to another thread.
std::optional<Completion> MultiLoop::begin_file_op(Driven& driven, const Op& op) {
  if (const std::optional<Completion> ended = files_.try_at_once(op)) return ended;
  driven.waits = Waits::file;
  driven.op = op;
  files_.submit(driven);
  return std::nullopt;
}

// A child's state lasts from its first Gather to the Finish of the task that gathers it.
std::optional<Completion> MultiLoop::gather(Driven& driven, const op::Gather& gather) {
  if (gather.children.empty()) return Completion{};
  driven.waits = Waits::children;
  driven.running_children = gather.children.size();
  for (Task* const child : gather.children) {
    if (!child->state) driven.children.push_back(&enlist(*child, &driven));
  }
  limit_connections();
  for (Task* const child : gather.children) {
    drive(static_cast<Driven&>(*child->state), child->start(lane_));
  }
  return std::nullopt;
}

void MultiLoop::finish(Driven& driven) {
  timers_.remove(driven);
  for (Driven* const child : driven.children) {
    driven_.erase(child);
    child->task.state.reset();
  }
  driven.children.clear();
  Driven* const parent = driven.parent;
  if (parent == nullptr) {
    --unfinished_;
  } else if (--parent->running_children == 0) {
    // Not from within: children that end at once would nest.
    end_next_turn(*parent, stopping_ ? failed(std::errc::operation_canceled) : Completion{});
  }
}

// One turn: waits for sockets, timers, files or the stop, and lets libcurl and the tasks go on.
void MultiLoop::turn() {
  const Time due = std::min(curl_due_, timers_.next());
  const bool overdue = !deferred_.empty() || due <= now();
  if (!overdue && due < armed_) arm_timer(due);
  std::array<epoll_event, kEventBatch> events;
  const int ready =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), overdue ? 0 : -1);
  ++wakeups_;
  bool is_woken = false;
  for (int i = 0; i < ready; ++i) {
    const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
    if (key == static_cast<std::uint64_t>(timer_.get())) {
      drain(timer_.get());
      armed_ = kNever;
    } else if (key == static_cast<std::uint64_t>(wake_event_.get())) {
      drain(wake_event_.get());
      is_woken = true;
    } else if (const auto bits = sockets_.ready(key, events[static_cast<std::size_t>(i)].events)) {
      act(SocketTable::socket_of(key), *bits);
    }
  }
  if (curl_due_ <= now()) {
    curl_due_ = kNever;
    act(CURL_SOCKET_TIMEOUT, 0);
  }
  collect_messages();
  if (is_woken) collect_files();
  fire_timers();
  end_deferred();
  if (stop_requested_ && !stopping_) stop_all();
}

void MultiLoop::end_next_turn(Driven& driven, const Completion& ended) {
  driven.waits = Waits::turn;
  driven.ended = ended;
  deferred_.push_back(&driven);
}

// Those of earlier turns and of this one's beginning, not those that are deferred meanwhile.
void MultiLoop::end_deferred() {
  for (std::size_t left = deferred_.size(); left > 0; --left) {
    Driven& driven = *deferred_.front();
    deferred_.pop_front();
    end(driven, driven.ended);
  }
}

void MultiLoop::act(curl_socket_t socket, int ready) {
  int running = 0;
  check(curl_multi_socket_action(multi_.get(), socket, ready, &running),
        "curl_multi_socket_action");
}

void MultiLoop::collect_messages() {
  int queued = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &queued)) {
    const CURLcode code = message->data.result;  // the message dies with the removal
    auto& driven = *static_cast<Driven*>(Transfer::of(message->easy_handle).owner);
    take_from_curl(driven);
    end_exchange(driven, driven.transfer.finished(code), Completion{});
  }
}

void MultiLoop::collect_files() {
  files_.take_ended([this](FileWork& work) {
    end(static_cast<Driven&>(work), stopping_ ? cancel_file_op(work.op, work.ended) : work.ended);
  });
}

void MultiLoop::fire_timers() {
  while (Driven* const driven = timers_.pop_due(now())) {
    if (driven->waits == Waits::sleep) {
      end(*driven, Completion{});
    } else {
      take_from_curl(*driven);
      end_exchange(*driven, driven->transfer.timed_out(), Completion{});
    }
  }
}

void MultiLoop::arm_timer(Time due) {
  const auto ns = std::max(to_ns(due), std::int64_t{1});
  const itimerspec at{.it_interval = {},
                      .it_value = {.tv_sec = ns / 1'000'000'000, .tv_nsec = ns % 1'000'000'000}};
  ++timer_calls_;
  ::timerfd_settime(timer_.get(), TFD_TIMER_ABSTIME, &at, nullptr);
  armed_ = due;
}

// Files are waited for, parents end with their children, and what is deferred has ended already.
void MultiLoop::stop_all() {
  stopping_ = true;
  std::vector<Driven*> waiting;
  std::ranges::copy_if(driven_, std::back_inserter(waiting), [](const Driven* driven) {
    return driven->waits == Waits::exchange || driven->waits == Waits::sleep;
  });
  const Completion cancelled = failed(std::errc::operation_canceled);
  for (Driven* const driven : waiting) {
    if (driven->waits == Waits::exchange) {
      take_from_curl(*driven);
      end_exchange(*driven, driven->transfer.cancelled(), cancelled);
    } else {
      timers_.clear(*driven);
      end(*driven, cancelled);
    }
  }
}

int MultiLoop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  return static_cast<MultiLoop*>(self)->sockets_.want(socket, what) ? 0 : -1;
}

// Only notes the time: the timer is armed once a turn, and only to fire earlier than it would.
int MultiLoop::on_timer(CURLM*, long timeout_ms, void* self) {
  Time& due = static_cast<MultiLoop*>(self)->curl_due_;
  if (timeout_ms < 0) {
    due = kNever;
  } else {
    due = timeout_ms == 0 ? Time::min() : now() + std::chrono::milliseconds(timeout_ms);
  }
  return 0;
}

}  // namespace asyncbench::curl
