// File operations of Asio's own: its io_uring backend has some, its epoll backend none.
#pragma once

#include <cstddef>
#include <optional>
#include <span>

#include "core/file_ops.hpp"
#include "core/job.hpp"
#include "net.hpp"

namespace asyncbench::asio_loop {

// What the page cache serves at once must not cost two context switches; the lane's file threads
// do the rest.
inline std::optional<Completion> file_op_at_once(const Op& op) { return try_file_op(op); }

}  // namespace asyncbench::asio_loop
