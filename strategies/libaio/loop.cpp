#include "loop.hpp"

#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string>

#include "core/fine_timers.hpp"
#include "core/strategy.hpp"

namespace asyncbench::aio {

namespace {

std::uint64_t address_of(const void* memory) { return reinterpret_cast<std::uint64_t>(memory); }

Stream& sender_of(std::uint64_t data) { return *reinterpret_cast<Stream*>(data); }

}  // namespace

Loop::Loop(Job& job, unsigned lane) : TaskDriver(job, lane), context_(kRequestsMax) {
  report().granted = {"io_setup"};
}

void Loop::run() {
  const FineTimers fine_timers;
  stop_if_asked();
  try {
    await_wake();
    start_tasks();
    while (is_busy()) turn();
  } catch (...) {
    files_.end();
    context_.end();
    drop_tasks();
    throw;
  }
  must_hold(in_flight_ == 0 && syncs_ == 0, "no request outlives the tasks");
  report().counters["file_threads"] = files_.threads();
}

void Loop::stop() {
  ask_to_stop();
  wake_.wake();
}

void Loop::turn() {
  submit();
  if (!is_busy()) return;  // the last operation was refused
  const unsigned least = events_to_await();
  const unsigned count = context_.wait(least, events_, wait_until(least));
  report().woke();
  bool is_woken = false;
  for (const io_event& event : std::span(events_).first(count)) {
    if (event.data == 0) {
      is_woken = true;
      continue;
    }
    --in_flight_;
    ended(sender_of(event.data), static_cast<long>(event.res));
  }
  run_ready();
  if (next_due() != kNever) fire_timers();
  if (is_woken) woken();
}

// What cannot be taken now, because too much is in flight, goes with the next turn.
void Loop::submit() {
  std::size_t done = 0;
  while (done < queued_.size()) {
    const int taken = context_.submit(std::span(queued_).subspan(done));
    if (taken == -EINTR) continue;
    if (taken == -EAGAIN && in_flight_ > 0) break;
    for (int i = 0; i < taken; ++i) {
      if (queued_[done++] != &wake_request_) ++in_flight_;
    }
    if (taken > 0) continue;
    const iocb* const refused = queued_[done++];
    if (refused == &wake_request_) {
      throw StrategyError(std::string("io_submit(IOCB_CMD_POLL): ") + strerrorname_np(-taken) +
                          "; use Linux 4.18 or later");
    }
    ended(sender_of(refused->aio_data), taken);  // its task may queue the next one
  }
  queued_.erase(queued_.begin(), queued_.begin() + static_cast<std::ptrdiff_t>(done));
}

unsigned Loop::events_to_await() const {
  if (has_ready()) return 0;
  // What opens or syncs a file has a time of its own.
  if (files_.in_flight() > 0 || syncs_ > 0) return 1;
  return std::clamp(static_cast<unsigned>(in_flight_) / kBatchShare, 1U, kBatchCompletionsMax);
}

Time Loop::wait_until(unsigned least) const {
  if (least == 0) return Time::min();
  return least == 1 ? next_due() : std::min(next_due(), now() + kBatchWaitMax);
}

Loop::Attempt Loop::file(Stream& stream, const Op& wanted) {
  switch (kind_of(wanted)) {
    case OpKind::read:
    case OpKind::write:
    case OpKind::sync:
      return queue(stream, wanted);
    default:
      return perform_by(files_, stream, wanted);
  }
}

Loop::Attempt Loop::queue(Stream& stream, const Op& wanted) {
  iocb& request = stream.request = {};
  request.aio_data = address_of(&stream);
  if (const auto* read = std::get_if<op::Read>(&wanted)) {
    request.aio_lio_opcode = IOCB_CMD_PREAD;
    request.aio_fildes = static_cast<std::uint32_t>(read->file);
    request.aio_buf = address_of(read->into.data());
    request.aio_nbytes = read->into.size();
    request.aio_offset = static_cast<std::int64_t>(read->offset);
  } else if (const auto* write = std::get_if<op::Write>(&wanted)) {
    request.aio_lio_opcode = IOCB_CMD_PWRITE;
    request.aio_fildes = static_cast<std::uint32_t>(write->file);
    request.aio_buf = address_of(write->bytes.data());
    request.aio_nbytes = write->bytes.size();
    request.aio_offset = static_cast<std::int64_t>(write->offset);
  } else {
    request.aio_lio_opcode = IOCB_CMD_FDSYNC;
    request.aio_fildes = static_cast<std::uint32_t>(std::get_if<op::Sync>(&wanted)->file);
    ++syncs_;
  }
  queued_.push_back(&request);
  park(stream, Waits::file, kNever);
  return std::nullopt;
}

void Loop::ended(Stream& stream, long result) {
  if (stream.request.aio_lio_opcode == IOCB_CMD_FDSYNC) --syncs_;
  if (is_stopping()) {
    complete(stream, failed(std::errc::operation_canceled));
  } else if (result < 0) {
    complete(stream, failed(static_cast<int>(-result)));
  } else {
    complete(stream, {.size = static_cast<std::size_t>(result)});
  }
}

// A poll ends with its first news.
void Loop::await_wake() {
  wake_request_ = {};
  wake_request_.aio_lio_opcode = IOCB_CMD_POLL;
  wake_request_.aio_fildes = static_cast<std::uint32_t>(wake_.get());
  wake_request_.aio_buf = POLLIN;
  queued_.push_back(&wake_request_);
}

void Loop::woken() {
  eventfd_t ignored = 0;
  eventfd_read(wake_.get(), &ignored);
  await_wake();
  take_files(files_);
  stop_if_asked();
}

}  // namespace asyncbench::aio
