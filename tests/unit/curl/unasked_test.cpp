// Bytes that come on an idle connection, which no request may read as its reply.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

#include "http/request.hpp"
#include "http/response_sink.hpp"
#include "peer.hpp"
#include "run_job.hpp"
#include "strategies/curl/curl.hpp"

namespace {

std::atomic<int> peeks = 0;

}  // namespace

// Stands in for the library's function, for libcurl and for us.
extern "C" ssize_t recv(int socket, void* into, std::size_t size, int flags) {
  if ((flags & MSG_PEEK) != 0) ++peeks;
  return ::syscall(SYS_recvfrom, socket, into, size, flags, nullptr, nullptr);
}

namespace asyncbench {
namespace {

using namespace std::chrono_literals;
using conformance::Listener;
using conformance::Peer;
using conformance::run_script;
using conformance::Script;

class Answer final : public http::ResponseSink {
 public:
  bool head_line(std::span<const std::byte>) override { return true; }
  bool body(std::span<const std::byte> bytes) override {
    text += conformance::text_of(bytes);
    return true;
  }
  void ended(const http::ExchangeEnd& end) override { is_new = end.new_connection; }

  std::string text;
  bool is_new = false;
};

// Answers requests, the next of them with what is given.
void serve(Peer& peer, const std::string& body) {
  std::string head;
  while (!head.ends_with("\r\n\r\n")) {
    const std::string byte = peer.receive(1);
    if (byte.empty()) return;
    head += byte;
  }
  peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n" + body);
}

TEST(CurlThreads, LooksForUnaskedBytesAfterAPauseAlone) {
  const Listener listener;
  std::atomic<bool> is_idle = false;
  std::atomic<bool> has_spoken = false;
  std::jthread server([&] {
    Peer first = listener.accept();
    for (int i = 0; i < 3; ++i) serve(first, "hello");
    is_idle.wait(false);
    first.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nworse");
    has_spoken = true;
    has_spoken.notify_one();
    Peer second = listener.accept();
    serve(second, "again");
  });
  const http::Request request = http::make_request(
      http::Method::get, {.host = "127.0.0.1", .port = listener.endpoint().port()},
      listener.endpoint(), true);
  run_script(*make_curl_threads(), [&](unsigned) -> Script {
    peeks = 0;
    for (int i = 0; i < 3; ++i) {
      Answer answer;
      co_await op::Exchange{&request, &answer, now() + 10s};
      EXPECT_EQ(answer.text, "hello");
      EXPECT_EQ(answer.is_new, i == 0);
    }
    EXPECT_EQ(peeks, 0);
    is_idle = true;
    is_idle.notify_one();
    has_spoken.wait(false);
    co_await op::Sleep{now() + 1ms};
    Answer answer;
    co_await op::Exchange{&request, &answer, now() + 10s};
    EXPECT_EQ(answer.text, "again");
    EXPECT_TRUE(answer.is_new);
    EXPECT_GE(peeks, 1) << "libcurl may look, too";
  });
}

}  // namespace
}  // namespace asyncbench
