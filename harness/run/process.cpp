#include "run/process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>

#include "core/sigpipe_blocked.hpp"
#include "run/participant.hpp"
#include "run/pipe.hpp"

namespace asyncbench::run {
namespace {

constexpr std::size_t kErrorTextBytes = 4096;

void check(int error, const char* operation) {
  if (error != 0) throw std::system_error(error, std::system_category(), operation);
}

int poll_timeout_ms(Time deadline) {
  if (deadline == kNever) return -1;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
  return static_cast<int>(std::clamp<std::int64_t>(left, 0, INT_MAX));
}

}  // namespace

Process::Process(std::string name, const std::string& program,
                 const std::vector<std::string>& plugins)
    : name_(std::move(name)) {
  const std::string path = program.empty() ? "/proc/self/exe" : program;
  Pipe job = make_pipe();
  Pipe record = make_pipe();
  Pipe errors = make_pipe();

  posix_spawn_file_actions_t actions;
  check(::posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
  ::posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_adddup2(&actions, errors.write.get(), STDERR_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, job.read.get(), kJobFd);
  ::posix_spawn_file_actions_adddup2(&actions, record.write.get(), kRecordFd);

  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t none;
  sigset_t all;
  sigemptyset(&none);
  sigfillset(&all);
  ::posix_spawnattr_setsigmask(&attributes, &none);
  ::posix_spawnattr_setsigdefault(&attributes, &all);
  ::posix_spawnattr_setpgroup(&attributes, 0);
  ::posix_spawnattr_setflags(
      &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);

  std::vector<std::string> arguments = {"asyncbench", "participant"};
  for (const std::string& plugin : plugins) {
    arguments.insert(arguments.end(), {"--plugin", plugin});
  }
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);
  const int error = ::posix_spawn(&pid_, path.c_str(), &actions, &attributes, argv.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  ::posix_spawnattr_destroy(&attributes);
  check(error, fmt::format("posix_spawn {}", path).c_str());

  cpu_group_.emplace(pid_);
  // glibc 2.36 declares pidfd_open without extern "C", so C++ cannot link it.
  pid_fd_ = Fd{static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0))};
  job_ = std::move(job.write);
  record_ = std::move(record.read);
  errors_ = std::move(errors.read);
  set_nonblocking(record_);
  set_nonblocking(errors_);
}

Process::~Process() {
  if (!ended()) terminate();
}

void Process::send(std::string_view line) {
  const SigpipeBlocked no_sigpipe;
  write_line(job_.get(), line);
}

void Process::drain() {
  read_available(record_, lines_.text());
  read_available(errors_, error_text_);
  if (error_text_.size() > kErrorTextBytes) {
    error_text_.erase(0, error_text_.size() - kErrorTextBytes);
  }
}

void Process::reap(bool wait) {
  if (ended()) return;
  int status = 0;
  pid_t got = -1;
  do {
    got = ::waitpid(pid_, &status, wait ? 0 : WNOHANG);
  } while (got < 0 && errno == EINTR);
  if (got == pid_) status_ = status;
}

bool Process::crashed() const { return status_ && WIFSIGNALED(*status_) && !terminated_; }

std::string Process::how_it_ended() const {
  if (!status_) return "is still running";
  if (WIFSIGNALED(*status_)) {
    const char* signal = ::sigabbrev_np(WTERMSIG(*status_));
    return fmt::format("{} (SIG{})", terminated_ ? "was ended" : "crashed",
                       signal == nullptr ? "?" : signal);
  }
  return fmt::format("ended with exit code {}", WEXITSTATUS(*status_));
}

std::string Process::last_words() const {
  std::string words = error_text_;
  while (!words.empty() && words.back() == '\n') words.pop_back();
  std::ranges::replace(words, '\n', ' ');
  constexpr std::size_t kMost = 500;
  return words.size() > kMost ? "..." + words.substr(words.size() - kMost) : words;
}

void Process::terminate() {
  if (ended()) return;
  terminated_ = true;
  ::kill(-pid_, SIGTERM);
  const Time deadline = now() + kTerminationGrace;
  pollfd end{.fd = pid_fd_.get(), .events = POLLIN, .revents = 0};
  // A full pipe must not keep it from ending: its output is read meanwhile.
  while (::poll(&end, 1, std::min(poll_timeout_ms(deadline), 50)) <= 0 && now() < deadline) drain();
  // Also what it may have started itself.
  ::kill(-pid_, SIGKILL);
  reap(true);
  drain();
}

Event ProcessWatch::next(std::span<Process* const> processes, Time deadline) {
  while (true) {
    for (Process* process : processes) {
      if (auto line = process->lines_.take()) {
        return {.kind = EventKind::line, .from = process, .line = std::move(*line)};
      }
      if (process->ended() && !process->end_told_) {
        process->end_told_ = true;
        return {.kind = EventKind::ended, .from = process};
      }
    }
    std::vector<pollfd> polled = {{.fd = interrupt_fd_, .events = POLLIN, .revents = 0}};
    for (const Process* process : processes) {
      if (process->ended()) continue;
      for (const Fd* fd : {&process->record_, &process->errors_, &process->pid_fd_}) {
        polled.push_back({.fd = fd->get(), .events = POLLIN, .revents = 0});
      }
    }
    const int ready = ::poll(polled.data(), polled.size(), poll_timeout_ms(deadline));
    if (ready < 0 && errno != EINTR) check(errno, "poll");
    if (polled.front().revents != 0) return {.kind = EventKind::interrupted};
    if (ready == 0 && now() >= deadline) return {.kind = EventKind::timed_out};
    for (Process* process : processes) {
      // Ended first, then its output: whatever it wrote is in the pipe by then.
      process->reap(false);
      process->drain();
    }
  }
}

}  // namespace asyncbench::run
