// libuv's handles, which libuv owns from their uv_close() to its callback.
#pragma once

#include <uv.h>

#include <cstddef>
#include <memory>
#include <span>

namespace asyncbench::libuv {

// Throws StrategyError for a negative errno, of a call without which there is no loop.
void require(int result, const char* operation);

// A loop with the handles that it needs whatever its tasks do; their `data` is their user's.
struct Handles {
  // Throws StrategyError when the system grants no descriptors.
  explicit Handles(void* data);
  // Closes these handles and all others of the loop.
  ~Handles();
  Handles(const Handles&) = delete;
  Handles& operator=(const Handles&) = delete;

  uv_loop_t loop;
  uv_prepare_t prepare;  // just before the loop waits
  uv_check_t check;      // just after
  uv_idle_t idle;        // as long as it is started the loop does not wait
  uv_timer_t timer;
  uv_async_t wake;
  uv_poll_t listener;  // set up by its user, if at all
};

struct Stream;

// A stream socket, with the request that may be under way on it. It has a life of its own: it ends
// in the loop's next turn, when the task has perhaps another one, or is gone.
struct Socket {
  union Handle {
    uv_handle_t any;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  // Idle connections need none.
  union Request {
    uv_connect_t connect;
    uv_write_t write;
  };

  // An unconnected socket, owned by the loop until close().
  static Socket& make(uv_loop_t& loop, bool is_unix, Stream& of);

  bool is_unix() const { return handle.any.type == UV_NAMED_PIPE; }
  int fd() const;

  // `reset` sends RST instead of FIN. What is pending ends without a word to the stream.
  void close(bool reset);

  Handle handle;
  std::unique_ptr<Request> request;
  Stream* stream;  // null once closed
};

// libuv's buffers are not const, but what is to be written is left alone.
inline uv_buf_t buffer_of(std::span<const std::byte> bytes) {
  return {.base = reinterpret_cast<char*>(const_cast<std::byte*>(bytes.data())),
          .len = bytes.size()};
}

// The stream that a callback is for; null when the stream has no more to do with it.
inline Stream* owner_of(const uv_stream_t* handle) {
  return static_cast<const Socket*>(handle->data)->stream;
}

}  // namespace asyncbench::libuv
