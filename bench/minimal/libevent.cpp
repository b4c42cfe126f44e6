// Edge-triggered events of libevent, with recv and send: bufferevents would copy.
#include <event2/event.h>
#include <fcntl.h>

#include <cerrno>
#include <vector>

#include "minimal.hpp"

namespace {

std::array<char, minimal::kReceiveBytes> buffer;

struct Connection {
  int fd = -1;
  event* news = nullptr;
  std::string_view unsent;

  // What finds no room goes when there is some.
  void send_rest() {
    while (!unsent.empty()) {
      const ssize_t size = send(fd, unsent.data(), unsent.size(), MSG_NOSIGNAL);
      if (size < 0) return;  // full; receiving tells of an error
      unsent.remove_prefix(static_cast<std::size_t>(size));
    }
  }

  void watch(event_base* base, event_callback_fn has_news) {
    fcntl(fd, F_SETFL, O_NONBLOCK);
    news = event_new(base, fd, EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, has_news, this);
    event_add(news, nullptr);
  }
};

struct Asking : Connection {
  minimal::Reply reply;
  const std::string* request = nullptr;
};

// A short receive has emptied the socket (epoll(7)). Only the end of the stream may follow it
// without an edge of its own.
bool is_empty(ssize_t received, short events) {
  return static_cast<std::size_t>(received) < buffer.size() && (events & EV_CLOSED) == 0;
}

void came_to_asking(int fd, short events, void* self) {
  Asking& connection = *static_cast<Asking*>(self);
  connection.send_rest();
  for (;;) {
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) minimal::fail("recv");
    if (connection.reply.feed(buffer.data(), static_cast<std::size_t>(size))) {
      connection.unsent = *connection.request;
      connection.send_rest();
      return;
    }
    if (is_empty(size, events)) return;
  }
}

void ask(event_base* base, const minimal::Work& work) {
  const std::string request = minimal::request_of(work);
  std::vector<Asking> connections(work.connections);
  for (Asking& connection : connections) {
    connection.fd = minimal::connect_to(work.port);
    connection.request = &request;
    connection.unsent = request;
    connection.watch(base, came_to_asking);
    connection.send_rest();
  }
  event_base_dispatch(base);
}

struct Answering : Connection {
  minimal::Responder responder;
};

void came_to_answering(int fd, short events, void* self) {
  Answering& connection = *static_cast<Answering*>(self);
  connection.send_rest();
  while (connection.unsent.empty()) {
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size <= 0) {
      event_free(connection.news);
      close(fd);
      delete &connection;
      return;
    }
    connection.unsent = connection.responder.feed(buffer.data(), static_cast<std::size_t>(size));
    connection.send_rest();
    if (is_empty(size, events)) return;
  }
}

void serve(event_base* base, std::uint16_t port) {
  event* const arrivals = event_new(
      base, minimal::listen_on(port), EV_READ | EV_PERSIST,
      [](int listener, short, void* of) {
        auto* const connection = new Answering;
        connection->fd = minimal::checked(accept(listener, nullptr, nullptr), "accept");
        minimal::send_without_delay(connection->fd);
        connection->watch(static_cast<event_base*>(of), came_to_answering);
      },
      base);
  event_add(arrivals, nullptr);
  event_base_dispatch(base);
}

// Nothing else calls it, and no event has a timeout.
event_base* make_base() {
  event_config* const config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_NO_CACHE_TIME);
  event_config_require_features(config, EV_FEATURE_ET | EV_FEATURE_EARLY_CLOSE);
  event_base* const base = event_base_new_with_config(config);
  if (base == nullptr) minimal::fail("event_base_new_with_config");
  return base;
}

}  // namespace

int main(int argc, char** argv) {
  const minimal::Work work = minimal::begin(argc, argv);
  if (work.is_client()) {
    ask(make_base(), work);
  } else {
    serve(make_base(), work.port);
  }
}
