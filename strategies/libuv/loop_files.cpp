// Files, through libuv's thread pool.
#include "core/file_ops.hpp"
#include "loop.hpp"
#include "pool.hpp"

namespace asyncbench::libuv {

// In libuv every file operation goes through its thread pool, one that the page cache could serve
// at once as well.
Loop::Attempt Loop::file(Stream& stream, const Op& wanted) {
  if (!stream.file) {
    stream.file = std::make_unique<uv_fs_t>();
    note_pool();
    report().counters["file_threads"] = pool_threads();
  }
  stream.wanted = wanted;
  uv_fs_t* const request = stream.file.get();
  request->data = &stream;
  uv_loop_t* const loop = &handles_.loop;
  const uv_fs_cb ended = [](uv_fs_t* it) {
    of(it->loop).file_ended(*static_cast<Stream*>(it->data));
  };
  const int error = std::visit(
      Overloaded{
          [&](const op::Open& open) {
            return uv_fs_open(loop, request, open.path, open.flags, kNewFileMode, ended);
          },
          [&](const op::Read& read) {
            const uv_buf_t buffer = buffer_of(read.into);
            return uv_fs_read(loop, request, read.file, &buffer, 1,
                              static_cast<std::int64_t>(read.offset), ended);
          },
          [&](const op::Write& write) {
            const uv_buf_t buffer = buffer_of(write.bytes);
            return uv_fs_write(loop, request, write.file, &buffer, 1,
                               static_cast<std::int64_t>(write.offset), ended);
          },
          [&](const op::Sync& sync) { return uv_fs_fdatasync(loop, request, sync.file, ended); },
          [&](const op::CloseFile& close) { return uv_fs_close(loop, request, close.file, ended); },
          [](const auto&) { return static_cast<int>(UV_ENOTSUP); },
      },
      wanted);
  if (error < 0) return failed(-error);
  park(stream, Waits::file, kNever);
  return std::nullopt;
}

void Loop::file_ended(Stream& stream) {
  const auto result = stream.file->result;
  uv_fs_req_cleanup(stream.file.get());
  Completion ended;
  if (result < 0 && !std::holds_alternative<op::CloseFile>(stream.wanted)) {
    ended = failed(static_cast<int>(-result));
  } else if (result > 0) {
    ended.size = static_cast<std::size_t>(result);
  }
  complete(stream, is_stopping() ? cancel_file_op(stream.wanted, ended) : ended);
}

}  // namespace asyncbench::libuv
