// One easy handle: a task's exchanges, one after the other.
#pragma once

#include <curl/curl.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "core/op.hpp"
#include "core/time.hpp"
#include "curl_outcome.hpp"
#include "http/request.hpp"
#include "http/response_sink.hpp"

namespace asyncbench::curl {

// Keeps track of libcurl's sockets.
// Called by libcurl's thread. Outlives the connections.
class SocketOwner {
 public:
  virtual ~SocketOwner() = default;

  // A new socket, not yet connected. False: no connection is wanted any more.
  virtual bool opened(curl_socket_t socket) = 0;

  // libcurl is about to close the socket; its number may name another one right after.
  virtual void closing(curl_socket_t socket) = 0;
};

// Options are set once for the life of the handle; an exchange sets only what differs from the one
// before it. Under the multi interface the owner adds the handle to a multi handle, and removes it
// from there. Stays where it is: libcurl keeps its address.
class Transfer {
 public:
  // By which of libcurl's interfaces the handle is driven.
  enum class Interface : std::uint8_t { easy, multi };

  // `sockets` outlives every connection of the handle, or of the multi handle.
  Transfer(Interface interface, SocketOwner& sockets) : interface_(interface), sockets_(sockets) {}
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  // Readies the handle for the exchange; nullptr when libcurl is out of memory.
  CURL* begin(const op::Exchange& exchange);

  // What the sink is to hear of an exchange that libcurl has finished, or that was taken from it.
  // The handle must be out of the multi handle. The text dies with the next begin().
  http::ExchangeEnd finished(CURLcode code);
  http::ExchangeEnd timed_out();
  http::ExchangeEnd cancelled();

  http::ResponseSink& sink() { return *sink_; }
  CURL* handle() { return handle_.get(); }
  // The transfer of a handle in a message of libcurl.
  static Transfer& of(CURL* handle);
  // For the owner to find itself by.
  void* owner = nullptr;

 private:
  struct EasyCleanup {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  struct ListFree {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  bool create();
  void apply(const http::Request& request);
  void apply_fields(const http::Request& request);
  void apply_tls(const http::Request& request);
  http::ExchangeEnd end(Outcome outcome) const;

  static std::size_t on_header(char* bytes, std::size_t one, std::size_t size, void* self);
  static std::size_t on_body(char* bytes, std::size_t one, std::size_t size, void* self);
  static curl_socket_t on_open(void* self, curlsocktype purpose, curl_sockaddr* address);
  static int on_close(void* sockets, curl_socket_t socket);
  static int on_connected(void* self, char*, char*, int, int);

  Interface interface_;
  SocketOwner& sockets_;
  // Declared before the handle, which refers to them.
  std::array<char, CURL_ERROR_SIZE> error_text_{};
  std::unique_ptr<curl_slist, ListFree> fields_;      // of a head, beyond those that libcurl makes
  std::unique_ptr<curl_slist, ListFree> connect_to_;  // the address of a name, of https
  std::unique_ptr<CURL, EasyCleanup> handle_;
  const http::Request* applied_ = nullptr;  // what the handle's options say

  // These belong to the exchange under way.
  http::ResponseSink* sink_ = nullptr;
  Progress progress_;
  Time connected_ = kNever;
  Time first_byte_ = kNever;
  unsigned requests_ = 0;     // sent, libcurl's retries included
  bool opened_ = false;       // the latest request went out on a new connection
  bool is_too_long_ = false;  // by its Content-Length
  int socket_error_ = 0;      // errno of a socket() that failed
};

}  // namespace asyncbench::curl
