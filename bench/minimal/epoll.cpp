// One loop over edge-triggered epoll.
#include <fcntl.h>
#include <sys/epoll.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <vector>

#include "minimal.hpp"

namespace {

std::array<char, minimal::kReceiveBytes> buffer;

// `connection` comes with every event.
void watch(int epoll, int fd, void* connection) {
  fcntl(fd, F_SETFL, O_NONBLOCK);
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                    .data = {.ptr = connection}};
  minimal::checked(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "epoll_ctl");
}

// Calls `has_news(connection, events)` for ever.
template <class HasNews>
[[noreturn]] void loop(int epoll, HasNews has_news) {
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      has_news(event.data.ptr, event.events);
    }
  }
}

// A short receive has emptied the socket (epoll(7)). Only the end of the stream may follow it
// without an edge of its own.
bool is_empty(ssize_t received, std::uint32_t events) {
  return static_cast<std::size_t>(received) < buffer.size() && (events & EPOLLRDHUP) == 0;
}

struct Sender {
  int fd = -1;
  std::string_view unsent;

  // What finds no room goes when there is some.
  void send_rest() {
    while (!unsent.empty()) {
      const ssize_t size = send(fd, unsent.data(), unsent.size(), MSG_NOSIGNAL);
      if (size < 0) return;  // full; receiving tells of an error
      unsent.remove_prefix(static_cast<std::size_t>(size));
    }
  }
};

template <class Reply>
struct Asking : Sender {
  Reply reply;
};

template <class Reply>
void ask(const minimal::Work& work, const std::string& request, const Reply& reply) {
  const int epoll = minimal::checked(epoll_create1(0), "epoll_create1");
  std::vector<Asking<Reply>> connections(work.connections);
  for (Asking<Reply>& connection : connections) {
    connection.reply = reply;
    connection.fd = minimal::connect_to(work.port);
    connection.unsent = request;
    watch(epoll, connection.fd, &connection);
    connection.send_rest();
  }
  loop(epoll, [&](void* of, std::uint32_t events) {
    auto& connection = *static_cast<Asking<Reply>*>(of);
    connection.send_rest();
    for (;;) {
      const ssize_t size = recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) minimal::fail("recv");
      if (connection.reply.feed(buffer.data(), static_cast<std::size_t>(size))) {
        connection.unsent = request;
        connection.send_rest();
        return;
      }
      if (is_empty(size, events)) return;
    }
  });
}

// What comes back from an echo server: so many bytes.
class Echo {
 public:
  explicit Echo(std::size_t bytes = 0) : bytes_(bytes), left_(bytes) {}

  bool feed(const char*, std::size_t size) {
    if (size > left_) minimal::fail("more came than the echo");
    left_ -= size;
    if (left_ > 0) return false;
    left_ = bytes_;
    minimal::requests_done.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

 private:
  std::size_t bytes_;
  std::size_t left_;
};

// To a server that sends back what it gets it is a message of `bytes`, which it begins with what
// netbench wants to hear: how many bytes follow, and how many to answer with.
std::string message_of(std::size_t bytes) {
  const std::array<std::uint32_t, 2> head = {static_cast<std::uint32_t>(bytes - sizeof head),
                                             static_cast<std::uint32_t>(bytes)};
  std::string message(bytes, 'x');
  std::memcpy(message.data(), head.data(), sizeof head);
  return message;
}

struct Answering : Sender {
  minimal::Responder responder;
};

void serve(std::uint16_t port) {
  const int epoll = minimal::checked(epoll_create1(0), "epoll_create1");
  const int listener = minimal::listen_on(port);
  watch(epoll, listener, nullptr);
  loop(epoll, [&](void* of, std::uint32_t events) {
    if (of == nullptr) {
      for (int fd; (fd = accept(listener, nullptr, nullptr)) >= 0;) {
        minimal::send_without_delay(fd);
        watch(epoll, fd, new Answering{{.fd = fd}, {}});
      }
      return;
    }
    Answering& connection = *static_cast<Answering*>(of);
    connection.send_rest();
    while (connection.unsent.empty()) {
      const ssize_t size = recv(connection.fd, buffer.data(), buffer.size(), 0);
      if (size < 0 && errno == EAGAIN) return;
      if (size <= 0) {
        close(connection.fd);
        delete &connection;
        return;
      }
      connection.unsent = connection.responder.feed(buffer.data(), static_cast<std::size_t>(size));
      connection.send_rest();
      if (is_empty(size, events)) return;
    }
  });
}

}  // namespace

int main(int argc, char** argv) {
  const minimal::Work work = minimal::begin(argc, argv, {"client", "server", "echo"});
  if (work.role == "echo") {
    ask(work, message_of(work.bytes), Echo(work.bytes));
  } else if (work.is_client()) {
    ask(work, minimal::request_of(work), minimal::Reply());
  } else {
    serve(work.port);
  }
}
