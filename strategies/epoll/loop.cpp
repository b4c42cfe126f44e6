// Turning the loop: wait, let the tasks that can go on do so, fire timers, accept, stop; and files.
#include "loop.hpp"

#include <cstring>
#include <string>
#include <utility>

#include "core/fine_timers.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"

namespace asyncbench::reactor {

Loop::Loop(Job& job, unsigned lane) : EventLoop(job, lane) {
  report().granted = {"epoll", "timerfd"};
  if (!is_accepting()) return;
  accepts_unix_ = is_unix_socket(listener());
  set_blocking(listener(), false);
  watch_listener(true);
}

void Loop::run() {
  const FineTimers fine_timers;
  stop_if_asked();
  start_tasks();
  while (is_busy()) turn();
  report().counters["receives_in_vain"] = receives_in_vain_;
  report().counters["short_sends"] = short_sends_;
  report().counters["file_threads"] = files_.threads();
}

void Loop::stop() {
  ask_to_stop();
  poller_.wake();
}

// All news are noted before any task goes on: a task may close its socket and open another, which
// must not be taken for the one that the news were about.
void Loop::turn() {
  const auto news = poller_.wait(has_ready() ? Time::min() : next_due());
  report().woke();
  for (const epoll_event& event : news) note(event);
  for (Stream* const stream : have_news_) go_on(*stream);
  have_news_.clear();
  run_ready();
  if (poller_.is_time()) fire_timers();
  if (std::exchange(has_arrivals_, false)) accept();
  if (std::exchange(is_woken_, false)) {
    take_files(files_);
    stop_if_asked();
  }
}

void Loop::note(const epoll_event& event) {
  switch (static_cast<Source>(event.data.u64)) {
    case Source::timer:
      poller_.timer_fired();
      return;
    case Source::wake:
      is_woken_ = true;
      return;
    case Source::listener:
      has_arrivals_ = true;
      return;
  }
  Stream& stream = *static_cast<Stream*>(event.data.ptr);
  const std::uint32_t is = event.events;
  if ((is & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0) stream.has_hung_up = true;
  if (stream.has_hung_up || (is & EPOLLIN) != 0) stream.may_receive = true;
  const bool has_room = (is & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0;
  if ((stream.waits == Waits::receive && stream.may_receive) ||
      (stream.waits == Waits::send && has_room) || (stream.waits == Waits::connect && has_room)) {
    have_news_.push_back(&stream);
  }
}

// Before this nothing else resumes a task that waits for its socket, so that it still does.
void Loop::go_on(Stream& stream) {
  Attempt ended;
  switch (stream.waits) {
    case Waits::connect:
      // Without an error or a hang-up the connection stands, and need not be asked how it fares.
      ended = connected(stream, stream.has_hung_up ? end_connect(stream.socket.get()) : 0);
      break;
    case Waits::receive:
      ended = receive_now(stream);
      break;
    case Waits::send:
      ended = send_at_once(stream.socket.get(), *std::get_if<op::Send>(&stream.wanted));
      if (ended) has_sent(stream);
      break;
    default:
      break;
  }
  if (ended) complete(stream, *ended);
}

// Not by edges: accepting stops after a batch, too. Exclusive, for the loops of a job may share a
// Unix socket, and not all of them need wake for each connection.
void Loop::watch_listener(bool is_wanted) {
  if (!is_wanted) return poller_.remove(listener());
  const int error = poller_.add(listener(), EPOLLIN | EPOLLEXCLUSIVE,
                                static_cast<std::uint64_t>(Source::listener));
  if (error != 0) throw StrategyError(std::string("epoll_ctl: ") + strerrorname_np(error));
}

// epoll takes no files: they are always ready for it, however long a read then takes.
Loop::Attempt Loop::file(Stream& stream, const Op& wanted) {
  return perform_by(files_, stream, wanted);
}

}  // namespace asyncbench::reactor
