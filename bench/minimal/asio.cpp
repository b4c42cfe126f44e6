// Boost.Asio with callbacks, over its epoll or its io_uring backend. Executors are concrete, since
// any_io_executor costs a type-erased call for each operation, and what can be sent at once is.
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <memory>
#include <vector>

#include "minimal.hpp"

namespace {

namespace net = boost::asio;
using boost::system::error_code;
using Executor = net::io_context::executor_type;
using Socket = net::basic_stream_socket<net::ip::tcp, Executor>;
using Listener = net::basic_socket_acceptor<net::ip::tcp, Executor>;

// Receives in turn with what `Self::came(size)` makes of it.
template <class Self>
class Connection {
 public:
  explicit Connection(Socket socket) : socket_(std::move(socket)) {
    socket_.non_blocking(true);
    socket_.set_option(net::ip::tcp::no_delay(true));
  }

  void receive() {
    socket_.async_receive(net::buffer(buffer_), [this](const error_code& error, std::size_t size) {
      if (error) return self().ended();
      self().came(size);
    });
  }

  // Sends, and then receives.
  void send(std::string_view bytes) {
    error_code error;
#if !defined(BOOST_ASIO_HAS_IO_URING)
    bytes.remove_prefix(socket_.send(net::buffer(bytes), MSG_NOSIGNAL, error));
    if (bytes.empty()) return receive();
#endif
    net::async_write(socket_, net::buffer(bytes), [this](const error_code& failure, std::size_t) {
      if (failure) return self().ended();
      receive();
    });
  }

 protected:
  const char* bytes() const { return buffer_.data(); }

 private:
  Self& self() { return static_cast<Self&>(*this); }

  Socket socket_;
  std::array<char, minimal::kReceiveBytes> buffer_;
};

class Asking : public Connection<Asking> {
 public:
  Asking(Socket socket, const std::string& request)
      : Connection(std::move(socket)), request_(request) {}

  void begin() { send(request_); }
  void came(std::size_t size) {
    if (reply_.feed(bytes(), size)) {
      send(request_);
    } else {
      receive();
    }
  }
  void ended() { minimal::fail("a connection ended"); }

 private:
  const std::string& request_;
  minimal::Reply reply_;
};

class Answering : public Connection<Answering> {
 public:
  using Connection::Connection;

  void came(std::size_t size) {
    const std::string_view reply = responder_.feed(bytes(), size);
    if (reply.empty()) {
      receive();
    } else {
      send(reply);
    }
  }
  void ended() { delete this; }

 private:
  minimal::Responder responder_;
};

void accept(Listener& listener) {
  listener.async_accept([&](const error_code& error, Socket socket) {
    if (error) minimal::fail("accept");
    (new Answering(std::move(socket)))->receive();
    accept(listener);
  });
}

}  // namespace

int main(int argc, char** argv) {
  const minimal::Work work = minimal::begin(argc, argv);
  net::io_context context(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE);
  const std::string request = minimal::request_of(work);
  std::vector<std::unique_ptr<Asking>> connections;
  for (unsigned i = 0; i < work.connections; ++i) {
    Socket socket(context.get_executor(), net::ip::tcp::v4(), minimal::connect_to(work.port));
    connections.push_back(std::make_unique<Asking>(std::move(socket), request));
    connections.back()->begin();
  }
  Listener listener(context.get_executor());
  if (!work.is_client()) {
    listener.assign(net::ip::tcp::v4(), minimal::listen_on(work.port));
    accept(listener);
  }
  context.run();
}
