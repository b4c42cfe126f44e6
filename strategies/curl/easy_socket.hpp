// The connection of one easy handle.
#pragma once

#include <mutex>

#include "socket_owner.hpp"

namespace asyncbench::curl {

class EasySocket final : public SocketOwner {
 public:
  bool opened(curl_socket_t socket) override;
  void closing(curl_socket_t socket) override;

  // Before a request, by the handle's thread: bytes on the idle connection, which no request may
  // read as its reply, are the end of it.
  void distrust_if_spoken();

  // From any thread, perhaps again and again: wakes whoever waits for the connection, and allows no
  // further one. One that is only about to be connected is not affected: call again.
  void shut_down();

 private:
  std::mutex mutex_;  // orders shut_down() against closing(): a closed number may be another's
  curl_socket_t socket_ = CURL_SOCKET_BAD;
  bool is_shut_down_ = false;
};

}  // namespace asyncbench::curl
