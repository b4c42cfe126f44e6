// libuv's streams.
#include <uv.h>

#include <vector>

#include "minimal.hpp"

namespace {

std::array<char, minimal::kReceiveBytes> buffer;

void lend(uv_handle_t*, std::size_t, uv_buf_t* into) {
  *into = uv_buf_init(buffer.data(), buffer.size());
}

// What is not taken at once goes as a write of its own.
void send(uv_tcp_t& socket, uv_write_t& request, std::string_view bytes) {
  auto* const stream = reinterpret_cast<uv_stream_t*>(&socket);
  uv_buf_t rest = uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
  const int taken = uv_try_write(stream, &rest, 1);
  if (taken == static_cast<int>(bytes.size())) return;
  if (taken > 0) {
    rest.base += taken;
    rest.len -= static_cast<std::size_t>(taken);
  }
  uv_write(&request, stream, &rest, 1, [](uv_write_t*, int) {});
}

struct Asking {
  uv_tcp_t socket;
  uv_write_t write;
  minimal::Reply reply;
  const std::string* request = nullptr;
};

void ask(uv_loop_t& loop, const minimal::Work& work) {
  const std::string request = minimal::request_of(work);
  std::vector<Asking> connections(work.connections);
  for (Asking& connection : connections) {
    connection.request = &request;
    connection.socket.data = &connection;
    uv_tcp_init(&loop, &connection.socket);
    uv_tcp_open(&connection.socket, minimal::connect_to(work.port));
    uv_read_start(reinterpret_cast<uv_stream_t*>(&connection.socket), lend,
                  [](uv_stream_t* stream, ssize_t size, const uv_buf_t* came) {
                    if (size < 0) minimal::fail("a connection ended");
                    Asking& of = *static_cast<Asking*>(stream->data);
                    if (size > 0 && of.reply.feed(came->base, static_cast<std::size_t>(size))) {
                      send(of.socket, of.write, *of.request);
                    }
                  });
    send(connection.socket, connection.write, request);
  }
  uv_run(&loop, UV_RUN_DEFAULT);
}

struct Answering {
  uv_tcp_t socket;
  uv_write_t write;
  minimal::Responder responder;
};

void came(uv_stream_t* stream, ssize_t size, const uv_buf_t* bytes) {
  Answering& of = *static_cast<Answering*>(stream->data);
  if (size < 0) {
    uv_close(reinterpret_cast<uv_handle_t*>(stream),
             [](uv_handle_t* handle) { delete static_cast<Answering*>(handle->data); });
    return;
  }
  const std::string_view reply = of.responder.feed(bytes->base, static_cast<std::size_t>(size));
  if (!reply.empty()) send(of.socket, of.write, reply);
}

void serve(uv_loop_t& loop, std::uint16_t port) {
  uv_tcp_t listener;
  uv_tcp_init(&loop, &listener);
  uv_tcp_open(&listener, minimal::listen_on(port));
  const int error =
      uv_listen(reinterpret_cast<uv_stream_t*>(&listener), 4096, [](uv_stream_t* server, int) {
        auto* const connection = new Answering;
        connection->socket.data = connection;
        uv_tcp_init(server->loop, &connection->socket);
        auto* const stream = reinterpret_cast<uv_stream_t*>(&connection->socket);
        if (uv_accept(server, stream) != 0) minimal::fail("uv_accept");
        uv_tcp_nodelay(&connection->socket, 1);
        uv_read_start(stream, lend, came);
      });
  if (error != 0) minimal::fail("uv_listen");
  uv_run(&loop, UV_RUN_DEFAULT);
}

}  // namespace

int main(int argc, char** argv) {
  const minimal::Work work = minimal::begin(argc, argv);
  if (work.is_client()) {
    ask(*uv_default_loop(), work);
  } else {
    serve(*uv_default_loop(), work.port);
  }
}
