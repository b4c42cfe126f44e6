#include "socket_table.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

namespace asyncbench::curl {

namespace {

std::uint32_t epoll_events(int what) {
  switch (what) {
    case CURL_POLL_IN:
      return EPOLLIN;
    case CURL_POLL_OUT:
      return EPOLLOUT;
    case CURL_POLL_INOUT:
      return EPOLLIN | EPOLLOUT;
    default:
      return 0;
  }
}

}  // namespace

bool SocketTable::want(curl_socket_t socket, int what) {
  const auto number = static_cast<std::size_t>(socket);
  if (number >= entries_.size()) entries_.resize(number + number / 2 + 1);
  Entry& entry = entries_[number];
  entry.wanted = epoll_events(what);
  if (entry.wanted == 0 || entry.wanted == entry.registered) return true;
  return control(entry.registered == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, socket, entry,
                 entry.wanted);
}

void SocketTable::closing(curl_socket_t socket) {
  const auto number = static_cast<std::size_t>(socket);
  if (number >= entries_.size()) return;
  // The kernel takes a closed socket out of epoll by itself.
  entries_[number] = {.generation = entries_[number].generation + 1};
}

std::optional<int> SocketTable::ready(std::uint64_t key, std::uint32_t events) {
  const curl_socket_t socket = socket_of(key);
  Entry& entry = entries_[static_cast<std::size_t>(socket)];
  if (entry.generation != static_cast<std::uint32_t>(key >> 32U)) return std::nullopt;
  if (entry.wanted == 0) {
    // Bytes or an end on an idle connection: no request may read them as its reply. libcurl takes
    // a shut down connection for dead and opens another.
    control(EPOLL_CTL_DEL, socket, entry, 0);
    ::shutdown(socket, SHUT_RDWR);
    return std::nullopt;
  }
  // An error is reported to whatever libcurl waits for, so that its system call finds the errno.
  if ((events & (EPOLLERR | EPOLLHUP)) != 0) events |= entry.wanted;
  return ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
         ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0);
}

bool SocketTable::control(int operation, curl_socket_t socket, Entry& entry, std::uint32_t events) {
  epoll_event event{
      .events = events,
      .data = {.u64 = std::uint64_t{entry.generation} << 32U | static_cast<std::uint32_t>(socket)}};
  ++epoll_calls_;
  if (::epoll_ctl(epoll_, operation, socket, &event) != 0) return false;
  entry.registered = events;
  return true;
}

}  // namespace asyncbench::curl
