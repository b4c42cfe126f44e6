#include "curl_multi.hpp"

#include <curl/curl.h>

#include <deque>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "loop.hpp"

namespace asyncbench {

namespace {

class CurlMulti : public Strategy {
 public:
  CurlMulti() {
    // Not thread-safe with other users of libcurl, so it is done before any thread of ours.
    static std::once_flag initialized;
    std::call_once(initialized, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    info_.library = std::string("libcurl ") + curl_version_info(CURLVERSION_NOW)->version;
  }

  const StrategyInfo& info() const override { return info_; }

  Support supports(const OpSet& needed) const override {
    if (needed.contains(OpKind::accept)) {
      return Support::no("libcurl is a client library: it cannot accept connections");
    }
    for (std::size_t i = 0; i < kOpKinds; ++i) {
      const auto kind = static_cast<OpKind>(i);
      if (needed.contains(kind) && !kOffered.contains(kind)) {
        return Support::no(
            std::string("libcurl brings its own HTTP and streams: it cannot perform ") +
            name_of(kind));
      }
    }
    return Support::yes();
  }

  void run(Job& job) override {
    std::deque<curl::Loop> loops;
    for (unsigned lane = 0; lane < job.threads; ++lane) loops.emplace_back(job, lane);
    std::vector<std::exception_ptr> errors(loops.size());
    const auto run_loop = [&](std::size_t lane) {
      try {
        loops[lane].run();
      } catch (const StrategyError&) {
        errors[lane] = std::current_exception();
      }
    };
    {
      std::vector<std::jthread> threads;
      for (std::size_t lane = 1; lane < loops.size(); ++lane) threads.emplace_back(run_loop, lane);
      run_loop(0);
    }
    for (const std::exception_ptr& error : errors) {
      if (error) std::rethrow_exception(error);
    }
  }

 private:
  inline static const OpSet kOffered{OpKind::begin, OpKind::exchange, OpKind::sleep, OpKind::close,
                                     OpKind::finish};

  StrategyInfo info_{
      .name = "curl_multi",
      .summary = "libcurl's multi_socket interface on epoll; HTTP is libcurl's own",
      .waits = "epoll_wait",
      .options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                  {"events_per_wait", "512"},
                  {"trigger", "level"},
                  {"connection_cache", "one a task"}},
  };
};

}  // namespace

std::unique_ptr<Strategy> make_curl_multi() { return std::make_unique<CurlMulti>(); }

}  // namespace asyncbench
