// One event loop on one ring: performs the operations of the tasks of one lane.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "buffer_ring.hpp"
#include "core/fd.hpp"
#include "core/job.hpp"
#include "core/op.hpp"
#include "core/timer_queue.hpp"
#include "options.hpp"
#include "registered_memory.hpp"
#include "ring.hpp"
#include "slots.hpp"
#include "stream.hpp"
#include "tags.hpp"

namespace asyncbench::uring {

// While nothing but reads and writes of files is waited for, a loop waits for this share of those
// in flight to end, so that the kernel is entered once for several; the rest keeps the disk busy.
inline constexpr unsigned kBatchShare = 4;
inline constexpr unsigned kBatchCompletionsMax = 32;

class Loop {
 public:
  Loop(Job& job, unsigned lane, const Options& options);

  // Runs to the end of the job. Throws StrategyError.
  void run();

  // From any thread: the hard stop.
  void stop();

 private:
  // A task whose next operation is due in the next turn.
  struct Ready {
    Stream* stream;
    Op next;
  };

  // Turning, in loop.cpp.
  void make_buffers(const Options& options);
  void turn();
  unsigned completions_to_await() const;
  void arm_timeout(Time due);
  void reap();
  void handle(const io_uring_cqe& cqe);
  void fire_timers();
  void arm_wake();
  void stop_all();

  // Tasks, in loop_tasks.cpp.
  Stream& add_stream(Task* task, std::unique_ptr<Task> owned);
  void free_stream(Stream& stream);
  void drive(Stream& stream, Op next);
  void complete(Stream& stream, const Completion& ended);
  std::optional<Completion> perform(Stream& stream, const Op& next);
  std::optional<Completion> sleep(Stream& stream, const op::Sleep& wanted);
  std::optional<Completion> gather(Stream& parent, const op::Gather& wanted);
  Stream& stream_of_child(Stream& parent, Task& child);
  void run_ready();
  void child_finished(Stream& child);
  void finish(Stream& stream);
  void cancel(const Stream& stream, Kind kind);
  void begin_in_flight(Stream& stream);
  void end_in_flight(Stream& stream);

  // Accepting, in loop_accept.cpp.
  void arm_accept();
  void accepted(const io_uring_cqe& cqe);

  // Connecting and closing, in loop_streams.cpp.
  std::optional<Completion> connect(Stream& stream, const op::Connect& wanted);
  void queue_socket_and_connect(Stream& stream, const Endpoint& to);
  void connected(Stream& stream, int result);
  void close(Stream& stream, bool reset);
  void close_socket(Stream& stream, bool reset);
  void close_descriptor(int descriptor);

  // Sending, in loop_send.cpp.
  std::optional<Completion> send(Stream& stream, const op::Send& wanted);
  bool sends_what_it_received(const Stream& stream) const;
  void queue_send(Stream& stream);
  void send_ended(Stream& stream, int result);
  void complete_sends();
  void cancel_send(Stream& stream, std::errc reason);
  static bool was_taken_whole(const Stream& stream);
  bool sends_without_copy(const Stream& stream) const;
  void zerocopy_send_ended(Stream& stream, const io_uring_cqe& cqe);
  void let_go_of_bytes(Stream& stream);

  // Receiving, in loop_receive.cpp.
  std::optional<Completion> receive(Stream& stream, const op::Receive& wanted);
  void arm_receive(Stream& stream);
  void received(Stream& stream, const io_uring_cqe& cqe, bool is_stale);
  std::optional<Completion> take_received(Stream& stream);
  void give_back(BufferId id);
  void drop_received(Stream& stream);

  // Files, in loop_files.cpp.
  std::optional<Completion> open(Stream& stream, const op::Open& wanted);
  void read(Stream& stream, const op::Read& wanted);
  void write(Stream& stream, const op::Write& wanted);
  void sync(Stream& stream, const op::Sync& wanted);
  void queue_transfer(Stream& stream, io_uring_sqe* sqe);
  void queue_file_op(Stream& stream, io_uring_sqe* sqe);
  void file_op_ended(Stream& stream, int result);

  Job& job_;
  const unsigned lane_;
  LaneReport& report_;
  const SlotPlan slot_plan_;
  SlotPool slots_;
  Ring ring_;
  std::optional<BufferRing> buffers_;
  std::vector<BufferId> buffer_links_;       // the next in a stream's queue, by buffer
  std::vector<std::uint32_t> buffer_sizes_;  // bytes received, by buffer
  std::size_t lent_buffers_ = 0;             // with streams and tasks, not with the kernel
  std::optional<RegisteredMemory> registered_;
  std::deque<Stream> streams_;  // never shrinks: completions name streams by index
  std::vector<Stream*> free_streams_;
  std::vector<Stream*> sends_;       // that end with their submission, oldest first
  std::vector<Stream*> lenders_;     // await a reply and still hold what they received before
  std::vector<Stream*> completing_;  // scratch of complete_sends()
  std::vector<Stream*> starved_;
  std::vector<Ready> ready_;
  std::vector<Ready> running_;  // scratch of run_ready()
  TimerQueue<Stream> timers_;
  Time last_known_time_ = now();  // of the timeout that fired last
  Time timeout_at_ = kNever;      // when the ring's one timeout fires; kNever: it is not armed
  std::size_t live_tasks_ = 0;
  std::size_t in_flight_ = 0;            // the sum of Stream::in_flight
  std::size_t transfers_in_flight_ = 0;  // those of them that read or write a file
  std::uint64_t copied_sends_ = 0;       // that should have gone without
  bool is_accepting_ = false;
  bool accept_armed_ = false;
  Time accept_again_at_ = kNever;
  bool is_stopping_ = false;
  Fd wake_;  // eventfd
  std::uint64_t wake_value_ = 0;
};

}  // namespace asyncbench::uring
