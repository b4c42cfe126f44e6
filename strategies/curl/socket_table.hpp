// libcurl's sockets in epoll, with as few epoll_ctl calls as its wishes allow.
#pragma once

#include <curl/curl.h>

#include <cstdint>
#include <optional>
#include <vector>

#include "socket_owner.hpp"

namespace asyncbench::curl {

// libcurl wants a socket watched for each transfer and forgotten at its end: two epoll_ctl calls a
// request. A pooled connection will be wanted again at once, so it stays registered, and the wish
// is kept here. Level-triggered: libcurl receives once a call and does not drain the socket.
class SocketTable final : public SocketOwner {
 public:
  // `epoll` outlives the table.
  explicit SocketTable(int epoll) : epoll_(epoll) {}

  // CURLMOPT_SOCKETFUNCTION: `what` is CURL_POLL_IN, _OUT, _INOUT or _REMOVE. False, with errno:
  // epoll refused the socket.
  bool want(curl_socket_t socket, int what);

  bool opened(curl_socket_t) override { return true; }
  void closing(curl_socket_t socket) override;

  // What an event of epoll means to libcurl: CURL_CSELECT_ bits, nothing if it is out of date.
  // `key` is epoll_data of the event. The socket is socket_of(key).
  std::optional<int> ready(std::uint64_t key, std::uint32_t events);
  static curl_socket_t socket_of(std::uint64_t key) { return static_cast<curl_socket_t>(key); }

  std::uint64_t epoll_calls() const { return epoll_calls_; }

 private:
  struct Entry {
    std::uint32_t generation = 0;  // tells a socket from earlier ones of the same number
    std::uint32_t wanted = 0;      // by libcurl, EPOLL bits
    std::uint32_t registered = 0;  // in epoll; 0: absent
  };

  bool control(int operation, curl_socket_t socket, Entry& entry, std::uint32_t events);

  int epoll_;
  std::vector<Entry> entries_;  // by socket number
  std::uint64_t epoll_calls_ = 0;
};

}  // namespace asyncbench::curl
