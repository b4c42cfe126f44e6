// A thread for each connection, which blocks.
#include <thread>
#include <vector>

#include "minimal.hpp"

namespace {

void send_whole(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (size < 0) return;  // receiving tells why
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

void ask(const minimal::Work& work) {
  const int fd = minimal::connect_to(work.port);
  const std::string request = minimal::request_of(work);
  minimal::Reply reply;
  std::array<char, minimal::kReceiveBytes> buffer;
  for (;;) {
    send_whole(fd, request);
    for (bool is_whole = false; !is_whole;) {
      const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
      if (size <= 0) minimal::fail("recv");
      is_whole = reply.feed(buffer.data(), static_cast<std::size_t>(size));
    }
  }
}

void answer(int fd) {
  minimal::Responder responder;
  std::array<char, minimal::kReceiveBytes> buffer;
  for (;;) {
    const ssize_t size = recv(fd, buffer.data(), buffer.size(), 0);
    if (size <= 0) break;
    send_whole(fd, responder.feed(buffer.data(), static_cast<std::size_t>(size)));
  }
  close(fd);
}

void serve(std::uint16_t port) {
  const int listener = minimal::listen_on(port);
  for (;;) {
    const int fd = minimal::checked(accept(listener, nullptr, nullptr), "accept");
    minimal::send_without_delay(fd);
    std::thread(answer, fd).detach();
  }
}

}  // namespace

int main(int argc, char** argv) {
  const minimal::Work work = minimal::begin(argc, argv);
  if (!work.is_client()) serve(work.port);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < work.connections; ++i) threads.emplace_back(ask, work);
  for (std::thread& thread : threads) thread.join();
}
