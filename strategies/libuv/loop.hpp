// One event loop: performs the operations of the tasks of one lane with libuv.
#pragma once

#include <cstdint>

#include "core/task_driver.hpp"
#include "handles.hpp"
#include "stream.hpp"

namespace asyncbench::libuv {

class Loop final : public TaskDriver<Loop, Stream> {
 public:
  // Throws StrategyError when the system grants no descriptors.
  Loop(Job& job, unsigned lane);

  // Runs to the end of the job.
  void run();

  // From any thread: the hard stop.
  void stop();

 private:
  friend class TaskDriver<Loop, Stream>;

  static Loop& of(const uv_loop_t* loop) { return *static_cast<Loop*>(loop->data); }

  // Turning (loop.cpp).
  void before_wait();
  void after_wait();
  void arm(Time due);
  void watch_listener(bool is_wanted);

  // Files (loop_files.cpp).
  Attempt file(Stream& stream, const Op& wanted);
  void file_ended(Stream& stream);

  // Streams (loop_streams.cpp).
  Attempt connect(Stream& stream, const op::Connect& wanted);
  void connected(Stream& stream, int status);
  bool adopt(Stream& stream, Fd accepted);
  Attempt receive(Stream& stream, const op::Receive& wanted);
  Attempt receive_now(Stream& stream);
  int start_reading(Stream& stream);
  void lend(Stream& stream, uv_buf_t& buffer);
  void received(Stream& stream, ssize_t size, bool has_read);
  Attempt send(Stream& stream, const op::Send& wanted);
  void sent(Stream& stream, int status);
  Attempt give_up(Stream& stream, std::errc why);
  void take_back(Stream& stream);
  void close(Stream& stream, bool reset);

  Handles handles_;
  Time armed_ = kNever;  // when the timer fires
  bool accepts_unix_ = false;
  ReceiveBuffers buffers_;
  ReceiveBuffers::Buffer reading_into_;  // from lend() to received()
  std::uint64_t short_sends_ = 0;
};

}  // namespace asyncbench::libuv
