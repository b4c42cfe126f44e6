// Streams: connecting, receiving, sending, closing.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "core/endpoint.hpp"
#include "core/socket_ops.hpp"
#include "loop.hpp"

namespace asyncbench::libuv {

Loop::Attempt Loop::connect(Stream& stream, const op::Connect& wanted) {
  Socket& socket = Socket::make(handles_.loop, wanted.to->is_unix(), stream);
  stream.socket = &socket;
  stream.wanted = wanted;
  socket.request = std::make_unique<Socket::Request>();
  uv_connect_t* const request = &socket.request->connect;
  const uv_connect_cb ended = [](uv_connect_t* it, int status) {
    if (Stream* const owner = owner_of(it->handle)) of(it->handle->loop).connected(*owner, status);
  };
  if (wanted.to->is_unix()) {
    const auto* address = reinterpret_cast<const sockaddr_un*>(wanted.to->address());
    uv_pipe_connect(request, &socket.handle.pipe, address->sun_path, ended);
  } else {
    uv_tcp_nodelay(&socket.handle.tcp, 1);
    const int error = uv_tcp_connect(request, &socket.handle.tcp, wanted.to->address(), ended);
    if (error < 0) {
      close(stream, false);
      return failed(-error);
    }
  }
  park(stream, Waits::connect, wanted.deadline);
  return std::nullopt;
}

void Loop::connected(Stream& stream, int status) {
  stream.socket->request.reset();
  if (status == 0) {
    complete(stream, {});
    return;
  }
  const bool is_full = status == UV_EAGAIN && stream.socket->is_unix();
  close(stream, false);
  if (is_full) {
    await_backlog(stream, *std::get_if<op::Connect>(&stream.wanted));
  } else {
    complete(stream, failed(-status));
  }
}

bool Loop::adopt(Stream& stream, Fd accepted) {
  Socket& socket = Socket::make(handles_.loop, accepts_unix_, stream);
  const int error = accepts_unix_ ? uv_pipe_open(&socket.handle.pipe, accepted.get())
                                  : uv_tcp_open(&socket.handle.tcp, accepted.get());
  if (error < 0) {
    socket.close(false);
    return false;
  }
  accepted.release();
  stream.socket = &socket;
  return true;
}

Loop::Attempt Loop::receive(Stream& stream, const op::Receive& wanted) {
  if (stream.socket == nullptr) return failed(EBADF);
  if (has_passed(wanted.deadline)) {
    const Attempt received = receive_now(stream);
    return received ? received : failed(std::errc::timed_out);
  }
  if (!stream.is_reading) {
    if (const int error = start_reading(stream); error < 0) return failed(-error);
  }
  park(stream, Waits::receive, wanted.deadline);
  return std::nullopt;
}

// What libuv has no call for: trying.
Loop::Attempt Loop::receive_now(Stream& stream) {
  return buffers_.receive(stream.socket->fd(), stream.lent);
}

int Loop::start_reading(Stream& stream) {
  const int error = uv_read_start(
      &stream.socket->handle.stream,
      [](uv_handle_t* it, std::size_t, uv_buf_t* buffer) {
        *buffer = uv_buf_init(nullptr, 0);
        if (Stream* const owner = owner_of(reinterpret_cast<uv_stream_t*>(it))) {
          of(it->loop).lend(*owner, *buffer);
        }
      },
      [](uv_stream_t* it, ssize_t size, const uv_buf_t* buffer) {
        if (Stream* const owner = owner_of(it)) {
          of(it->loop).received(*owner, size, buffer->base != nullptr);
        }
      });
  stream.is_reading = error == 0;
  return error;
}

// Without a buffer libuv reads nothing and says so, with UV_ENOBUFS.
void Loop::lend(Stream& stream, uv_buf_t& buffer) {
  if (stream.waits != Waits::receive) return;
  reading_into_ = buffers_.take();
  buffer.base = reinterpret_cast<char*>(reading_into_.get());
  buffer.len = kReceiveBytes;
}

void Loop::received(Stream& stream, ssize_t size, bool has_read) {
  ReceiveBuffers::Buffer buffer = std::move(reading_into_);
  if (size > 0) {
    stream.lent = std::move(buffer);
    complete(stream, {.data = {stream.lent.get(), static_cast<std::size_t>(size)}});
    return;
  }
  if (buffer) buffers_.give_back(std::move(buffer));
  if (size == 0) return;  // there was nothing, after all
  uv_read_stop(&stream.socket->handle.stream);
  stream.is_reading = false;
  if (stream.waits != Waits::receive) return;
  if (size == UV_EOF && !has_read) {
    // A hang-up, which libuv takes for the end of the stream once it has read less than a buffer:
    // but it may be a reset. Reading tells.
    const int error = start_reading(stream);
    if (error < 0) complete(stream, failed(-error));
    return;
  }
  complete(stream, size == UV_EOF ? Completion{} : failed(static_cast<int>(-size)));
}

Loop::Attempt Loop::send(Stream& stream, const op::Send& wanted) {
  if (stream.socket == nullptr) return failed(EBADF);
  if (wanted.bytes.empty()) return Completion{};
  uv_stream_t* const handle = &stream.socket->handle.stream;
  uv_buf_t buffer = buffer_of(wanted.bytes);
  const int tried = uv_try_write(handle, &buffer, 1);
  if (tried < 0 && tried != UV_EAGAIN) return failed(-tried);
  const auto rest = wanted.bytes.subspan(static_cast<std::size_t>(std::max(tried, 0)));
  if (rest.empty()) return Completion{};
  ++short_sends_;
  buffer = buffer_of(rest);
  stream.socket->request = std::make_unique<Socket::Request>();
  const int error =
      uv_write(&stream.socket->request->write, handle, &buffer, 1, [](uv_write_t* it, int status) {
        Stream* const owner = owner_of(it->handle);
        if (owner != nullptr) of(it->handle->loop).sent(*owner, status);
      });
  if (error < 0) return failed(-error);
  park(stream, Waits::send, wanted.deadline);
  return std::nullopt;
}

void Loop::sent(Stream& stream, int status) {
  stream.socket->request.reset();
  complete(stream, status == 0 ? Completion{} : failed(-status));
}

// A write cannot be taken back, but closing its handle ends it. The connection stays open, held by
// a duplicate, for it is the task's to close, perhaps with a reset.
Loop::Attempt Loop::give_up(Stream& stream, std::errc why) {
  if (stream.waits == Waits::receive && why == std::errc::timed_out) {
    if (Attempt received = receive_now(stream)) return received;
  } else if (stream.waits == Waits::connect) {
    close(stream, false);
  } else if (stream.waits == Waits::send) {
    Fd unsent(fcntl(stream.socket->fd(), F_DUPFD_CLOEXEC, 0));
    close(stream, false);
    stream.unsent = std::move(unsent);
  }
  return TaskDriver::give_up(stream, why);
}

void Loop::take_back(Stream& stream) {
  if (stream.lent) buffers_.give_back(std::move(stream.lent));
}

void Loop::close(Stream& stream, bool reset) {
  if (stream.unsent) {
    if (reset) reset_on_close(stream.unsent.get());
    stream.unsent.reset();
  }
  if (stream.socket == nullptr) return;
  std::exchange(stream.socket, nullptr)->close(reset);
  stream.is_reading = false;
}

}  // namespace asyncbench::libuv
