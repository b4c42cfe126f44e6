// A participant as a child process: its lines, its end, and what it said on stderr.
#pragma once

#include <sys/types.h>

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/fd.hpp"
#include "core/time.hpp"
#include "measure/cpu_group.hpp"
#include "run/pipe.hpp"

namespace asyncbench::run {

// How long a participant may take to end after SIGTERM before it gets SIGKILL.
inline constexpr Duration kTerminationGrace = std::chrono::seconds(2);

// Owns the process: the destructor ends its whole group and reaps it. One thread.
class Process {
 public:
  // Starts `program` (empty: this one) as "participant", in a process group of its own, with
  // signals at their defaults and kJobFd and kRecordFd connected to this object. `name` is for
  // messages ("subject"); `plugins` are those that it has to load. Throws std::system_error.
  Process(std::string name, const std::string& program, const std::vector<std::string>& plugins);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  const std::string& name() const { return name_; }
  pid_t pid() const { return pid_; }

  // One line of JSON without its newline. A process that has gone is seen as its end, not here.
  void send(std::string_view line);

  // Whether it ended by itself with exit code 0, and how it ended, in words: "crashed (SIGSEGV)",
  // "exit code 3". Known once an event said so.
  bool ended() const { return status_.has_value(); }
  bool ended_well() const { return status_ == 0; }
  bool crashed() const;  // by a signal that we did not send
  std::string how_it_ended() const;

  // What it last said on stderr, in one line; empty: nothing.
  std::string last_words() const;

  // SIGTERM to its group, SIGKILL after kTerminationGrace, and reaps it.
  void terminate();

 private:
  friend class ProcessWatch;
  void drain();          // reads what the pipes hold
  void reap(bool wait);  // fills status_ when it has ended
  bool output_ended() const { return !record_; }

  std::string name_;
  pid_t pid_ = -1;
  std::optional<measure::CpuGroup> cpu_group_;
  Fd pid_fd_;
  Fd job_;
  Fd record_;
  Fd errors_;
  LineBuffer lines_;
  std::string error_text_;
  std::optional<int> status_;  // as of waitpid
  bool terminated_ = false;
  bool end_told_ = false;
};

enum class EventKind { line, ended, interrupted, timed_out };

struct Event {
  EventKind kind = EventKind::timed_out;
  Process* from = nullptr;  // line, ended
  std::string line;
};

// Waits for what happens next to any of the processes.
class ProcessWatch {
 public:
  // `interrupt_fd` becomes readable when the run is to end; -1: never.
  explicit ProcessWatch(int interrupt_fd) : interrupt_fd_(interrupt_fd) {}

  // Lines come in order and before the end of the process that wrote them; an end comes once.
  Event next(std::span<Process* const> processes, Time deadline);

 private:
  int interrupt_fd_;
};

}  // namespace asyncbench::run
