// A task that opens a file and asks for one operation on it again and again.
#pragma once

#include <fcntl.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "core/task.hpp"
#include "measured_job.hpp"

namespace asyncbench {

struct RepeatedFile {
  std::string path;
  std::uint64_t bytes;  // a multiple of the size of one read
};

class FileRepeatTask final : public Task {
 public:
  // Reads fill `into`, one after the other through the file, and begin again at its end. With an
  // empty `into` the operations are syncs. Everything referred to outlives the task.
  FileRepeatTask(const RepeatedFile& file, std::span<std::byte> into, std::uint64_t times,
                 MeasuredJob& job)
      : file_(file), into_(into), left_(times), job_(job) {}

  Op start(unsigned /*lane*/) override { return op::Open{file_.path.c_str(), O_RDONLY}; }

  Op resume(const Completion& ended) override {
    switch (step_) {
      case Step::open:
        if (ended.error) {
          job_.fail("open: " + ended.error.message());
          return op::Finish{};
        }
        index_ = static_cast<int>(ended.size);
        step_ = Step::repeat;
        job_.begun();
        return next();
      case Step::repeat:
        if (ended.error) {
          job_.fail((into_.empty() ? "sync: " : "read: ") + ended.error.message());
          left_ = 0;
        } else if (ended.size != into_.size()) {
          job_.fail("a read within the file was short");
          left_ = 0;
        }
        return next();
      case Step::close:
        break;
    }
    return op::Finish{};
  }

 private:
  enum class Step : std::uint8_t { open, repeat, close };

  Op next() {
    if (left_ == 0) {
      step_ = Step::close;
      job_.ended();
      return op::CloseFile{index_};
    }
    --left_;
    if (into_.empty()) return op::Sync{index_};
    const std::uint64_t offset = offset_;
    offset_ = (offset_ + into_.size()) % file_.bytes;
    return op::Read{index_, offset, into_};
  }

  const RepeatedFile& file_;
  std::span<std::byte> into_;
  std::uint64_t left_;
  MeasuredJob& job_;
  Step step_ = Step::open;
  int index_ = -1;
  std::uint64_t offset_ = 0;
};

}  // namespace asyncbench
