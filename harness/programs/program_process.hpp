// A program while it serves.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>

#include "programs/program_child.hpp"
#include "programs/program_file.hpp"

namespace asyncbench::programs {

// Started by one thread, which must outlive it: the program is killed when that ends. Its end is
// that of the program, and of all processes that it has left.
class ProgramProcess {
 public:
  // Starts the program and waits until it serves. Throws StrategyError: cause, remedy, and what the
  // program said.
  ProgramProcess(const ProgramFile& file, unsigned threads);

  std::uint16_t port() const { return port_; }

  // Waits for `stop`. Throws StrategyError when the program ends before.
  void serve(const std::stop_token& stop);

 private:
  void wait_until_ready();
  bool is_ready() const;

  const ProgramFile& file_;
  std::uint16_t port_ = 0;
  std::optional<ProgramChild> child_;
};

}  // namespace asyncbench::programs
