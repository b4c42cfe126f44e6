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
    note_opened(work->op, work->ended);
  }
  return first;
}

std::optional<Completion> FilePool::try_at_once(const Op& op) {
  if (in_loop_ == FilePolicy::all || std::holds_alternative<op::CloseFile>(op)) {
    return perform_file_op(op);
  }
  if (in_loop_ == FilePolicy::none) return std::nullopt;
  const auto* const read = std::get_if<op::Read>(&op);
  const auto* const write = std::get_if<op::Write>(&op);
  if (read != nullptr && hopeless(read->file).reads) return std::nullopt;
  if (write != nullptr && hopeless(write->file).writes) return std::nullopt;
  const FileTry tried = try_file_op(op);
  if (tried.ended) note_opened(op, *tried.ended);
  if (tried.is_always_refused) {
    ++refusals_;
    if (read != nullptr) newest_.reads = hopeless_at(read->file).reads = true;
    if (write != nullptr) newest_.writes = hopeless_at(write->file).writes = true;
  }
  return tried.ended;
}

// Files are mostly on the file system of those before them, and scraping opens one for each write:
// a file inherits what was refused to another.
void FilePool::note_opened(const Op& op, const Completion& ended) {
  const auto* const open = std::get_if<op::Open>(&op);
  if (open == nullptr || ended.error) return;
  if (++opened_ % kAsksAnew == 0) newest_ = {};
  const auto file = static_cast<int>(ended.size);
  hopeless_at(file) = waits_for_disk(*open) ? Hopeless{.reads = true, .writes = true} : newest_;
}

FilePool::Hopeless FilePool::hopeless(int file) const {
  const auto index = static_cast<std::size_t>(file);
  return index < hopeless_.size() ? hopeless_[index] : Hopeless{};
}

FilePool::Hopeless& FilePool::hopeless_at(int file) {
  const auto index = static_cast<std::size_t>(file);
  if (index >= hopeless_.size()) hopeless_.resize(index + 1);
  return hopeless_[index];
}

}  // namespace asyncbench
