#include "multi_loop.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/assert.hpp"
#include "core/fine_timers.hpp"
#include "core/strategy.hpp"

namespace asyncbench::curl {

namespace {

[[noreturn]] void refuse(const char* operation, const char* reason, const char* remedy) {
  throw StrategyError(std::string(operation) + ": " + reason + ": " + remedy);
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

// Both kinds of descriptor hold one counter. The loop does not need its value.
void drain(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t size = ::read(fd, &count, sizeof(count));
}

std::uint32_t epoll_events(int what) {
  switch (what) {
    case CURL_POLL_IN:
      return EPOLLIN;
    case CURL_POLL_OUT:
      return EPOLLOUT;
    case CURL_POLL_INOUT:
      return EPOLLIN | EPOLLOUT;
    default:
      return 0;
  }
}

}  // namespace

bool SocketTable::want(curl_socket_t socket, int what) {
  const auto number = static_cast<std::size_t>(socket);
  if (number >= entries_.size()) entries_.resize(number + number / 2 + 1);
  Entry& entry = entries_[number];
  entry.wanted = epoll_events(what);
  if (entry.wanted == 0 || entry.wanted == entry.registered) return true;
  return control(entry.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, entry,
                 entry.wanted);
}

void SocketTable::closing(curl_socket_t socket) {
  const auto number = static_cast<std::size_t>(socket);
  if (number >= entries_.size()) return;
  // The kernel takes a closed socket out of epoll by itself.
  entries_[number] = {.generation = entries_[number].generation + 1};
}

std::optional<int> SocketTable::ready(std::uint64_t key, std::uint32_t events) {
  const curl_socket_t socket = socket_of(key);
  must_hold(static_cast<std::size_t>(socket) < entries_.size(), "epoll reports a known socket");
  Entry& entry = entries_[static_cast<std::size_t>(socket)];
  if (entry.generation != static_cast<std::uint32_t>(key >> 32U)) return std::nullopt;
  if (entry.wanted == 0) {
    // Bytes or an end on an idle connection: no request may read them as its reply. libcurl takes
    // a shut down connection for dead and opens another.
    control(EPOLL_CTL_DEL, socket, entry, 0);
    ::shutdown(socket, SHUT_RDWR);
    return std::nullopt;
  }
  // An error is reported to whatever libcurl waits for, so that its system call finds the errno.
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) events |= entry.wanted;
  return ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
         ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0);
}

bool SocketTable::control(int operation, curl_socket_t socket, Entry& entry, std::uint32_t events) {
  epoll_event event{
      .events = events,
      .data = {.u64 = std::uint64_t{entry.generation} << 32U | static_cast<std::uint32_t>(socket)}};
  ++epoll_calls_;
  if (::epoll_ctl(epoll_, operation, socket, &event) != 0) return false;
  entry.registered = events;
  return true;
}

MultiLoop::MultiLoop(Job& job, unsigned lane)
    : TaskDriver(job, lane),
      epoll_(granted(::epoll_create1(EPOLL_CLOEXEC), "epoll_create1")),
      sockets_(epoll_.get()),
      multi_(curl_multi_init()) {
  if (!multi_) refuse("curl_multi_init", "failed", "check free memory");
  watch(epoll_.get(), timer_.get());
  watch(epoll_.get(), wake_.get());
  CURLM* const multi = multi_.get();
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &on_socket);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, this);
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &on_timer);
  curl_multi_setopt(multi, CURLMOPT_TIMERDATA, this);
  curl_multi_setopt(multi, CURLMOPT_PIPELINING, long{CURLPIPE_NOTHING});
}

MultiLoop::~MultiLoop() {
  // Left early by an exception: handles must leave the multi handle before it dies.
  for (Driven* const driven : running()) {
    if (driven->waits == Waits::exchange) {
      curl_multi_remove_handle(multi_.get(), driven->transfer->handle());
    }
  }
}

void MultiLoop::run() {
  const FineTimers fine_timers;
  stop_if_asked();
  start_tasks();
  while (is_busy()) turn();
  must_hold(under_way_ == 0, "no exchange is under way when a run ends");
  report().counters["epoll_ctl_calls"] = sockets_.epoll_calls();
  report().counters["timerfd_calls"] = timer_calls_;
  report().counters["file_threads"] = files_.threads();
  report().counters["file_tries_refused"] = files_.refusals();
}

void MultiLoop::stop() {
  ask_to_stop();
  wake_.wake();
}

// One turn: waits for sockets, timers, files or the stop, and lets libcurl and the tasks go on.
void MultiLoop::turn() {
  const Time due = has_ready() ? Time::min() : std::min(curl_due_, next_due());
  const bool overdue = due <= now();
  if (!overdue && due < timer_.due()) {
    ++timer_calls_;
    timer_.arm(due);
  }
  std::array<epoll_event, kEventBatch> events;
  const int ready =
      ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()), overdue ? 0 : -1);
  report().woke();
  bool is_woken = false;
  for (int i = 0; i < ready; ++i) {
    const std::uint64_t key = events[static_cast<std::size_t>(i)].data.u64;
    if (key == static_cast<std::uint64_t>(timer_.get())) {
      drain(timer_.get());
      timer_.has_fired();
    } else if (key == static_cast<std::uint64_t>(wake_.get())) {
      drain(wake_.get());
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
  run_ready();
  fire_timers();
  if (is_woken) {
    take_files(files_);
    stop_if_asked();
  }
}

MultiLoop::Attempt MultiLoop::exchange(Driven& driven, const op::Exchange& wanted) {
  if (is_stopping()) {
    wanted.sink->ended({.outcome = Outcome::cancelled});
    return failed(std::errc::operation_canceled);
  }
  if (!driven.transfer) make_transfer(driven);
  CURL* const handle = driven.transfer->begin(wanted);
  if (handle == nullptr || curl_multi_add_handle(multi_.get(), handle) != CURLM_OK) {
    wanted.sink->ended({.outcome = Outcome::local_resource, .detail = "libcurl is out of memory"});
    return Completion{};
  }
  ++under_way_;
  park(driven, Waits::exchange, wanted.deadline);
  return std::nullopt;
}

void MultiLoop::make_transfer(Driven& driven) {
  driven.transfer = std::make_unique<Transfer>(Transfer::Interface::multi, sockets_);
  driven.transfer->owner = &driven;
  // One connection a task: fewer would be closed between requests, more could never be in use.
  curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS, ++transfers_);
}

MultiLoop::Attempt MultiLoop::give_up(Driven& driven, std::errc why) {
  if (driven.waits == Waits::exchange) {
    take_from_curl(driven);
    Transfer& transfer = *driven.transfer;
    if (why == std::errc::timed_out) {
      transfer.sink().ended(transfer.timed_out());
      return Completion{};
    }
    transfer.sink().ended(transfer.cancelled());
  }
  return TaskDriver::give_up(driven, why);
}

void MultiLoop::take_from_curl(Driven& driven) {
  must_hold(driven.waits == Waits::exchange && under_way_ > 0,
            "an exchange that ends is under way");
  --under_way_;
  check(curl_multi_remove_handle(multi_.get(), driven.transfer->handle()),
        "curl_multi_remove_handle");
}

void MultiLoop::act(curl_socket_t socket, int ready) {
  int running_transfers = 0;
  check(curl_multi_socket_action(multi_.get(), socket, ready, &running_transfers),
        "curl_multi_socket_action");
}

void MultiLoop::collect_messages() {
  int queued = 0;
  while (const CURLMsg* const message = curl_multi_info_read(multi_.get(), &queued)) {
    const CURLcode code = message->data.result;  // the message dies with the removal
    auto& driven = *static_cast<Driven*>(Transfer::of(message->easy_handle).owner);
    take_from_curl(driven);
    driven.transfer->sink().ended(driven.transfer->finished(code));
    complete(driven, Completion{});
  }
}

int MultiLoop::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) {
  return static_cast<MultiLoop*>(self)->sockets_.want(socket, what) ? 0 : -1;
}

// Only notes the time: the timer is armed once a turn, and only if it has to fire earlier.
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
