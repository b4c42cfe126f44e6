#include "easy_socket.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace asyncbench::curl {

bool EasySocket::opened(curl_socket_t socket) {
  const std::lock_guard lock(mutex_);
  // An earlier one still in the cache is closed at the end of the transfer, being one too many.
  if (!is_shut_down_) socket_ = socket;
  return !is_shut_down_;
}

void EasySocket::closing(curl_socket_t socket) {
  const std::lock_guard lock(mutex_);
  if (socket_ == socket) socket_ = CURL_SOCKET_BAD;
}

// libcurl takes a shut down connection for dead, and opens another.
void EasySocket::distrust_if_spoken() {
  if (socket_ == CURL_SOCKET_BAD) return;
  char byte = 0;
  const bool is_silent =
      ::recv(socket_, &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  if (!is_silent) ::shutdown(socket_, SHUT_RDWR);
}

void EasySocket::shut_down() {
  const std::lock_guard lock(mutex_);
  is_shut_down_ = true;
  if (socket_ != CURL_SOCKET_BAD) ::shutdown(socket_, SHUT_RDWR);
}

}  // namespace asyncbench::curl
