#include "core/file_pool.hpp"

#include <system_error>
#include <utility>

#include "core/file_ops.hpp"

namespace asyncbench {

void FilePool::Queue::push(FileWork& work) {
  work.next_ = nullptr;
  (first == nullptr ? first : last->next_) = &work;
  last = &work;
}

FileWork* FilePool::Queue::pop() {
  FileWork* const work = first;
  first = work->next_;
  return work;
}

void FilePool::end() {
  {
    const std::lock_guard lock(mutex_);
    closing_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void FilePool::submit(FileWork& work) {
  ++in_flight_;
  bool are_enough_idle = false;
  {
    const std::lock_guard lock(mutex_);
    due_.push(work);
    are_enough_idle = ++due_count_ <= idle_;
  }
  if (are_enough_idle) changed_.notify_one();
  if (are_enough_idle || threads_.size() == kThreadsMax) return;
  try {
    threads_.emplace_back([this] { serve(); });
  } catch (const std::system_error&) {
    if (!threads_.empty()) return;
    const std::lock_guard lock(mutex_);
    due_.pop();  // with no thread, nothing else is queued
    --due_count_;
    work.ended = perform_file_op(work.op);
    const bool was_empty = ended_.empty();
    ended_.push(work);
    if (was_empty) wake_();
  }
}

void FilePool::serve() {
  std::unique_lock lock(mutex_);
  for (;;) {
    ++idle_;
    changed_.wait(lock, [this] { return !due_.empty() || closing_; });
    --idle_;
    if (closing_) return;
    FileWork& work = *due_.pop();
    --due_count_;
    lock.unlock();
    work.ended = perform_file_op(work.op);
    lock.lock();
    const bool was_empty = ended_.empty();
    ended_.push(work);
    if (was_empty) wake_();
  }
}

FileWork* FilePool::pop_all_ended() {
  const std::lock_guard lock(mutex_);
  FileWork* const first = std::exchange(ended_.first, nullptr);
  for (const FileWork* work = first; work != nullptr; work = work->next_) {
    --in_flight_;
    note_opened(*work);
  }
  return first;
}

std::optional<Completion> FilePool::try_at_once(const Op& op) {
  const auto* const read = std::get_if<op::Read>(&op);
  const auto* const write = std::get_if<op::Write>(&op);
  if (read != nullptr && waits_for_disk(read->file)) return std::nullopt;
  if (write != nullptr && waits_for_disk(write->file)) return std::nullopt;
  return try_file_op(op);
}

// A mark stands until its number is another file's.
void FilePool::note_opened(const FileWork& work) {
  const auto* const open = std::get_if<op::Open>(&work.op);
  if (open == nullptr || work.ended.error) return;
  const bool waits = asyncbench::waits_for_disk(*open);
  if (waits && work.ended.size >= waits_for_disk_.size()) {
    waits_for_disk_.resize(work.ended.size + 1);
  }
  if (work.ended.size < waits_for_disk_.size()) waits_for_disk_[work.ended.size] = waits;
}

bool FilePool::waits_for_disk(int file) const {
  const auto index = static_cast<std::size_t>(file);
  return index < waits_for_disk_.size() && waits_for_disk_[index];
}

}  // namespace asyncbench
