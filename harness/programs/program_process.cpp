#include "programs/program_process.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>
#include <thread>

#include "core/loop_descriptors.hpp"
#include "core/strategy.hpp"
#include "core/temporary_folder.hpp"
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

}  // namespace

ProgramProcess::ProgramProcess(const ProgramFile& file, unsigned threads)
    : file_(file), ready_by_(now() + file.ready_within) {
  choose_address();
  child_.emplace(file, ProgramChild::Start{.command = file.command,
                                           .values = {{"port", std::to_string(endpoint_.port())},
                                                      {"socket", path_},
                                                      {"threads", std::to_string(threads)}}});
  wait_until_ready();
}

void ProgramProcess::choose_address() {
  if (file_.takes_socket()) {
    folder_.emplace(temporary_folder());
    path_ = folder_->path() + "/socket";
    const auto endpoint = Endpoint::unix_socket(path_);
    if (!endpoint) {
      throw StrategyError(
          fmt::format("{}: the path {} is too long for a Unix socket; set TMPDIR to a shorter one",
                      file_.name, path_));
    }
    endpoint_ = *endpoint;
    return;
  }
  endpoint_ = Endpoint::loopback(file_.port ? *file_.port : free_port());
  if (file_.port && connected_to(endpoint_)) {
    throw StrategyError(
        fmt::format("{}: port {} is taken; end whoever listens on it, or give the "
                    "program another one",
                    file_.name, *file_.port));
  }
}

workloads::Address ProgramProcess::address() const {
  return {.port = endpoint_.port(), .path = path_, .target = file_.target};
}

std::string ProgramProcess::target() const {
  return file_.target.empty() ? "/bytes/12" : file_.target;
}

double ProgramProcess::ready_within_s() const {
  return std::chrono::duration<double>(file_.ready_within).count();
}

void ProgramProcess::wait_until_ready() {
  while (!is_ready()) {
    // One that goes on in the background has ended, too, but is no failure.
    if (child_->has_ended() && descendants().empty()) {
      child_->fail("ended before it served: " + child_->how_it_ended());
    }
    if (now() >= ready_by_) {
      const std::string place = endpoint_.to_string();
      const std::string what =
          file_.ready == Ready::listens ? "did not listen on " + place
          : file_.ready == Ready::answers
              ? fmt::format("did not answer {} with 2xx on {}", target(), place)
              : fmt::format("did not print \"{}\"", file_.prints);
      child_->fail(fmt::format("{} within {:g} s{}", what, ready_within_s(), where_else()));
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

// "; it listens on port 8080 instead: ...", where it does.
std::string ProgramProcess::where_else() const {
  const auto ports = listening_ports();
  if (ports.empty()) return "";
  return fmt::format("; it listens on port {} instead: write {} where it takes {}",
                     fmt::join(ports, ", "), path_.empty() ? "{port}" : "{socket}",
                     path_.empty() ? "its port" : "the path of its socket");
}

bool ProgramProcess::is_ready() const {
  switch (file_.ready) {
    case Ready::listens:
      return static_cast<bool>(connected_to(endpoint_));
    case Ready::answers:
      return answers(endpoint_, target());
    case Ready::prints:
      return child_->said().find(file_.prints) != std::string::npos;
  }
  return false;
}

WarmUp ProgramProcess::warm_up(const http::Request& request) {
  WarmUp done = programs::warm_up(request, file_.warmup_requests, ready_by_);
  if (!done.failure.empty()) {
    child_->fail(fmt::format("failed a request of its warm-up: {}", done.failure));
  }
  if (done.answered < file_.warmup_requests) {
    child_->fail(
        fmt::format("answered {} of {} warmup_requests within {:g} s of its start; give fewer, or "
                    "a longer ready_within",
                    done.answered, file_.warmup_requests, ready_within_s()));
  }
  return done;
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
