// One loop on one io_uring: multishot receives into a ring of buffers, direct descriptors, sends
// without a completion.
#include <liburing.h>

#include <vector>

#include "minimal.hpp"

namespace {

constexpr unsigned kEntries = 512;
constexpr unsigned kBuffers = 64;  // a power of two
constexpr unsigned kConnectionsMax = 4096;
constexpr std::uint64_t kAccept = ~std::uint64_t{0};
constexpr std::uint64_t kIgnored = kAccept - 1;
constexpr std::uint64_t kSend = std::uint64_t{1} << 32U;  // beside the connection's number

class Loop {
 public:
  Loop() {
    io_uring_params params{};
    params.flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN;
    check(io_uring_queue_init_params(kEntries, &ring_, &params), "io_uring_queue_init_params");
    check(io_uring_register_ring_fd(&ring_), "io_uring_register_ring_fd");
    check(io_uring_register_files_sparse(&ring_, kConnectionsMax), "io_uring_register_files");
    posix_memalign(reinterpret_cast<void**>(&entries_), 4096, kBuffers * sizeof(io_uring_buf));
    io_uring_buf_reg registration{};
    registration.ring_addr = reinterpret_cast<std::uint64_t>(entries_);
    registration.ring_entries = kBuffers;
    check(io_uring_register_buf_ring(&ring_, &registration, 0), "io_uring_register_buf_ring");
    io_uring_buf_ring_init(entries_);
    for (unsigned id = 0; id < kBuffers; ++id) give_back(id);
  }

  void add(unsigned connection, int fd) {
    check(io_uring_register_files_update(&ring_, connection, &fd, 1), "register_files_update");
    close(fd);
  }

  void receive(unsigned connection) {
    io_uring_sqe* const sqe = entry();
    io_uring_prep_recv_multishot(sqe, static_cast<int>(connection), nullptr, 0, 0);
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_BUFFER_SELECT;
    sqe->user_data = connection;
  }

  // Posts a completion only if it fails; the kernel sends all, however long that takes.
  void send(unsigned connection, std::string_view bytes) {
    io_uring_sqe* const sqe = entry();
    io_uring_prep_send(sqe, static_cast<int>(connection), bytes.data(), bytes.size(),
                       MSG_NOSIGNAL | MSG_WAITALL);
    sqe->flags |= IOSQE_FIXED_FILE | IOSQE_CQE_SKIP_SUCCESS;
    sqe->user_data = connection | kSend;
  }

  void accept(int listener) {
    io_uring_sqe* const sqe = entry();
    io_uring_prep_multishot_accept_direct(sqe, listener, nullptr, nullptr, 0);
    sqe->user_data = kAccept;
  }

  void close_connection(unsigned connection) {
    io_uring_sqe* const sqe = entry();
    io_uring_prep_close_direct(sqe, connection);
    sqe->user_data = kIgnored;
  }

  // Calls `received(connection, bytes, size)`, size 0 at the end, and `accepted(connection)`.
  template <class Received, class Accepted>
  [[noreturn]] void run(Received received, Accepted accepted) {
    for (;;) {
      io_uring_submit_and_wait(&ring_, 1);
      unsigned head = 0;
      unsigned count = 0;
      io_uring_cqe* cqe = nullptr;
      io_uring_for_each_cqe(&ring_, head, cqe) {
        ++count;
        if (cqe->user_data == kAccept) {
          check(cqe->res, "accept");
          accepted(static_cast<unsigned>(cqe->res));
        } else if (cqe->user_data < kSend) {
          take(*cqe, received);
        }
      }
      io_uring_cq_advance(&ring_, count);
    }
  }

 private:
  static void check(int result, const char* what) {
    if (result >= 0) return;
    errno = -result;
    minimal::fail(what);
  }

  template <class Received>
  void take(const io_uring_cqe& cqe, Received received) {
    const auto connection = static_cast<unsigned>(cqe.user_data);
    if (cqe.res > 0) {
      const unsigned id = cqe.flags >> IORING_CQE_BUFFER_SHIFT;
      received(connection, memory_[id].data(), static_cast<std::size_t>(cqe.res));
      give_back(id);
    } else if (cqe.res != -ENOBUFS) {
      received(connection, nullptr, 0);
      return;
    }
    if ((cqe.flags & IORING_CQE_F_MORE) == 0) receive(connection);
  }

  void give_back(unsigned id) {
    io_uring_buf_ring_add(entries_, memory_[id].data(), minimal::kReceiveBytes,
                          static_cast<unsigned short>(id), io_uring_buf_ring_mask(kBuffers), 0);
    io_uring_buf_ring_advance(entries_, 1);
  }

  io_uring_sqe* entry() {
    if (io_uring_sq_space_left(&ring_) == 0) io_uring_submit(&ring_);
    return io_uring_get_sqe(&ring_);
  }

  io_uring ring_{};
  io_uring_buf_ring* entries_ = nullptr;
  std::vector<std::array<char, minimal::kReceiveBytes>> memory_{kBuffers};
};

void ask(const minimal::Work& work) {
  Loop loop;
  const std::string request = minimal::request_of(work);
  std::vector<minimal::Reply> replies(work.connections);
  for (unsigned connection = 0; connection < work.connections; ++connection) {
    loop.add(connection, minimal::connect_to(work.port));
    loop.receive(connection);
    loop.send(connection, request);
  }
  loop.run(
      [&](unsigned connection, const char* bytes, std::size_t size) {
        if (size == 0) minimal::fail("recv");
        if (replies[connection].feed(bytes, size)) loop.send(connection, request);
      },
      [](unsigned) {});
}

void serve(std::uint16_t port) {
  Loop loop;
  const int listener = minimal::listen_on(port);
  const int on = 1;  // what is accepted inherits it
  setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  std::vector<minimal::Responder> responders(kConnectionsMax);
  loop.accept(listener);
  loop.run(
      [&](unsigned connection, const char* bytes, std::size_t size) {
        if (size == 0) return loop.close_connection(connection);
        const std::string_view reply = responders[connection].feed(bytes, size);
        if (!reply.empty()) loop.send(connection, reply);
      },
      [&](unsigned connection) {
        responders[connection] = {};
        loop.receive(connection);
      });
}

}  // namespace

int main(int argc, char** argv) {
  const minimal::Work work = minimal::begin(argc, argv);
  if (work.is_client()) {
    ask(work);
  } else {
    serve(work.port);
  }
}
