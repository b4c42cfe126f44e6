// Reads and writes of files by Asio itself: its io_uring backend has them, its epoll backend does
// not.
#pragma once

#include "net.hpp"

#if defined(BOOST_ASIO_HAS_FILE)

#include <boost/asio/basic_random_access_file.hpp>
#include <boost/asio/buffer_registration.hpp>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "core/job.hpp"
#include "core/op.hpp"

namespace asyncbench::asio_loop {

// The job's buffers, registered with the ring, so that the kernel need not map them for each
// operation. Where the kernel refuses to register them, they are used as they are.
class IoMemory {
 public:
  IoMemory(net::io_context& context, std::span<std::byte> memory, LaneReport& report)
      : memory_(memory) {
    if (memory.empty()) return;
    try {
      registration_.emplace(context, net::mutable_buffer(memory.data(), memory.size()));
      report.granted.emplace_back("registered buffers");
    } catch (const boost::system::system_error& refusal) {
      report.refused.emplace_back("registered buffers: " + refusal.code().message());
    }
  }

  bool is_registered() const { return registration_.has_value(); }

  net::mutable_registered_buffer part(std::span<const std::byte> bytes) {
    const auto offset = static_cast<std::size_t>(bytes.data() - memory_.data());
    must_hold(offset <= memory_.size() && bytes.size() <= memory_.size() - offset,
              "buffers of reads and writes lie in the job's memory");
    return net::buffer((*registration_)[0] + offset, bytes.size());
  }

 private:
  std::span<std::byte> memory_;
  std::optional<net::buffer_registration<net::mutable_buffer>> registration_;
};

// The Read or Write that a task has in flight. Asio queues what it is asked of one file object, so
// each task has an object of its own, which borrows the descriptor: many tasks may read one file.
class FileTransfer {
 public:
  explicit FileTransfer(net::io_context& context) : context_(context) {}
  FileTransfer(const FileTransfer&) = delete;
  FileTransfer& operator=(const FileTransfer&) = delete;
  ~FileTransfer() { give_back(); }

  static bool can(const Op& op) {
    return kind_of(op) == OpKind::read || kind_of(op) == OpKind::write;
  }

  // `op` is one that can() be performed.
  template <class Handler>
  void start(const Op& op, IoMemory& memory, Handler handler) {
    if (const auto* read = std::get_if<op::Read>(&op)) {
      borrow(read->file);
      if (memory.is_registered()) {
        file_->async_read_some_at(read->offset, memory.part(read->into), std::move(handler));
      } else {
        const net::mutable_buffer into(read->into.data(), read->into.size());
        file_->async_read_some_at(read->offset, into, std::move(handler));
      }
      return;
    }
    const auto& write = std::get<op::Write>(op);
    borrow(write.file);
    if (memory.is_registered()) {
      const net::const_registered_buffer from(memory.part(write.bytes));
      file_->async_write_some_at(write.offset, from, std::move(handler));
    } else {
      const net::const_buffer from(write.bytes.data(), write.bytes.size());
      file_->async_write_some_at(write.offset, from, std::move(handler));
    }
  }

 private:
  using File = net::basic_random_access_file<Executor>;

  // To Asio a descriptor is a number: whether it has been closed and opened again does not matter.
  void borrow(int fd) {
    if (file_ && file_->native_handle() == fd) return;
    give_back();
    file_.emplace(context_.get_executor(), fd);
  }

  void give_back() {
    if (file_) file_->release();
  }

  net::io_context& context_;
  std::optional<File> file_;
};

}  // namespace asyncbench::asio_loop

#endif
