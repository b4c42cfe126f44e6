// libcurl's easy interface, a thread for each connection.
#include <thread>
#include <vector>

#include "curl.hpp"

int main(int argc, char** argv) {
  const minimal::Work work = minimal::begin(argc, argv, {"client"});
  curl_global_init(CURL_GLOBAL_DEFAULT);
  std::vector<std::thread> threads;
  for (unsigned i = 0; i < work.connections; ++i) {
    threads.emplace_back([&work] {
      minimal::Transfer transfer(work);
      for (;;) transfer.ended(curl_easy_perform(transfer.handle()));
    });
  }
  for (std::thread& thread : threads) thread.join();
}
