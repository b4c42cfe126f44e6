#include "strategies/registry.hpp"

#include <utility>

#include "strategies/asio/asio.hpp"
#include "strategies/curl/curl.hpp"
#include "strategies/epoll/epoll.hpp"
#include "strategies/fiber/fiber.hpp"
#include "strategies/libaio/libaio.hpp"
#include "strategies/libevent/libevent.hpp"
#include "strategies/libuv/libuv.hpp"
#include "strategies/null/null.hpp"
#include "strategies/threads/threads.hpp"
#include "strategies/uring/uring.hpp"

namespace asyncbench {

Registry make_registry() {
  Registry registry;
  registry.add(make_thread_per_request());
  registry.add(make_thread_per_connection());
  registry.add(make_thread_pool());
  for (auto& strategy : make_epoll_variants()) registry.add(std::move(strategy));
  registry.add(make_asio());
  registry.add(make_asio_idiomatic());
  registry.add(make_asio_shared_context());
  registry.add(make_asio_coro());
  registry.add(make_asio_uring());
#ifdef ASYNCBENCH_HAS_FIBER
  registry.add(make_fiber());
#endif
  registry.add(make_libuv());
  registry.add(make_libevent());
  for (auto& strategy : make_uring_ladder()) registry.add(std::move(strategy));
  registry.add(make_libaio());
  registry.add(make_curl_multi());
  registry.add(make_curl_threads());
  registry.add(make_null());
  return registry;
}

}  // namespace asyncbench
