// The real asyncbench binary as a child process, for tests of the whole program.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "core/fd.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench::test {

// The conditions under which the child starts.
struct Surroundings {
  std::filesystem::path folder;  // to start in; empty: this process's own
  rlim_t descriptors = 0;        // RLIMIT_NOFILE, soft and hard; 0: unchanged
  bool forbid_io_uring = false;  // io_uring_setup fails with EPERM, as in many containers
  // What its standard output and error are, instead of what the test reads: a path, or kClosed.
  // Standard input is closed, too, where the output is.
  std::string out;
  std::string err;
  std::vector<std::string> environment;  // "NAME=value", beside this process's own
  std::string program;                   // another one than asyncbench; empty: that
};

inline constexpr const char* kClosed = "closed";

struct Ended {
  int exit_code = -1;  // 128 + the signal for one that a signal ended
  std::string out;
  std::string err;
};

// A running child. The destructor kills it if it still runs.
class Program {
 public:
  explicit Program(std::vector<std::string> arguments, const Surroundings& surroundings = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // The next line of its standard output or error, without the line end. Throws std::runtime_error
  // when there is none within `patience`, which is longer in builds with a sanitizer.
  std::string line_of_output(std::chrono::seconds patience = std::chrono::seconds(20));
  std::string line_of_errors(std::chrono::seconds patience = std::chrono::seconds(20));

  void signal(int number) const;

  // Waits for its end, likewise. Lines that were read before are missing from `out` and `err`.
  Ended wait(std::chrono::seconds patience = std::chrono::seconds(50));

 private:
  std::string line_of(Fd& pipe, std::string& text, std::chrono::seconds patience);

  pid_t pid_ = -1;
  Fd out_, err_;
  std::string out_text_, err_text_;
};

// Starts it and waits for its end.
Ended run_program(std::vector<std::string> arguments, const Surroundings& surroundings = {});

}  // namespace asyncbench::test
