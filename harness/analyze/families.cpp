#include "analyze/families.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace asyncbench::analyze {
namespace {

constexpr auto kBefore1_4 = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"thread_per_connection", family::kLongLivedThreads},
    {"thread_pool", family::kLongLivedThreads},
    {"thread_per_request", family::kThreadPerRequest},
    {"epoll", family::kReadinessLoops},
    {"asio", family::kReadinessLoops},
    {"asio_coro", family::kReadinessLoops},
    {"libuv", family::kReadinessLoops},
    {"libevent", family::kReadinessLoops},
    {"asio_uring", family::kIoUring},
    {"uring", family::kIoUring},
    {"curl_multi", family::kLibcurl},
    {"curl_threads", family::kLibcurl},
});

}  // namespace

std::string family_of(const result::Cell& cell) {
  if (cell.strategy_info.family) return *cell.strategy_info.family;
  // A variant has the family of what it varies: "uring:oneshot".
  const std::string_view name = std::string_view(cell.strategy).substr(0, cell.strategy.find(':'));
  const auto* const known =
      std::ranges::find(kBefore1_4, name, &decltype(kBefore1_4)::value_type::first);
  return known == kBefore1_4.end() ? cell.strategy : std::string(known->second);
}

}  // namespace asyncbench::analyze
