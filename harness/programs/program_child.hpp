// A program of the user's as a child of this process: its start, what it prints, and its end with
// all that it has started.
#pragma once

#include <signal.h>
#include <sys/types.h>

#include <map>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "core/time.hpp"
#include "programs/program_file.hpp"

namespace asyncbench::programs {

// How often is looked whether something has come about of which no descriptor tells.
inline constexpr Duration kLookAgain = std::chrono::milliseconds(2);

// Started by one thread, which must outlive it: the program is killed when that ends.
class ProgramChild {
 public:
  struct Start {
    const std::vector<std::string>& command;
    std::map<std::string, std::string> values;  // of placeholders, beside those of the file
    std::vector<int> descriptors = {};          // that it gets as 3 and on
    bool own_group = false;                     // in a process group of its own, see signal()
  };
  // Throws StrategyError. The file outlives it.
  ProgramChild(const ProgramFile& file, const Start& start);

  // As end().
  ~ProgramChild();
  ProgramChild(const ProgramChild&) = delete;
  ProgramChild& operator=(const ProgramChild&) = delete;

  const ProgramFile& file() const { return file_; }

  // Readable once the process that was started has ended.
  int end_descriptor() const { return pid_fd_.get(); }
  bool has_ended() const;

  // To its process group. From any thread, before end().
  void signal(int number) const { ::kill(-pid_, number); }

  // "exit code 3", once it has ended.
  std::string how_it_ended() const;
  bool ended_well() const;

  // What it has printed, the last 64 KiB of it.
  std::string said() const;

  // Throws StrategyError: "NAME WHAT; it said: ...".
  [[noreturn]] void fail(const std::string& what) const;

  // Sends the signal of its file, and SIGKILL to all that descends from this process after the
  // file's patience. Whether all had ended before.
  bool end();

 private:
  const ProgramFile& file_;
  const bool own_group_;
  Fd output_;  // a file in memory that takes whatever the program prints
  pid_t pid_ = -1;
  Fd pid_fd_;
  bool is_over_ = false;
};

}  // namespace asyncbench::programs
