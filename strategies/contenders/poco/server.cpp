// GET /bytes/N and /delay/T/bytes/N by POCO: server PORT. A thread of the pool stays with its
// connection, so the pool is as large as connections may be many.
#include <Poco/Net/HTTPRequestHandler.h>
#include <Poco/Net/HTTPRequestHandlerFactory.h>
#include <Poco/Net/HTTPServer.h>
#include <Poco/Net/HTTPServerParams.h>
#include <Poco/Net/HTTPServerRequest.h>
#include <Poco/Net/HTTPServerResponse.h>
#include <Poco/Net/ServerSocket.h>
#include <Poco/Net/SocketAddress.h>
#include <Poco/ThreadPool.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>

namespace net = Poco::Net;

struct Asked {
  std::chrono::nanoseconds delay{0};
  std::size_t body_bytes = 0;
};

std::optional<Asked> asked_by(const std::string& path) {
  Asked asked;
  double delay = 0;
  char unit[3] = "";
  if (std::sscanf(path.c_str(), "/bytes/%zu", &asked.body_bytes) == 1) return asked;
  const bool fixed = std::sscanf(path.c_str(), "/delay/%lf%2[mnsu]/bytes/%zu", &delay, unit,
                                 &asked.body_bytes) == 3;
  const bool random = !fixed && std::sscanf(path.c_str(), "/delay/exp:%lf%2[mnsu]/bytes/%zu",
                                            &delay, unit, &asked.body_bytes) == 3;
  if (!fixed && !random) return {};
  const std::string_view name = unit;
  delay *= name == "ns" ? 1 : name == "us" ? 1e3 : name == "ms" ? 1e6 : 1e9;
  if (random) {
    thread_local std::mt19937_64 engine{std::random_device{}()};
    delay = std::exponential_distribution<double>(1 / delay)(engine);
  }
  asked.delay = std::chrono::nanoseconds(static_cast<std::int64_t>(delay));
  return asked;
}

class Handler final : public net::HTTPRequestHandler {
 public:
  void handleRequest(net::HTTPServerRequest& request, net::HTTPServerResponse& response) override {
    // What the client posts is read to its end, where the next request begins.
    request.stream().ignore(std::numeric_limits<std::streamsize>::max());
    std::string body;
    if (const std::optional<Asked> asked = asked_by(request.getURI())) {
      if (asked->delay.count() > 0) std::this_thread::sleep_for(asked->delay);
      body.assign(asked->body_bytes, 'x');
    } else {
      response.setStatusAndReason(net::HTTPResponse::HTTP_NOT_FOUND);
    }
    response.setContentType("application/octet-stream");
    response.sendBuffer(body.data(), body.size());
  }
};

class Handlers final : public net::HTTPRequestHandlerFactory {
 public:
  net::HTTPRequestHandler* createRequestHandler(const net::HTTPServerRequest&) override {
    return new Handler;  // which the server owns
  }
};

int main(int, char** arguments) {
  constexpr int kThreads = 1024;
  Poco::ThreadPool pool(2, kThreads);
  net::ServerSocket socket;
  socket.bind(net::SocketAddress("127.0.0.1", arguments[1]), true);
  socket.listen(4096);
  net::HTTPServerParams::Ptr parameters = new net::HTTPServerParams;
  parameters->setMaxThreads(kThreads);
  parameters->setMaxQueued(kThreads);
  parameters->setKeepAliveTimeout(Poco::Timespan(75, 0));
  parameters->setMaxKeepAliveRequests(0);  // as many as come
  net::HTTPServer server(new Handlers, pool, socket, parameters);
  server.start();
  while (true) ::pause();
}
