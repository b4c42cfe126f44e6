// Threads that perform the file operations of one event loop, for libraries that cannot.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "core/op.hpp"

namespace asyncbench {

// What StrategyInfo::files calls this pool. Strategies that use it differ in files only by how it
// wakes their loops.
inline constexpr const char* kSharedFilePool = "the shared pool";

// An operation on its way through a pool; the caller's own, usually part of its state for a task.
struct FileWork {
  Op op = op::Finish{};
  Completion ended;

 private:
  friend class FilePool;
  FileWork* next_ = nullptr;
};

// Which operations on files a loop performs itself, in between its other work.
enum class FilePolicy : std::uint8_t {
  cached,  // those that need no waiting, see try_file_op(); a thread pays two switches for each
  all,     // all of them: the loop stands still while one waits for the disk
  none,    // none but CloseFile
};

// A thread is started when work finds none idle, up to a limit: a job that needs no file costs no
// thread, and one with many operations in flight has them all in the kernel at once. The threads
// run until the pool is destroyed. All members are for the loop's thread.
class FilePool {
 public:
  // More blocking calls at once than this only queue up in front of one disk.
  static constexpr unsigned kThreadsMax = 32;

  // `wake` makes the loop call take_ended() soon. It is called from a pool's thread whenever the
  // list of ended work was empty, and must not block.
  explicit FilePool(std::function<void()> wake, FilePolicy in_loop = FilePolicy::cached)
      : wake_(std::move(wake)), in_loop_(in_loop) {}
  ~FilePool() { end(); }
  FilePool(const FilePool&) = delete;
  FilePool& operator=(const FilePool&) = delete;

  // Performs a file operation at once if the policy says so; nullopt: it is one to submit. Files
  // are those that this pool has opened.
  std::optional<Completion> try_at_once(const Op& op);

  // `work` stays where it is until take_ended() has returned it. Without a single thread (the
  // system refuses them) the operation is performed here and now.
  void submit(FileWork& work);

  // Work that has ended since the last call, in that order, for `each(FileWork&)`, which may submit
  // more.
  template <class Each>
  void take_ended(Each each) {
    for (FileWork* work = pop_all_ended(); work != nullptr;) {
      FileWork* const next = work->next_;
      each(*work);
      work = next;
    }
  }

  // Ends the threads: what is still queued is not performed, what has begun is awaited. Nothing is
  // submitted or taken after that.
  void end();

  // Submitted and not taken yet.
  std::size_t in_flight() const { return in_flight_; }
  unsigned threads() const { return static_cast<unsigned>(threads_.size()); }
  // How often a file system has refused what it always refuses, see FileTry.
  std::uint64_t refusals() const { return refusals_; }

 private:
  // What is left to the threads without trying, since the try is known to be in vain.
  struct Hopeless {
    bool reads = false;
    bool writes = false;
  };

  // One file opened in so many asks its file system anew.
  static constexpr std::uint64_t kAsksAnew = 256;

  // A queue linked through the work itself.
  struct Queue {
    FileWork* first = nullptr;
    FileWork* last = nullptr;
    bool empty() const { return first == nullptr; }
    void push(FileWork& work);
    FileWork* pop();
  };

  void serve();
  FileWork* pop_all_ended();
  void note_opened(const Op& op, const Completion& ended);
  Hopeless hopeless(int file) const;
  Hopeless& hopeless_at(int file);

  std::function<void()> wake_;
  const FilePolicy in_loop_;
  std::mutex mutex_;  // guards what follows, up to closing_
  std::condition_variable changed_;
  Queue due_;
  std::size_t due_count_ = 0;
  std::size_t idle_ = 0;  // threads that wait, woken for due work or not
  Queue ended_;
  bool closing_ = false;
  std::size_t in_flight_ = 0;
  std::vector<Hopeless> hopeless_;  // by file
  Hopeless newest_;                 // what a file that is opened next is taken for
  std::uint64_t opened_ = 0;
  std::uint64_t refusals_ = 0;
  std::vector<std::thread> threads_;
};

}  // namespace asyncbench
