#include "program.hpp"

#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <fstream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "tests/sanitized.hpp"

namespace asyncbench::test {
namespace {

using SteadyClock = std::chrono::steady_clock;

std::pair<Fd, Fd> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::system_error(errno, std::system_category());
  return {Fd(ends[0]), Fd(ends[1])};
}

#ifdef __SANITIZE_THREAD__
// ThreadSanitizer does not see how the kernel orders accesses to a ring's shared memory, so
// programs under it choose among the other strategies.
constexpr bool kIoUringIsUnseen = true;
#else
constexpr bool kIoUringIsUnseen = false;
#endif

// Runs in the child, between fork and exec, and makes only system calls.
bool forbid_io_uring() {
  std::array<sock_filter, 4> filter = {
      sock_filter{BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
      sock_filter{BPF_JMP | BPF_JEQ | BPF_K, 0, 1, SYS_io_uring_setup},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO | EPERM},
      sock_filter{BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
  };
  const sock_fprog program{filter.size(), filter.data()};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

bool redirect(int fd, const std::string& to) {
  if (to == kClosed) return close(fd) == 0 && (fd != 1 || close(0) == 0);
  const int file = open(to.c_str(), O_WRONLY | O_CLOEXEC);
  return file >= 0 && dup2(file, fd) == fd;
}

// Never returns. It exits with 126 when the child could not be set up, with 127 when there is no
// such program.
[[noreturn]] void become(char* const* argv, const Surroundings& surroundings, int out, int err) {
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  bool good = dup2(nothing, 0) == 0 && dup2(out, 1) == 1 && dup2(err, 2) == 2;
  good = good && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
  if (!surroundings.folder.empty()) good = good && chdir(surroundings.folder.c_str()) == 0;
  if (surroundings.descriptors > 0) {
    const rlimit limit{surroundings.descriptors, surroundings.descriptors};
    good = good && setrlimit(RLIMIT_NOFILE, &limit) == 0;
  }
  if (surroundings.forbid_io_uring || kIoUringIsUnseen) good = good && forbid_io_uring();
  if (!surroundings.out.empty()) good = good && redirect(1, surroundings.out);
  if (!surroundings.err.empty()) good = good && redirect(2, surroundings.err);
  if (!good) _exit(126);
  for (const std::string& variable : surroundings.environment) {
    putenv(const_cast<char*>(variable.c_str()));
  }
  execvp(argv[0], argv);
  _exit(127);
}

// Appends what the pipe holds; closes it at its end.
void take(Fd& pipe, std::string& text) {
  std::array<char, 4096> buffer{};
  const ssize_t size = ::read(pipe.get(), buffer.data(), buffer.size());
  if (size > 0) {
    text.append(buffer.data(), static_cast<std::size_t>(size));
  } else {
    pipe.reset();
  }
}

int milliseconds_until(SteadyClock::time_point deadline) {
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - SteadyClock::now());
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace

Program::Program(std::vector<std::string> arguments, const Surroundings& surroundings) {
  arguments.insert(arguments.begin(),
                   surroundings.program.empty() ? ASYNCBENCH_PROGRAM : surroundings.program);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  auto [out, child_out] = make_pipe();
  auto [err, child_err] = make_pipe();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::system_category(), "fork");
  if (pid_ == 0) become(argv.data(), surroundings, child_out.get(), child_err.get());
  out_ = std::move(out);
  err_ = std::move(err);
}

Program::~Program() {
  if (pid_ <= 0) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

void Program::signal(int number) const { kill(pid_, number); }

std::string Program::line_of(Fd& pipe, std::string& text, std::chrono::seconds patience) {
  const auto deadline = SteadyClock::now() + patience * kSlowdown;
  for (;;) {
    if (const auto end = text.find('\n'); end != std::string::npos) {
      std::string line = text.substr(0, end);
      text.erase(0, end + 1);
      return line;
    }
    pollfd wanted{pipe.get(), POLLIN, 0};
    if (!pipe || poll(&wanted, 1, milliseconds_until(deadline)) <= 0) {
      throw std::runtime_error("no line from the program; it said so far: " + text + err_text_);
    }
    take(pipe, text);
  }
}

std::string Program::line_of_output(std::chrono::seconds patience) {
  return line_of(out_, out_text_, patience);
}

std::string Program::line_of_errors(std::chrono::seconds patience) {
  return line_of(err_, err_text_, patience);
}

Ended Program::wait(std::chrono::seconds patience) {
  const auto deadline = SteadyClock::now() + patience * kSlowdown;
  while (out_ || err_) {
    std::array<pollfd, 2> wanted = {pollfd{out_.get(), POLLIN, 0}, pollfd{err_.get(), POLLIN, 0}};
    if (poll(wanted.data(), wanted.size(), milliseconds_until(deadline)) <= 0) {
      throw std::runtime_error("the program does not end; it said: " + out_text_ + err_text_);
    }
    if (wanted[0].revents != 0) take(out_, out_text_);
    if (wanted[1].revents != 0) take(err_, err_text_);
  }
  int status = 0;
  waitpid(std::exchange(pid_, -1), &status, 0);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return {code, out_text_, err_text_};
}

Ended run_program(std::vector<std::string> arguments, const Surroundings& surroundings) {
  return Program(std::move(arguments), surroundings).wait();
}

}  // namespace asyncbench::test
