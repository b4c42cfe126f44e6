// Who keeps an eye on libcurl's sockets.
#pragma once

#include <curl/curl.h>

namespace asyncbench::curl {

// Called by libcurl's thread. Outlives the connections.
class SocketOwner {
 public:
  virtual ~SocketOwner() = default;

  // A new socket, not yet connected. False: no connection is wanted any more.
  virtual bool opened(curl_socket_t socket) = 0;

  // libcurl is about to close the socket; its number may name another one right after.
  virtual void closing(curl_socket_t socket) = 0;
};

}  // namespace asyncbench::curl
