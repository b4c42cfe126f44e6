#include "transfer.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "core/job.hpp"
#include "http/response_reader.hpp"

namespace asyncbench::curl {

namespace {

// libcurl is to send the same fields as other strategies, so their request is the model.
std::string field_value(std::string_view wire, std::string_view name) {
  const std::string start = "\r\n" + std::string(name) + ": ";
  const std::size_t at = wire.find(start);
  if (at == std::string_view::npos) return {};
  wire.remove_prefix(at + start.size());
  return std::string(wire.substr(0, wire.find("\r\n")));
}

CURLoption option_for(http::Method method) {
  switch (method) {
    case http::Method::head:
      return CURLOPT_NOBODY;
    case http::Method::post:
      return CURLOPT_POST;
    case http::Method::get:
      break;
  }
  return CURLOPT_HTTPGET;
}

}  // namespace

Transfer& Transfer::of(CURL* handle) {
  char* self = nullptr;
  curl_easy_getinfo(handle, CURLINFO_PRIVATE, &self);
  return *reinterpret_cast<Transfer*>(self);
}

CURL* Transfer::begin(const op::Exchange& exchange) {
  if (!handle_ && !create()) return nullptr;
  if (exchange.request != applied_) apply(*exchange.request);
  sink_ = exchange.sink;
  error_text_[0] = '\0';
  progress_ = {};
  connected_ = kNever;
  first_byte_ = kNever;
  requests_ = 0;
  opened_ = false;
  is_too_long_ = false;
  socket_error_ = 0;
  return handle_.get();
}

bool Transfer::create() {
  handle_.reset(curl_easy_init());
  applied_ = nullptr;
  CURL* const easy = handle_.get();
  if (easy == nullptr) return false;
  curl_easy_setopt(easy, CURLOPT_PRIVATE, this);
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, error_text_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_header);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &on_open);
  curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, this);
  curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, &on_connected);
  curl_easy_setopt(easy, CURLOPT_PREREQDATA, this);
  // A connection outlives the transfer that opened it, so its close goes to the owner.
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETFUNCTION, &on_close);
  curl_easy_setopt(easy, CURLOPT_CLOSESOCKETDATA, &sockets_);

  curl_easy_setopt(easy, CURLOPT_HTTP_VERSION, long{CURL_HTTP_VERSION_1_1});
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // not the environment's either
  curl_easy_setopt(easy, CURLOPT_PATH_AS_IS, 1L);
  curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
  // The sink judges chunk lines; libcurl goes on to find the body's end by them.
  curl_easy_setopt(easy, CURLOPT_HTTP_TRANSFER_DECODING, 0L);
  curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
  curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, static_cast<long>(kReceiveBytes));
  // One connection a task, as tasks with a stream have; a multi handle has its own limit.
  if (interface_ == Interface::easy) curl_easy_setopt(easy, CURLOPT_MAXCONNECTS, 1L);
  // Addresses are numeric, so nothing in that cache ever gets old; -1 spares looking.
  curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
  return true;
}

void Transfer::apply(const http::Request& request) {
  CURL* const easy = handle_.get();
  curl_easy_setopt(easy, CURLOPT_URL, request.url.to_string().c_str());
  if (request.to.is_unix()) {
    const auto* const to = reinterpret_cast<const sockaddr_un*>(request.to.address());
    curl_easy_setopt(easy, CURLOPT_UNIX_SOCKET_PATH, to->sun_path);
  }
  if (applied_ == nullptr) {
    curl_easy_setopt(easy, CURLOPT_USERAGENT, field_value(request.wire, "User-Agent").c_str());
  }
  if (applied_ == nullptr || applied_->method != request.method) {
    curl_easy_setopt(easy, option_for(request.method), 1L);
  }
  if (request.method == http::Method::post) {
    // Sent from where it is: the request outlives the exchange.
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     static_cast<curl_off_t>(request.body_bytes));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, request.body().data());
  }
  if (applied_ == nullptr || applied_->keep_alive != request.keep_alive) {
    curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, request.keep_alive ? 0L : 1L);
  }
  apply_fields(request);
  if (request.tls) {
    apply_tls(request);
  } else if (connect_to_) {
    curl_easy_setopt(easy, CURLOPT_CONNECT_TO, nullptr);
    connect_to_.reset();
  }
  applied_ = &request;
}

// libcurl checks the certificate for the URL's host, and gets the address otherwise.
void Transfer::apply_tls(const http::Request& request) {
  CURL* const easy = handle_.get();
  std::unique_ptr<curl_slist, ListFree> connect_to(
      curl_slist_append(nullptr, ("::" + request.to.to_string()).c_str()));
  if (!connect_to) throw std::bad_alloc();
  curl_easy_setopt(easy, CURLOPT_CONNECT_TO, connect_to.get());
  connect_to_ = std::move(connect_to);  // read in place, as above
  if (applied_ != nullptr && applied_->tls == request.tls) return;
  const http::TlsSettings& tls = *request.tls;
  const long lowest = tls.version == http::TlsVersion::v1_3 ? long{CURL_SSLVERSION_TLSv1_3}
                                                            : long{CURL_SSLVERSION_TLSv1_2};
  const long highest = tls.version == http::TlsVersion::v1_2 ? long{CURL_SSLVERSION_MAX_TLSv1_2}
                                                             : long{CURL_SSLVERSION_MAX_TLSv1_3};
  curl_easy_setopt(easy, CURLOPT_SSLVERSION, lowest | highest);
  curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, tls.resumption ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, tls.verifies ? 1L : 0L);
  curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, tls.verifies ? 2L : 0L);
  if (tls.certificate.empty() && tls.ca_file.empty()) return;  // libcurl knows the system's
  curl_easy_setopt(easy, CURLOPT_CAPATH, static_cast<const char*>(nullptr));
  if (tls.certificate.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca_file.c_str());
    return;
  }
  curl_blob trusted{.data = const_cast<char*>(tls.certificate.data()),
                    .len = tls.certificate.size(),
                    .flags = CURL_BLOB_NOCOPY};  // the request holds it
  curl_easy_setopt(easy, CURLOPT_CAINFO_BLOB, &trusted);
}

void Transfer::apply_fields(const http::Request& request) {
  std::unique_ptr<curl_slist, ListFree> fields;
  const auto add = [&fields](const std::string& field) {
    curl_slist* const longer = curl_slist_append(fields.get(), field.c_str());
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(fields.release());  // the same list, or none before
    fields.reset(longer);
  };
  // The URL has the numeric address; the server is to hear the name that the user gave.
  const std::string host = field_value(request.wire, "Host");
  if (host != request.url.authority()) add("Host: " + host);
  if (!request.keep_alive) add("Connection: close");
  if (request.method == http::Method::post) {
    add("Content-Type: " + field_value(request.wire, "Content-Type"));
    add("Expect:");  // no other strategy asks whether it may send the body
  }
  if (!fields && !fields_) return;
  curl_easy_setopt(handle_.get(), CURLOPT_HTTPHEADER, fields.get());
  fields_ = std::move(fields);  // libcurl reads the list in place: the old one until here
}

http::ExchangeEnd Transfer::finished(CURLcode code) {
  int os_error = socket_error_;
  if (code == CURLE_PEER_FAILED_VERIFICATION) {
    curl_easy_getinfo(handle_.get(), CURLINFO_SSL_VERIFYRESULT, &progress_.verify_result);
  }
  // Whatever failed shows in one of these two, and asking for the errno costs a call.
  if (code != CURLE_OK || requests_ > 1) {
    long last_error = 0;
    curl_easy_getinfo(handle_.get(), CURLINFO_OS_ERRNO, &last_error);
    if (os_error == 0) os_error = static_cast<int>(last_error);
    // Only curl_easy_perform() clears it: used with multi, the handle would report it ever after.
    if (last_error != 0 && interface_ == Interface::multi) handle_.reset();
  }
  http::ExchangeEnd end =
      this->end(is_too_long_ ? Outcome::limit : outcome_of(code, os_error, progress_));
  if (code != CURLE_OK) {
    end.detail = error_text_[0] != '\0' ? error_text_.data() : curl_easy_strerror(code);
  }
  return end;
}

http::ExchangeEnd Transfer::timed_out() { return end(timeout_outcome(progress_)); }

http::ExchangeEnd Transfer::cancelled() { return end(Outcome::cancelled); }

http::ExchangeEnd Transfer::end(Outcome outcome) const {
  return {.outcome = outcome,
          .connected = connected_,
          .first_byte = first_byte_,
          .new_connection = opened_,
          .attempts = std::max(requests_, 1U)};
}

// Called with one line of a head a time.
std::size_t Transfer::on_header(char* bytes, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  const std::string_view line(bytes, size);
  if (transfer.first_byte_ == kNever) transfer.first_byte_ = now();
  transfer.progress_.response_begun = true;
  if (line == "\r\n") {
    long status = 0;
    curl_easy_getinfo(transfer.handle_.get(), CURLINFO_RESPONSE_CODE, &status);
    transfer.progress_.head_complete = status >= 200;
    // Not by CURLOPT_MAXFILESIZE: it ends the transfer before the sink has judged the field.
    curl_off_t length = 0;
    curl_easy_getinfo(transfer.handle_.get(), CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    transfer.is_too_long_ = transfer.applied_->method != http::Method::head &&
                            std::cmp_greater(length, http::ReaderLimits{}.max_body_bytes);
    if (transfer.is_too_long_) return 0;
  }
  return transfer.sink_->head_line(std::as_bytes(std::span(line))) ? size : 0;
}

std::size_t Transfer::on_body(char* bytes, std::size_t, std::size_t size, void* self) {
  auto& transfer = *static_cast<Transfer*>(self);
  return transfer.sink_->body(std::as_bytes(std::span(bytes, size))) ? size : 0;
}

curl_socket_t Transfer::on_open(void* self, curlsocktype, curl_sockaddr* address) {
  auto& transfer = *static_cast<Transfer*>(self);
  transfer.opened_ = true;
  const int socket = ::socket(address->family, address->socktype | SOCK_NONBLOCK | SOCK_CLOEXEC,
                              address->protocol);
  if (socket < 0) {
    transfer.socket_error_ = errno;
    return CURL_SOCKET_BAD;
  }
  if (transfer.sockets_.opened(socket)) return socket;
  ::close(socket);
  return CURL_SOCKET_BAD;
}

int Transfer::on_close(void* sockets, curl_socket_t socket) {
  static_cast<SocketOwner*>(sockets)->closing(socket);
  return ::close(socket);
}

// A connection stands and the request is about to go out on it.
int Transfer::on_connected(void* self, char*, char*, int, int) {
  auto& transfer = *static_cast<Transfer*>(self);
  // A second request is libcurl's retry, after a pooled connection died without an answer: on
  // another pooled one, or on one that was opened since.
  ++transfer.requests_;
  transfer.progress_.request_sent = true;
  if (transfer.opened_ && transfer.connected_ == kNever) transfer.connected_ = now();
  return CURL_PREREQFUNC_OK;
}

}  // namespace asyncbench::curl
