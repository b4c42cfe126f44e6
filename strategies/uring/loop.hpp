// One event loop on one ring: performs the operations of the tasks of one lane.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/loop_descriptors.hpp"
#include "core/task_driver.hpp"
#include "memory.hpp"
#include "options.hpp"
#include "ring.hpp"
#include "slots.hpp"
#include "streams.hpp"

namespace asyncbench::uring {

// While nothing but reads and writes of files is waited for, a loop waits for this share of those
// in flight to end, so that the kernel is entered once for several; the rest keeps the disk busy.
inline constexpr unsigned kBatchShare = 4;
inline constexpr unsigned kBatchCompletionsMax = 32;

// A shorter send is copied: to pin its pages, and to wait until the peer has acknowledged it, would
// cost more (the kernel's Documentation/networking/msg_zerocopy.rst: worth it from about 10 KB).
inline constexpr std::size_t kZerocopyBytesMin = std::size_t{16} * 1024;

class Loop final : public TaskDriver<Loop, Stream> {
 public:
  Loop(Job& job, unsigned lane, const Options& options);

  // Runs to the end of the job. Throws StrategyError.
  void run();

  // From any thread: the hard stop.
  void stop();

 private:
  friend class TaskDriver<Loop, Stream>;

  // Turning, in loop.cpp.
  void make_buffers(const Job& job, const Options& options);
  void turn();
  void end_operations();
  bool awaits_transfers_alone() const;
  unsigned completions_to_await() const;
  void arm_timeout(Time due);
  void arm_wake();
  void reap();
  void handle(const io_uring_cqe& cqe);
  Attempt give_up(Stream& stream, std::errc why);
  void cancel(std::uint64_t tag, Tag failure = {});
  std::unique_ptr<Stream> make_stream(Task& task) { return streams_.make(task); }
  void retire(std::unique_ptr<Stream> stream) { streams_.retire(std::move(stream)); }

  // Accepting, connecting and closing, in loop_streams.cpp.
  void prepare_accepting();
  void watch_listener(bool is_wanted);
  void arm_accept();
  bool may_accept_many() const;
  void accepted(const io_uring_cqe& cqe);
  bool adopt(Stream& stream, int descriptor);
  Attempt connect(Stream& stream, const op::Connect& wanted);
  void queue_socket_and_connect(Stream& stream, const Endpoint& to);
  void connected(Stream& stream, int result);
  void cancel_connect(const Stream& stream);
  void connect_cancel_failed(const Stream& stream, int error);
  void close(Stream& stream, bool reset);
  void close_socket(Stream& stream, bool reset);
  void close_descriptor(int descriptor);

  // Sending, in loop_send.cpp.
  Attempt send(Stream& stream, const op::Send& wanted);
  bool sends_what_it_received(const Stream& stream) const;
  void queue_send(Stream& stream);
  void send_ended(Stream& stream, int result);
  void complete_sends();
  void cancel_send(Stream& stream, std::errc reason);
  static bool was_taken_whole(const Stream& stream);
  bool may_go_without_copy(const Stream& stream) const;
  void zerocopy_send_ended(Stream& stream, const io_uring_cqe& cqe);
  void let_go_of_bytes(Stream& stream);

  // Receiving, in loop_receive.cpp.
  Attempt receive(Stream& stream, const op::Receive& wanted);
  void arm_receive(Stream& stream, Time deadline);
  void received(Stream& stream, const io_uring_cqe& cqe);
  bool has_more_buffers();
  void queue_received(Stream& stream, BufferId id, std::size_t size);
  Attempt take_received(Stream& stream);
  void give_back(BufferId id);
  void take_back(Stream& stream) {
    if (stream.lent) give_back(*std::exchange(stream.lent, std::nullopt));
  }
  void drop_received(Stream& stream);

  // Files, in loop_files.cpp.
  Attempt file(Stream& stream, const Op& wanted);
  Attempt open(Stream& stream, const op::Open& wanted);
  Attempt read(Stream& stream, const op::Read& wanted);
  Attempt write(Stream& stream, const op::Write& wanted);
  Attempt sync(Stream& stream, const op::Sync& wanted);
  Attempt queue_transfer(Stream& stream, io_uring_sqe* sqe);
  Attempt queue_file_op(Stream& stream, io_uring_sqe* sqe);
  void file_op_ended(Stream& stream, int result);

  StreamTable streams_;  // outlives the ring, which may use their memory
  const bool batch_waits_;
  const bool gathers_replies_;
  const SlotPlan slot_plan_;
  SlotPool slots_;
  Ring ring_;
  std::optional<BufferRing> buffers_;
  std::vector<BufferId> buffer_links_;       // the next in a stream's queue, by buffer
  std::vector<std::uint32_t> buffer_sizes_;  // bytes received, by buffer
  std::uint64_t buffers_grew_in_ = 0;        // Ring::submissions() then
  std::size_t lent_buffers_ = 0;             // with streams and tasks, not with the kernel
  std::optional<RegisteredMemory> registered_;
  // What is over stays in these lists until complete_sends() comes by.
  std::vector<SendId> sends_;       // that end with their submission, oldest first
  std::vector<SendId> lenders_;     // await a reply and still hold what they received before
  std::vector<SendId> completing_;  // scratch of complete_sends()
  std::vector<StreamId> starved_;
  Time timeout_at_ = kNever;  // when the ring's one timeout fires; kNever: it is not armed
  bool is_time_ = false;      // it has fired
  bool is_woken_ = false;
  bool accept_armed_ = false;
  bool accept_cancelled_ = false;        // a cancel is under way, to accept one by one from now on
  unsigned arrivals_max_ = 0;            // connections that the kernel may accept at once
  std::size_t transfers_in_flight_ = 0;  // operations in flight that read or write a file
  std::uint64_t copied_sends_ = 0;       // that should have gone without
  WakeFd wake_;
};

}  // namespace asyncbench::uring
