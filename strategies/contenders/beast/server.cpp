// GET /bytes/N and /delay/T/bytes/N by Boost.Beast: server PORT THREADS.
#include <boost/asio.hpp>
#include <boost/beast.hpp>
#include <charconv>
#include <chrono>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;
using tcp = asio::ip::tcp;

struct Asked {
  std::chrono::nanoseconds delay{0};
  std::size_t body_bytes = 0;
};

std::optional<Asked> asked_by(std::string_view target) {
  Asked asked;
  constexpr std::string_view kDelay = "/delay/";
  if (target.starts_with(kDelay)) {
    target.remove_prefix(kDelay.size());
    const bool random = target.starts_with("exp:");
    if (random) target.remove_prefix(4);
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(target.data(), target.data() + target.size(), number);
    if (error != std::errc{}) return {};
    target.remove_prefix(static_cast<std::size_t>(end - target.data()));
    const std::size_t slash = target.find('/');
    const std::string_view unit = target.substr(0, slash);
    const std::int64_t ns = unit == "ns"   ? 1
                            : unit == "us" ? 1'000
                            : unit == "ms" ? 1'000'000
                            : unit == "s"  ? 1'000'000'000
                                           : 0;
    if (slash == target.npos || ns == 0) return {};
    asked.delay = std::chrono::nanoseconds(number * ns);
    if (random) {
      thread_local std::mt19937_64 engine{std::random_device{}()};
      std::exponential_distribution<double> distribution(1.0 / static_cast<double>(number * ns));
      asked.delay = std::chrono::nanoseconds(static_cast<std::int64_t>(distribution(engine)));
    }
    target.remove_prefix(slash);
  }
  constexpr std::string_view kBytes = "/bytes/";
  if (!target.starts_with(kBytes)) return {};
  target.remove_prefix(kBytes.size());
  const auto [end, error] =
      std::from_chars(target.data(), target.data() + target.size(), asked.body_bytes);
  if (error != std::errc{} || end != target.data() + target.size()) return {};
  return asked;
}

asio::awaitable<void> serve(beast::tcp_stream stream) {
  try {
    stream.socket().set_option(tcp::no_delay(true));
    beast::flat_buffer buffer;
    for (bool keeps = true; keeps;) {
      http::request<http::empty_body> request;
      co_await http::async_read(stream, buffer, request, asio::use_awaitable);
      http::response<http::string_body> response(http::status::ok, request.version());
      const auto target = request.target();
      const auto asked = asked_by({target.data(), target.size()});
      if (!asked) {
        response.result(http::status::not_found);
      } else {
        if (asked->delay.count() > 0) {
          asio::steady_timer timer(co_await asio::this_coro::executor, asked->delay);
          co_await timer.async_wait(asio::use_awaitable);
        }
        response.body().assign(asked->body_bytes, 'x');
      }
      response.keep_alive(keeps = request.keep_alive());
      response.prepare_payload();
      co_await http::async_write(stream, response, asio::use_awaitable);
    }
  } catch (const boost::system::system_error&) {
    // The client has gone.
  }
}

asio::awaitable<void> listen(tcp::acceptor& acceptor) {
  while (true) {
    tcp::socket socket = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve(beast::tcp_stream(std::move(socket))),
                   asio::detached);
  }
}

// A loop and a listener a thread, as SO_REUSEPORT has it.
void run_loop(std::uint16_t port) {
  asio::io_context context(1);
  tcp::acceptor acceptor(context, tcp::v4());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.set_option(asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>(true));
  acceptor.bind({asio::ip::address_v4::loopback(), port});
  acceptor.listen(4096);
  asio::co_spawn(context, listen(acceptor), asio::detached);
  context.run();
}

int main(int, char** arguments) {
  const auto port = static_cast<std::uint16_t>(std::stoi(arguments[1]));
  std::vector<std::jthread> threads;
  for (int i = 1; i < std::stoi(arguments[2]); ++i) threads.emplace_back(run_loop, port);
  run_loop(port);
}
