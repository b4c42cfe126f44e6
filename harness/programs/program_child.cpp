#include "programs/program_child.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <thread>
#include <utility>

#include "core/loop_descriptors.hpp"
#include "core/strategy.hpp"
#include "programs/process_tree.hpp"
#include "programs/program_build.hpp"

namespace asyncbench::programs {
namespace {

// The first descriptor that a program gets beside its standard ones.
constexpr int kFirstDescriptor = 3;

// This process's environment with what the file sets.
std::vector<std::string> environment_of(const ProgramFile& file,
                                        const std::map<std::string, std::string>& values) {
  std::vector<std::string> settings;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view text = *each;
    if (!file.environment.contains(std::string(text.substr(0, text.find('='))))) {
      settings.emplace_back(text);
    }
  }
  for (const auto& [name, value] : file.environment) {
    settings.push_back(name + "=" + filled_in(value, values));
  }
  return settings;
}

// As execve(2) takes them. The texts outlive it.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

// Copies above all that the child gets: dup2(2) must not overwrite one that is still needed.
std::vector<Fd> moved_up(const std::vector<int>& descriptors) {
  std::vector<Fd> copies;
  for (const int descriptor : descriptors) {
    const int lowest = kFirstDescriptor + static_cast<int>(descriptors.size());
    copies.push_back(granted(::fcntl(descriptor, F_DUPFD_CLOEXEC, lowest), "F_DUPFD_CLOEXEC"));
  }
  return copies;
}

// Without reaping: the id of the process stays its own until end().
siginfo_t end_of(pid_t process) {
  siginfo_t info{};
  ::waitid(P_PID, static_cast<id_t>(process), &info, WEXITED | WNOHANG | WNOWAIT);
  return info;
}

}  // namespace

ProgramChild::ProgramChild(const ProgramFile& file, const Start& start)
    : file_(file),
      own_group_(start.own_group),
      output_(granted(::memfd_create("output", MFD_CLOEXEC), "memfd_create")) {
  adopt_orphans();
  ::fcntl(output_.get(), F_SETFL, O_APPEND);
  std::map<std::string, std::string> values = values_of(file);
  values.insert(start.values.begin(), start.values.end());
  std::vector<std::string> words;
  for (const std::string& word : start.command) words.push_back(filled_in(word, values));
  const std::vector<char*> arguments = pointers_to(words);
  std::vector<std::string> settings = environment_of(file, values);
  const std::vector<char*> environment = pointers_to(settings);
  const std::string folder = file.folder.string();
  const std::vector<Fd> given = moved_up(start.descriptors);
  const Fd nothing = granted(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open /dev/null");

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw StrategyError(fmt::format("fork: {}", std::strerror(errno)));
  if (pid_ == 0) {
    // Only what is safe after a fork from a process with threads, until exec.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    if (own_group_) ::setpgid(0, 0);
    ::prctl(PR_SET_TIMERSLACK, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(nothing.get(), STDIN_FILENO);
    ::dup2(output_.get(), STDOUT_FILENO);
    ::dup2(output_.get(), STDERR_FILENO);
    for (std::size_t i = 0; i < given.size(); ++i) {
      ::dup2(given[i].get(), kFirstDescriptor + static_cast<int>(i));
    }
    if (::chdir(folder.c_str()) == 0) ::execvpe(arguments[0], arguments.data(), environment.data());
    const char* const why = std::strerror(errno);
    (void)!::write(STDERR_FILENO, why, std::strlen(why));
    ::_exit(127);
  }
  // The child does the same: whoever is first.
  if (own_group_) ::setpgid(pid_, pid_);
  // glibc 2.36 declares pidfd_open without extern "C", so C++ cannot link it.
  pid_fd_ = granted(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open");
}

ProgramChild::~ProgramChild() { end(); }

bool ProgramChild::has_ended() const {
  pollfd polled{.fd = pid_fd_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, 0) == 1;
}

bool ProgramChild::ended_well() const {
  const siginfo_t info = end_of(pid_);
  return info.si_code == CLD_EXITED && info.si_status == 0;
}

std::string ProgramChild::how_it_ended() const {
  const siginfo_t info = end_of(pid_);
  if (info.si_pid == 0) return "its processes have gone";
  return info.si_code == CLD_EXITED
             ? fmt::format("exit code {}", info.si_status)
             : fmt::format("by signal {} ({})", info.si_status, ::sigabbrev_np(info.si_status));
}

std::string ProgramChild::said() const {
  std::string text;
  const off_t size = ::lseek(output_.get(), 0, SEEK_END);
  constexpr off_t kLooked = 64 * 1024;
  const off_t from = std::max<off_t>(size - kLooked, 0);
  text.resize(static_cast<std::size_t>(std::max<off_t>(size - from, 0)));
  const ssize_t got = ::pread(output_.get(), text.data(), text.size(), from);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

void ProgramChild::fail(const std::string& what) const {
  const std::string words = quoted(said());
  throw StrategyError(fmt::format("{} {}{}", file_.name, what,
                                  words.empty() ? "; it printed nothing" : "; it said: " + words));
}

bool ProgramChild::end() {
  if (std::exchange(is_over_, true)) return true;
  const Time limit = now() + file_.stop_within;
  if (has_ended()) {
    for (const pid_t process : descendants()) ::kill(process, file_.stop_signal);
  } else if (own_group_) {
    signal(file_.stop_signal);
    signal(SIGCONT);  // one that is stopped sees no signal
  } else {
    ::kill(pid_, file_.stop_signal);
  }
  while (now() < limit && !descendants().empty()) {
    std::this_thread::sleep_for(kLookAgain);
  }
  const bool had_ended = descendants().empty();
  kill_descendants();
  return had_ended;
}

}  // namespace asyncbench::programs
