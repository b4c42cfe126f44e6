// The parts of Boost.Asio that these strategies use, with concrete executors: the default,
// any_io_executor, costs a type-erased call for every operation. For this folder only.
#pragma once

#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>

#include "core/time.hpp"

namespace asyncbench::asio_loop {

namespace net = boost::asio;
using boost::system::error_code;

// TCP and Unix sockets in one type: ip::tcp's endpoints hold no AF_UNIX address.
using Protocol = net::generic::stream_protocol;

using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<Protocol, Executor>;
using Listener = net::basic_socket_acceptor<Protocol, Executor>;
using WakeTimer = net::basic_waitable_timer<Clock, net::wait_traits<Clock>, Executor>;

}  // namespace asyncbench::asio_loop
