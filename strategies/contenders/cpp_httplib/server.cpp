// GET /bytes/N and /delay/T/bytes/N by cpp-httplib: server PORT. A thread of the pool stays with
// its connection, so the pool is as large as connections may be many.
#include <httplib.h>

#include <chrono>
#include <random>
#include <string>
#include <thread>

int main(int, char** arguments) {
  constexpr std::size_t kThreads = 1024;
  httplib::Server server;
  server.new_task_queue = [] { return new httplib::ThreadPool(kThreads); };
  server.set_keep_alive_max_count(1'000'000'000);
  server.set_keep_alive_timeout(75);
  server.set_tcp_nodelay(true);
  const auto answer = [](const std::string& size, httplib::Response& response) {
    response.set_content(std::string(std::stoul(size), 'x'), "application/octet-stream");
  };
  server.Get(R"(/bytes/(\d+))", [&](const httplib::Request& request, httplib::Response& response) {
    answer(request.matches[1], response);
  });
  server.Get(R"(/delay/(exp:)?(\d+)(ns|us|ms|s)/bytes/(\d+))",
             [&](const httplib::Request& request, httplib::Response& response) {
               const std::string unit = request.matches[3];
               const double ns = unit == "ns" ? 1 : unit == "us" ? 1e3 : unit == "ms" ? 1e6 : 1e9;
               double delay = std::stod(request.matches[2]) * ns;
               if (request.matches[1].matched) {
                 thread_local std::mt19937_64 engine{std::random_device{}()};
                 delay = std::exponential_distribution<double>(1 / delay)(engine);
               }
               std::this_thread::sleep_for(std::chrono::nanoseconds(static_cast<long>(delay)));
               answer(request.matches[4], response);
             });
  return server.listen("127.0.0.1", std::stoi(arguments[1])) ? 0 : 1;
}
