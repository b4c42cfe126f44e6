// File operations.
#include "core/file_ops.hpp"
#include "loop.hpp"

namespace asyncbench::reactor {

// epoll takes no files: they are always ready for it, however long a read then takes. What the page
// cache can do is done here and now; only what would block pays for a thread's two switches.
Loop::Attempt Loop::file(Stream& stream, const Op& wanted) {
  if (Attempt ended = files_.try_at_once(wanted)) return ended;
  if (!stream.file) stream.file = std::make_unique<FileWait>();
  stream.file->op = wanted;
  stream.file->stream = &stream;
  park(stream, Waits::file, kNever);
  files_.submit(*stream.file);
  return std::nullopt;
}

void Loop::take_files() {
  files_.take_ended([this](FileWork& work) {
    const Completion ended = is_stopping() ? cancel_file_op(work.op, work.ended) : work.ended;
    complete(*static_cast<FileWait&>(work).stream, ended);
  });
}

}  // namespace asyncbench::reactor
