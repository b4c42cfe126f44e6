#include "programs/program_process.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <string_view>
#include <thread>

#include "core/endpoint.hpp"
#include "core/loop_descriptors.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"
#include "programs/process_tree.hpp"

namespace asyncbench::programs {
namespace {

// A port of 127.0.0.1 that nobody listens on. Another process may take it before the program does;
// the program then says so.
std::uint16_t free_port() {
  const Fd socket = granted(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), general, size) != 0 ||
      ::getsockname(socket.get(), general, &size) != 0) {
    throw StrategyError(fmt::format("a free port: {}", std::strerror(errno)));
  }
  return ntohs(address.sin_port);
}

// A connection to the port; an empty Fd where nobody listens.
Fd connected_to(std::uint16_t port) {
  const Endpoint endpoint = Endpoint::loopback(port);
  Fd socket = stream_socket(endpoint, 0);
  if (socket && begin_connect(socket.get(), endpoint) != 0) socket.reset();
  return socket;
}

// Whether a GET is answered with a status of 2xx, within a second.
bool answers(std::uint16_t port, const std::string& target) {
  const Fd socket = connected_to(port);
  if (!socket) return false;
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", target, port);
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
  pollfd polled{.fd = socket.get(), .events = POLLIN, .revents = 0};
  std::array<char, 13> head{};
  if (::poll(&polled, 1, 1'000) != 1) return false;
  const ssize_t got = ::recv(socket.get(), head.data(), head.size(), 0);
  const std::string_view text(head.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text.size() > 9 && text.starts_with("HTTP/1.") && text[9] == '2';
}

}  // namespace

ProgramProcess::ProgramProcess(const ProgramFile& file, unsigned threads) : file_(file) {
  if (file.port && connected_to(*file.port)) {
    throw StrategyError(
        fmt::format("{}: port {} is taken; end whoever listens on it, or give the "
                    "program another one",
                    file.name, *file.port));
  }
  port_ = file.port ? *file.port : free_port();
  child_.emplace(file, ProgramChild::Start{.command = file.command,
                                           .values = {{"port", std::to_string(port_)},
                                                      {"threads", std::to_string(threads)}}});
  wait_until_ready();
}

void ProgramProcess::wait_until_ready() {
  const Time limit = now() + file_.ready_within;
  while (!is_ready()) {
    // One that goes on in the background has ended, too, but is no failure.
    if (child_->has_ended() && descendants().empty()) {
      child_->fail("ended before it served: " + child_->how_it_ended());
    }
    if (now() >= limit) {
      const double seconds = std::chrono::duration<double>(file_.ready_within).count();
      const auto ports = listening_ports();
      const std::string instead =
          ports.empty() ? ""
                        : fmt::format(
                              "; it listens on port {} instead: write {{port}} where it "
                              "takes its port",
                              fmt::join(ports, ", "));
      const std::string what =
          file_.ready == Ready::listens ? fmt::format("did not listen on 127.0.0.1:{}", port_)
          : file_.ready == Ready::answers
              ? fmt::format("did not answer {} with 2xx on 127.0.0.1:{}",
                            file_.target.empty() ? "/bytes/12" : file_.target, port_)
              : fmt::format("did not print \"{}\"", file_.prints);
      child_->fail(fmt::format("{} within {:g} s{}", what, seconds, instead));
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

bool ProgramProcess::is_ready() const {
  switch (file_.ready) {
    case Ready::listens:
      return static_cast<bool>(connected_to(port_));
    case Ready::answers:
      return answers(port_, file_.target.empty() ? "/bytes/12" : file_.target);
    case Ready::prints:
      return child_->said().find(file_.prints) != std::string::npos;
  }
  return false;
}

void ProgramProcess::serve(const std::stop_token& stop) {
  const WakeFd woken;
  const std::stop_callback wake(stop, [&] { woken.wake(); });
  bool in_background = false;
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> polled{
        pollfd{.fd = in_background ? -1 : child_->end_descriptor(), .events = POLLIN},
        pollfd{.fd = woken.get(), .events = POLLIN}};
    ::poll(polled.data(), polled.size(), -1);
    if (stop.stop_requested() || polled[0].revents == 0) continue;
    if (descendants().empty()) {
      child_->fail("ended while it served: " + child_->how_it_ended());
    }
    in_background = true;
  }
}

}  // namespace asyncbench::programs
