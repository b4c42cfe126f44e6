#include "curl.hpp"

#include <curl/curl.h>

#include <mutex>
#include <utility>

#include "core/file_pool.hpp"
#include "core/run_lanes.hpp"
#include "easy_run.hpp"
#include "multi_loop.hpp"

namespace asyncbench {

namespace {

// libcurl performs exchanges, and nothing else. `scrape` stores what it fetched, and a client
// pauses between requests.
constexpr OpSet kIncidental = kFileOps | OpSet{OpKind::sleep};
constexpr OpSet kOperations = kTaskOps | kIncidental | OpSet{OpKind::exchange};

// All that differs between the two: what they say and offer, and who performs the exchanges.
class CurlStrategy final : public Strategy {
 public:
  using Run = void (*)(Job& job);

  CurlStrategy(StrategyInfo info, Run run_job) : info_(std::move(info)), run_(run_job) {
    // Not thread-safe with other users of libcurl, so it is done before any thread of ours.
    static std::once_flag initialized;
    std::call_once(initialized, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
    info_.library = std::string("libcurl ") + curl_version_info(CURLVERSION_NOW)->version;
    info_.options.push_back({"receive_buffer_bytes", std::to_string(kReceiveBytes)});
    info_.options.push_back({"connection_cache", "one a task"});
  }

  const StrategyInfo& info() const override { return info_; }

  void run(Job& job) override { run_(job); }

 private:
  StrategyInfo info_;
  Run run_;
};

}  // namespace

std::unique_ptr<Strategy> make_curl_multi() {
  return std::make_unique<CurlStrategy>(
      StrategyInfo{.name = "curl_multi",
                   .summary = "libcurl's multi_socket interface on epoll; HTTP is libcurl's own",
                   .waits = "epoll_wait",
                   .family = family::kLibcurl,
                   .operations = kOperations | OpSet{OpKind::gather},
                   .incidental = kIncidental | OpSet{OpKind::gather},
                   .files = kSharedFilePool,
                   .options = {{"events_per_wait", std::to_string(curl::MultiLoop::kEventBatch)},
                               {"trigger", "level"},
                               {"file_threads_max", std::to_string(FilePool::kThreadsMax)}}},
      [](Job& job) {
        run_lanes(job, [&job](unsigned lane) { return curl::MultiLoop(job, lane); });
      });
}

std::unique_ptr<Strategy> make_curl_threads() {
  return std::make_unique<CurlStrategy>(
      StrategyInfo{.name = "curl_threads",
                   .summary = "a thread and a libcurl easy handle for every connection",
                   .waits = "poll, by libcurl",
                   .family = family::kLibcurl,
                   .operations = kOperations,
                   .incidental = kIncidental,
                   .files = "blocking calls",
                   .event_loop = false},
      [](Job& job) { curl::EasyRun(job).run(); });
}

}  // namespace asyncbench
