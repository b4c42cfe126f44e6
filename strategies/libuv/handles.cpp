#include "handles.hpp"

#include <string>

#include "core/strategy.hpp"

namespace asyncbench::libuv {

namespace {

void delete_socket(uv_handle_t* handle) {
  const std::unique_ptr<Socket> closed(static_cast<Socket*>(handle->data));
}

}  // namespace

void require(int result, const char* operation) {
  if (result >= 0) return;
  throw StrategyError(std::string("libuv: ") + operation + ": " + uv_err_name(result) +
                      "; raise the limit of open files (ulimit -n) or ask for fewer threads");
}

Handles::Handles(void* data) {
  require(uv_loop_init(&loop), "uv_loop_init");
  uv_prepare_init(&loop, &prepare);
  uv_check_init(&loop, &check);
  uv_idle_init(&loop, &idle);
  uv_timer_init(&loop, &timer);
  // It shares the descriptor that the loop has made for its thread pool, and cannot fail. All that
  // it does is end the wait.
  uv_async_init(&loop, &wake, [](uv_async_t*) {});
  loop.data = data;
  prepare.data = data;
  check.data = data;
  idle.data = data;
  timer.data = data;
  wake.data = data;
  listener.data = data;
}

Handles::~Handles() {
  uv_walk(
      &loop,
      [](uv_handle_t* handle, void*) {
        if (uv_is_closing(handle) != 0) return;
        const bool is_socket = handle->type == UV_TCP || handle->type == UV_NAMED_PIPE;
        uv_close(handle, is_socket ? delete_socket : nullptr);
      },
      nullptr);
  uv_run(&loop, UV_RUN_DEFAULT);
  uv_loop_close(&loop);
}

Socket& Socket::make(uv_loop_t& loop, bool is_unix, Stream& of) {
  // libuv gives it back to delete_socket().
  Socket& socket = *std::make_unique<Socket>().release();
  if (is_unix) {
    uv_pipe_init(&loop, &socket.handle.pipe, 0);
  } else {
    uv_tcp_init(&loop, &socket.handle.tcp);
  }
  socket.handle.any.data = &socket;
  socket.stream = &of;
  return socket;
}

int Socket::fd() const {
  uv_os_fd_t fd = -1;
  uv_fileno(&handle.any, &fd);
  return fd;
}

void Socket::close(bool reset) {
  stream = nullptr;
  if (reset && !is_unix() && uv_tcp_close_reset(&handle.tcp, delete_socket) == 0) return;
  uv_close(&handle.any, delete_socket);
}

}  // namespace asyncbench::libuv
