// libcurl's multi_socket interface with epoll, as curl_multi_socket_action(3) has it.
#include <sys/epoll.h>

#include <memory>
#include <vector>

#include "curl.hpp"

namespace {

int epoll = -1;
long timeout_ms = -1;

int watch(CURL*, curl_socket_t socket, int what, void* multi, void* is_known) {
  static char known;
  if (is_known == nullptr) curl_multi_assign(multi, socket, &known);
  epoll_event event{};
  event.data.fd = socket;
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  const int operation = what == CURL_POLL_REMOVE ? EPOLL_CTL_DEL
                        : is_known != nullptr    ? EPOLL_CTL_MOD
                                                 : EPOLL_CTL_ADD;
  epoll_ctl(epoll, operation, socket, &event);
  return 0;
}

int note_timeout(CURLM*, long wanted_ms, void*) {
  timeout_ms = wanted_ms;
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const minimal::Work work = minimal::begin(argc, argv, {"client"});
  curl_global_init(CURL_GLOBAL_DEFAULT);
  epoll = minimal::checked(epoll_create1(0), "epoll_create1");
  CURLM* const multi = curl_multi_init();
  curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, long{work.connections});
  curl_multi_setopt(multi, CURLMOPT_TIMERFUNCTION, &note_timeout);
  curl_multi_setopt(multi, CURLMOPT_SOCKETFUNCTION, &watch);
  curl_multi_setopt(multi, CURLMOPT_SOCKETDATA, multi);
  std::vector<std::unique_ptr<minimal::Transfer>> transfers;
  for (unsigned i = 0; i < work.connections; ++i) {
    transfers.push_back(std::make_unique<minimal::Transfer>(work));
    curl_multi_add_handle(multi, transfers.back()->handle());
  }
  int still_running = 0;
  std::array<epoll_event, 256> events;
  for (;;) {
    const int count = epoll_wait(epoll, events.data(), events.size(), static_cast<int>(timeout_ms));
    for (int i = 0; i < count; ++i) {
      const epoll_event& event = events[static_cast<std::size_t>(i)];
      int ready = 0;
      if ((event.events & ~EPOLLOUT) != 0) ready |= CURL_CSELECT_IN;
      if ((event.events & EPOLLOUT) != 0) ready |= CURL_CSELECT_OUT;
      curl_multi_socket_action(multi, event.data.fd, ready, &still_running);
    }
    if (timeout_ms == 0 || count == 0) {
      curl_multi_socket_action(multi, CURL_SOCKET_TIMEOUT, 0, &still_running);
    }
    int queued = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi, &queued)) {
      CURL* const handle = message->easy_handle;
      minimal::Transfer* transfer = nullptr;
      curl_easy_getinfo(handle, CURLINFO_PRIVATE, &transfer);
      transfer->ended(message->data.result);
      curl_multi_remove_handle(multi, handle);
      curl_multi_add_handle(multi, handle);
    }
  }
}
