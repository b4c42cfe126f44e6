// A task with its stream, as a program over Boost.Asio is mostly written: composed operations,
// default executors, a coroutine for each operation, a buffer for each connection, a timer that is
// set for each deadline.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cstddef>
#include <memory>
#include <unordered_map>
#include <vector>

#include "core/op.hpp"
#include "core/task.hpp"

namespace asyncbench::asio_idiomatic {

namespace net = boost::asio;
using boost::system::error_code;

// TCP and Unix sockets in one type; the executor is the default one, any_io_executor.
using Protocol = net::generic::stream_protocol;
using Socket = net::basic_stream_socket<Protocol>;

class Loop;

class Session : public std::enable_shared_from_this<Session> {
 public:
  // All that concerns it runs on `executor`, one after the other. It records in `lane`.
  Session(Loop& loop, Task& task, const net::any_io_executor& executor, unsigned lane);

  // One run of the task, from its start to its Finish.
  net::awaitable<void> run();

  net::any_io_executor executor() { return socket_.get_executor(); }

  // The stop: ends what is pending.
  void cancel();

  // The stream of an accepted connection.
  void adopt(Socket socket) { socket_ = std::move(socket); }

  // Ends the stream, and those of the children.
  void close();

 private:
  net::awaitable<Completion> perform(const Op& op);
  net::awaitable<Completion> connect(const op::Connect& wanted);
  net::awaitable<Completion> connect_unix(const op::Connect& wanted);
  net::awaitable<Completion> receive(const op::Receive& wanted);
  net::awaitable<Completion> send(const op::Send& wanted);
  std::size_t size_of_next_write(const error_code& error, std::size_t written) const;
  net::awaitable<Completion> sleep(Time until);
  net::awaitable<Completion> gather(const op::Gather& wanted);
  void close_socket(bool reset);

  // Cancels the socket's operation when the time has come.
  void expect_by(Time deadline);
  Completion settle(const error_code& error, const Completion& ended);

  Loop& loop_;
  Task& task_;
  const unsigned lane_;
  Socket socket_;
  net::steady_timer timer_;
  std::uint64_t operation_ = 0;  // which one timer_ is set for
  bool is_late_ = false;         // its deadline came first
  std::vector<std::byte> buffer_;
  std::size_t unfinished_children_ = 0;
  std::unordered_map<Task*, std::shared_ptr<Session>> children_;
};

}  // namespace asyncbench::asio_idiomatic
