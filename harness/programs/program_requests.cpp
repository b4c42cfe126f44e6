#include "programs/program_requests.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>

#include "core/outcome.hpp"
#include "core/socket_ops.hpp"
#include "http/body.hpp"
#include "http/response_reader.hpp"

namespace asyncbench::programs {
namespace {

constexpr Duration kAnswersWithin = std::chrono::seconds(1);

// How often in a row a connection may end without an answer.
constexpr int kMostBroken = 3;

bool is_readable(int socket, Time limit) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(limit - now());
  pollfd polled{.fd = socket, .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0))) == 1;
}

// Asks for one request again and again.
class Asking {
 public:
  Asking(const http::Request& request, Time limit) : request_(request), limit_(limit) {}

  enum class End : std::uint8_t { answered, broken, failed, late };

  End ask() {
    if (!connection_) connection_ = connected_to(request_.to);
    if (!connection_ || !send()) return broken();
    http::BodyCheck unchecked;
    unchecked.begin_unchecked(nullptr);
    reader_.begin(request_.method, unchecked);
    using State = http::ResponseReader::State;
    State state = State::reading;
    while (state == State::reading) {
      if (!is_readable(connection_.get(), limit_)) return End::late;
      const ssize_t got = ::recv(connection_.get(), buffer_.data(), buffer_.size(), 0);
      if (got < 0) return broken();
      state = got == 0
                  ? reader_.end_of_stream()
                  : reader_.feed(std::span(buffer_).first(static_cast<std::size_t>(got))).state;
    }
    if (state == State::failed && !reader_.anything_received()) return broken();
    if (state == State::failed || reader_.outcome() != Outcome::ok) return End::failed;
    if (!reader_.keep_alive()) renew();
    return End::answered;
  }

  std::string what_failed() const {
    if (reader_.outcome() == Outcome::http_status)
      return fmt::format("status {}", reader_.status());
    return fmt::format("{} {}", name_of(reader_.outcome()), reader_.detail());
  }

 private:
  bool send() {
    std::span<const char> left(request_.wire);
    while (!left.empty()) {
      const ssize_t sent = ::send(connection_.get(), left.data(), left.size(), MSG_NOSIGNAL);
      if (sent < 0) return false;
      left = left.subspan(static_cast<std::size_t>(sent));
    }
    return true;
  }

  End broken() {
    renew();
    return End::broken;
  }

  void renew() {
    connection_.reset();
    reader_ = http::ResponseReader();
  }

  const http::Request& request_;
  const Time limit_;
  Fd connection_;
  http::ResponseReader reader_;
  std::array<std::byte, 64 * 1024> buffer_{};
};

}  // namespace

Fd connected_to(const Endpoint& program) {
  Fd socket = stream_socket(program, 0);
  if (socket && begin_connect(socket.get(), program) != 0) socket.reset();
  return socket;
}

bool answers(const Endpoint& program, const std::string& target) {
  http::Url url{.host = "localhost", .target = target};
  if (!program.is_unix()) url = {.host = "127.0.0.1", .port = program.port(), .target = target};
  const http::Request request = http::make_request(http::Method::get, url, program, false);
  return Asking(request, now() + kAnswersWithin).ask() == Asking::End::answered;
}

WarmUp warm_up(const http::Request& request, std::uint64_t wanted, Time limit) {
  const Time begun = now();
  Asking asking(request, limit);
  WarmUp done;
  int broken = 0;
  while (done.answered < wanted && done.failure.empty()) {
    const Asking::End end = asking.ask();
    if (end == Asking::End::late || now() >= limit) break;
    if (end == Asking::End::answered) ++done.answered;
    broken = end == Asking::End::broken ? broken + 1 : 0;
    if (end == Asking::End::failed) done.failure = asking.what_failed();
    if (broken == kMostBroken) done.failure = "connections that end without an answer";
  }
  done.time = now() - begun;
  return done;
}

}  // namespace asyncbench::programs
