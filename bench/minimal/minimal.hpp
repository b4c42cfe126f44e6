// What the minimal programs share, none of which is about a library: the command line, the end, and
// HTTP as far as one request at a time on kept connections needs it. They end with a message on
// whatever goes wrong.
#pragma once

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <mutex>
#include <string>
#include <string_view>

namespace minimal {

constexpr std::size_t kReceiveBytes = 32 * 1024;

[[noreturn]] inline void fail(const char* what) {
  std::perror(what);
  _exit(1);
}

// The result of a system call, or the end.
inline int checked(int result, const char* what) {
  if (result < 0) fail(what);
  return result;
}

struct Work {
  std::string_view role;
  std::uint16_t port = 0;
  unsigned connections = 0;  // a client's
  std::size_t bytes = 0;     // of a body that a client asks for, 1 or more

  bool is_client() const { return role != "server"; }
};

inline std::atomic<std::uint64_t> requests_done = 0;

// Requests that have been answered; from here on SIGTERM and SIGINT print the count and end.
inline void print_count_and_end(int) {
  std::array<char, 32> text;
  char* const end = std::to_chars(text.begin(), text.end() - 1, requests_done.load()).ptr;
  *end = '\n';
  [[maybe_unused]] const ssize_t size =
      write(1, text.data(), static_cast<std::size_t>(end + 1 - text.data()));
  _exit(0);
}

// Reads the command line, and makes signals print the count of requests and end the program.
inline Work begin(int argc, char** argv,
                  std::initializer_list<std::string_view> roles = {"client", "server"}) {
  Work work{.role = argc > 1 ? argv[1] : ""};
  if (std::find(roles.begin(), roles.end(), work.role) == roles.end() ||
      argc != (work.is_client() ? 5 : 3)) {
    for (const std::string_view role : roles) {
      std::fprintf(stderr, "usage: %s %s PORT%s\n", argv[0], role.data(),
                   role == "server" ? "" : " CONNECTIONS BYTES");
    }
    std::exit(2);
  }
  const auto number = [&](int index) { return std::strtoul(argv[index], nullptr, 10); };
  work.port = static_cast<std::uint16_t>(number(2));
  if (work.is_client()) {
    work.connections = static_cast<unsigned>(number(3));
    work.bytes = number(4);
  }
  signal(SIGTERM, print_count_and_end);
  signal(SIGINT, print_count_and_end);
  signal(SIGPIPE, SIG_IGN);
  return work;
}

inline sockaddr_in address_of(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

inline void send_without_delay(int fd) {
  const int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

inline int connect_to(std::uint16_t port) {
  const int fd = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
  const sockaddr_in address = address_of(port);
  checked(connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "connect");
  send_without_delay(fd);
  return fd;
}

inline int listen_on(std::uint16_t port) {
  const int fd = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
  const int on = 1;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  const sockaddr_in address = address_of(port);
  checked(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address), "bind");
  checked(listen(fd, 4096), "listen");
  return fd;
}

inline std::string path_of(const Work& work) { return "/bytes/" + std::to_string(work.bytes); }

inline std::string request_of(const Work& work) {
  return "GET " + path_of(work) + " HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(work.port) +
         "\r\n\r\n";
}

// Reads the replies on one connection.
class Reply {
 public:
  // Takes what came. True: the reply is whole, and the next request may go.
  bool feed(const char* bytes, std::size_t size) {
    std::string_view came(bytes, size);
    if (body_left_ == 0 && !read_head(came)) return false;
    if (came.size() > body_left_) fail("more came than the reply");
    body_left_ -= came.size();
    if (body_left_ > 0) return false;
    requests_done.fetch_add(1, std::memory_order_relaxed);
    return true;
  }

 private:
  // Leaves what came of the body in `came`. False: the head is not whole.
  bool read_head(std::string_view& came) {
    if (!split_head_.empty()) came = split_head_.append(came);
    const std::size_t end = came.find("\r\n\r\n");
    if (end == std::string_view::npos) {
      if (split_head_.empty()) split_head_ = came;
      return false;
    }
    const std::string_view head = came.substr(0, end + 2);
    if (!head.starts_with("HTTP/1.1 200 ")) fail("the status is not 200");
    for (std::size_t line = 0; line < head.size(); line = head.find('\n', line) + 1) {
      constexpr std::string_view kLength = "content-length:";
      if (strncasecmp(head.data() + line, kLength.data(), kLength.size()) == 0) {
        body_left_ = std::strtoul(head.data() + line + kLength.size(), nullptr, 10);
      }
    }
    if (body_left_ == 0) fail("the reply has no Content-Length");
    came.remove_prefix(end + 4);
    if (!split_head_.empty()) {
      if (came.size() > body_left_) fail("more came than the reply");
      body_left_ -= came.size();
      came = {};
      split_head_.clear();
    }
    return true;
  }

  std::string split_head_;
  std::size_t body_left_ = 0;
};

// The reply to `/bytes/N`, which stays where it is.
inline const std::string& bytes_reply(std::size_t bytes) {
  static std::mutex mutex;
  static std::map<std::size_t, std::string> replies;
  const std::lock_guard lock(mutex);
  std::string& reply = replies[bytes];
  if (reply.empty()) {
    reply = "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\nContent-Length: " +
            std::to_string(bytes) + "\r\n\r\n" + std::string(bytes, 'x');
  }
  return reply;
}

// Answers the requests on one connection: `/bytes/N`, and `/requests`, how many of those there
// were.
class Responder {
 public:
  // Takes what came. Returns the reply, which stays where it is until the next request has come;
  // empty: the request is not whole.
  std::string_view feed(const char* bytes, std::size_t size) {
    std::string_view came(bytes, size);
    if (!split_head_.empty()) came = split_head_.append(came);
    if (!came.ends_with("\r\n\r\n")) {
      if (split_head_.empty()) split_head_ = came;
      return {};
    }
    const std::string_view reply = answer(came.substr(0, came.find('\r')));
    split_head_.clear();
    return reply;
  }

 private:
  static constexpr std::size_t kBodyBytesMax = 1 << 24;

  std::string_view answer(std::string_view line) {
    if (line.starts_with("GET /requests ")) {
      const std::string count = std::to_string(requests_done.load());
      of_count_ =
          "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(count.size()) + "\r\n\r\n" + count;
      return of_count_;
    }
    requests_done.fetch_add(1, std::memory_order_relaxed);
    if (line == last_line_) return *last_reply_;
    constexpr std::string_view kStart = "GET /bytes/";
    std::size_t bytes = 0;
    if (line.starts_with(kStart)) {
      std::from_chars(line.data() + kStart.size(), line.data() + line.size(), bytes);
    }
    if (bytes == 0 || bytes > kBodyBytesMax) {
      return "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
    }
    last_line_ = line;
    last_reply_ = &bytes_reply(bytes);
    return *last_reply_;
  }

  std::string split_head_;
  std::string last_line_;
  const std::string* last_reply_ = nullptr;
  std::string of_count_;
};

}  // namespace minimal
