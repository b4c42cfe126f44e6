// The parts of Boost.Asio that this strategy uses, with concrete executors: the default,
// any_io_executor, costs a type-erased call for every operation. For this folder only.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <system_error>

#include "core/time.hpp"

namespace asyncbench::asio_loop {

namespace net = boost::asio;
using boost::system::error_code;
using net::ip::tcp;

using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<tcp, Executor>;
using Listener = net::basic_socket_acceptor<tcp, Executor>;
using WakeTimer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

// Every error of a socket operation but end of file is an errno in Boost's system category.
inline std::error_code errno_of(const error_code& error) {
  return {error.value(), std::system_category()};
}

}  // namespace asyncbench::asio_loop
