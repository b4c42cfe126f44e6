#include <liburing.h>

#include "asio.hpp"
#include "asio_strategy.hpp"
#include "core/ring_refusal.hpp"

namespace asyncbench {

namespace {

Support probe_ring() {
  io_uring ring{};
  const int error = -io_uring_queue_init(4, &ring, 0);
  if (error == 0) {
    io_uring_queue_exit(&ring);
    return Support::yes();
  }
  return Support::no("asio_uring: " + explain_ring_refusal(error));
}

}  // namespace

std::unique_ptr<Strategy> make_asio_uring() {
  return asio_loop::make_strategy(
      {.info = {.name = "asio_uring",
                .summary = "Boost.Asio over its io_uring backend: one request an operation, "
                           "plain descriptors, callbacks",
                .waits = "io_uring_enter",
                .family = family::kIoUring,
                .files = "io_uring (the shared pool opens and syncs)",
                .options = {{"ring_entries", "16384"},
                            {"requests_per_submit_max", "128"},
                            {"completions_per_wait_max", "128"},
                            {"ring_flags", "none"},
                            {"send", "with the loop's next submission"}}},
       .make_stream = asio_loop::make_callback_stream,
       .granted = {"io_uring"},
       .probe = probe_ring});
}

}  // namespace asyncbench
