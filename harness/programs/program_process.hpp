// A program while it serves.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <stop_token>
#include <string>

#include "core/fd.hpp"
#include "programs/program_file.hpp"

namespace asyncbench::programs {

// Started by one thread, which must outlive it: the program is killed when that ends.
class ProgramProcess {
 public:
  // Starts the program and waits until it serves. Throws StrategyError: cause, remedy, and what the
  // program said.
  ProgramProcess(const ProgramFile& file, unsigned threads);

  // Ends the program, and all processes that it has left.
  ~ProgramProcess();
  ProgramProcess(const ProgramProcess&) = delete;
  ProgramProcess& operator=(const ProgramProcess&) = delete;

  std::uint16_t port() const { return port_; }

  // Waits for `stop`. Throws StrategyError when the program ends before.
  void serve(const std::stop_token& stop);

 private:
  void start(unsigned threads);
  void wait_until_ready();
  bool is_ready() const;
  bool has_ended() const { return wait_for_end(0); }
  bool wait_for_end(int milliseconds) const;
  std::string how_it_ended();
  std::string said() const;
  [[noreturn]] void fail(const std::string& what);

  const ProgramFile& file_;
  std::uint16_t port_ = 0;
  pid_t pid_ = -1;
  Fd pid_fd_;
  Fd output_;  // a file in memory that takes whatever the program prints
};

}  // namespace asyncbench::programs
