// A program while it serves.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "core/endpoint.hpp"
#include "core/private_folder.hpp"
#include "core/time.hpp"
#include "programs/program_child.hpp"
#include "programs/program_file.hpp"
#include "programs/program_requests.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::programs {

// Started by one thread, which must outlive it: the program is killed when that ends. Its end is
// that of the program, and of all processes that it has left.
class ProgramProcess {
 public:
  // Starts the program and waits until it serves. Throws StrategyError: cause, remedy, and what the
  // program said.
  ProgramProcess(const ProgramFile& file, unsigned threads);

  // Where it listens, and what it is asked for.
  workloads::Address address() const;

  // Asks for it as often as its file wants, within the time in which it has to be ready. Throws
  // StrategyError where it does not answer, or not in time.
  WarmUp warm_up(const http::Request& request);

  // Waits for `stop`. Throws StrategyError when the program ends before.
  void serve(const std::stop_token& stop);

 private:
  void choose_address();
  void wait_until_ready();
  bool is_ready() const;
  std::string target() const;
  std::string where_else() const;
  double ready_within_s() const;

  const ProgramFile& file_;
  const Time ready_by_;
  std::optional<PrivateFolder> folder_;  // of its socket
  std::string path_;                     // of that; empty: it has a port
  Endpoint endpoint_;
  std::optional<ProgramChild> child_;
};

}  // namespace asyncbench::programs
