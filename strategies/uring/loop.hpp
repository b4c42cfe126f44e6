// One event loop on one ring: performs the operations of the tasks of one lane.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "buffer_ring.hpp"
#include "core/fd.hpp"
#include "core/job.hpp"
#include "core/op.hpp"
#include "core/timer_queue.hpp"
#include "ring.hpp"

namespace asyncbench::uring {

// A stream whose task does not ask for what has come may hold this many buffers; then receiving
// stops, and the socket's own window holds the peer back.
inline constexpr unsigned kQueuedBuffersMax = 4;

// A task with its stream. Streams are reused by later tasks of the loop and freed with it.
struct Stream : Timer {
  enum class Waits : std::uint8_t { nothing, connect, receive, send, sleep };

  Task* task = nullptr;
  std::unique_ptr<Task> owned;   // an accepted task
  std::uint32_t index = 0;       // in Loop::streams_
  std::uint32_t generation = 0;  // of the connection; completions of an earlier one are stale
  unsigned in_flight = 0;        // submitted operations that will complete and name this stream
  bool is_finished = false;
  Waits waits = Waits::nothing;

  int descriptor = -1;       // a slot of the ring's table, or a plain descriptor
  int setup_error = 0;       // of SOCKET or SETSOCKOPT in the chain that ends in CONNECT
  std::errc cancelled_as{};  // why a connect or send was cancelled; 0: it was not

  // Receiving. Buffers that came before they were wanted queue up, linked through
  // Loop::buffer_links_.
  bool receive_armed = false;
  bool receive_cancelled = false;  // a cancel is under way, to stop a peer that sends too much
  bool at_end = false;
  bool is_starved = false;  // waits for a free buffer, in Loop::starved_
  int receive_error = 0;
  unsigned queued = 0;
  BufferId first_queued = 0;
  BufferId last_queued = 0;
  std::optional<BufferId> lent;             // delivered to the task, which may still use it
  std::unique_ptr<std::byte[]> own_buffer;  // without a buffer ring
  std::size_t own_received = 0;

  // Sending.
  std::span<const std::byte> unsent;
  Time send_deadline = kNever;
  bool send_completes = false;  // a completion will come; otherwise none means success
  bool awaits_reply = false;
  std::uint64_t sent_in = 0;  // Ring::submissions() when the send was queued
};

// What a completion is about.
enum class Kind : std::uint8_t {
  ignored,
  socket_setup,
  connect,
  receive,
  send,
  accept,
  timeout,
  wake
};

class Loop {
 public:
  Loop(Job& job, unsigned lane);

  // Runs to the end of the job. Throws StrategyError.
  void run();

  // From any thread: the hard stop.
  void stop();

 private:
  void turn();
  void arm_timeout(Time due);
  void reap();
  void handle(const io_uring_cqe& cqe);

  Stream& add_stream(Task* task, std::unique_ptr<Task> owned);
  void drive(Stream& stream, Op next);
  void complete(Stream& stream, const Completion& ended);
  std::optional<Completion> perform(Stream& stream, const Op& next);

  std::optional<Completion> connect(Stream& stream, const op::Connect& wanted);
  std::optional<Completion> receive(Stream& stream, const op::Receive& wanted);
  std::optional<Completion> send(Stream& stream, const op::Send& wanted);
  std::optional<Completion> sleep(Stream& stream, const op::Sleep& wanted);
  void close(Stream& stream, bool reset);
  void finish(Stream& stream);

  void connected(Stream& stream, int result);
  void received(Stream& stream, const io_uring_cqe& cqe, bool is_stale);
  void send_ended(Stream& stream, int result);
  void complete_sends();

  void queue_socket_and_connect(Stream& stream, const Endpoint& to);
  void queue_send(Stream& stream);
  bool sends_what_it_received(const Stream& stream, std::span<const std::byte> bytes) const;
  void arm_receive(Stream& stream);
  void cancel(Stream& stream, Kind kind);
  std::optional<Completion> take_received(Stream& stream);
  void give_back(BufferId id);
  void drop_received(Stream& stream);

  void arm_accept();
  void accepted(const io_uring_cqe& cqe);
  void arm_wake();
  void stop_all();
  void fire_timers();
  void begin_in_flight(Stream& stream);
  void end_in_flight(Stream& stream);

  Job& job_;
  const unsigned lane_;
  LaneReport& report_;
  const unsigned client_slots_;
  Ring ring_;
  std::optional<BufferRing> buffers_;
  std::vector<BufferId> buffer_links_;       // the next in a stream's queue, by buffer
  std::vector<std::uint32_t> buffer_sizes_;  // bytes received, by buffer
  std::size_t lent_buffers_ = 0;             // with streams and tasks, not with the kernel
  std::deque<Stream> streams_;               // never shrinks: completions name streams by index
  std::vector<Stream*> free_streams_;
  std::deque<int> free_slots_;       // first in, first out: a slot rests before it is used again
  std::vector<Stream*> sends_;       // that end with their submission, oldest first
  std::vector<Stream*> lenders_;     // await a reply and still hold what they received before
  std::vector<Stream*> completing_;  // scratch of complete_sends()
  std::vector<Stream*> starved_;
  TimerQueue<Stream> timers_;
  Time last_known_time_ = now();  // of the timeout that fired last
  Time timeout_at_ = kNever;     // when the ring's one timeout fires; kNever: it is not armed
  __kernel_timespec timeout_{};  // read at its submission
  std::size_t live_tasks_ = 0;
  std::size_t in_flight_ = 0;  // the sum of Stream::in_flight
  bool is_accepting_ = false;
  bool accept_armed_ = false;
  Time accept_again_at_ = kNever;
  bool is_stopping_ = false;
  Fd wake_;  // eventfd
  std::uint64_t wake_value_ = 0;
};

}  // namespace asyncbench::uring
