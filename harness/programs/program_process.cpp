#include "programs/program_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

#include "core/endpoint.hpp"
#include "core/loop_descriptors.hpp"
#include "core/socket_ops.hpp"
#include "core/strategy.hpp"
#include "programs/process_tree.hpp"
#include "programs/program_build.hpp"

namespace asyncbench::programs {
namespace {

namespace fs = std::filesystem;

constexpr Duration kLookAgain = std::chrono::milliseconds(2);

// A port of 127.0.0.1 that nobody listens on. Another process may take it before the program does;
// the program then says so.
std::uint16_t free_port() {
  const Fd socket = granted(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket");
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* const general = reinterpret_cast<sockaddr*>(&address);
  if (::bind(socket.get(), general, size) != 0 ||
      ::getsockname(socket.get(), general, &size) != 0) {
    throw StrategyError(fmt::format("a free port: {}", std::strerror(errno)));
  }
  return ntohs(address.sin_port);
}

// A connection to the port; an empty Fd where nobody listens.
Fd connected_to(std::uint16_t port) {
  const Endpoint endpoint = Endpoint::loopback(port);
  Fd socket = stream_socket(endpoint, 0);
  if (socket && begin_connect(socket.get(), endpoint) != 0) socket.reset();
  return socket;
}

// Whether a GET is answered with a status of 2xx, within a second.
bool answers(std::uint16_t port, const std::string& target) {
  const Fd socket = connected_to(port);
  if (!socket) return false;
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n", target, port);
  if (::send(socket.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return false;
  pollfd polled{.fd = socket.get(), .events = POLLIN, .revents = 0};
  std::array<char, 13> head{};
  if (::poll(&polled, 1, 1'000) != 1) return false;
  const ssize_t got = ::recv(socket.get(), head.data(), head.size(), 0);
  const std::string_view text(head.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text.size() > 9 && text.starts_with("HTTP/1.") && text[9] == '2';
}

}  // namespace

ProgramProcess::ProgramProcess(const ProgramFile& file, unsigned threads) : file_(file) {
  if (file.port && connected_to(*file.port)) {
    throw StrategyError(
        fmt::format("{}: port {} is taken; end whoever listens on it, or give the "
                    "program another one",
                    file.name, *file.port));
  }
  port_ = file.port ? *file.port : free_port();
  adopt_orphans();
  output_ = granted(::memfd_create("output", MFD_CLOEXEC), "memfd_create");
  ::fcntl(output_.get(), F_SETFL, O_APPEND);
  start(threads);
  try {
    wait_until_ready();
  } catch (...) {
    kill_descendants();
    throw;
  }
}

void ProgramProcess::start(unsigned threads) {
  std::map<std::string, std::string> values = folders_of(file_);
  values["port"] = std::to_string(port_);
  values["threads"] = std::to_string(threads);
  std::vector<std::string> words;
  for (const std::string& word : file_.command) words.push_back(filled_in(word, values));
  std::vector<char*> arguments;
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::vector<std::string> settings;
  for (char** each = environ; *each != nullptr; ++each) {
    const std::string_view text = *each;
    if (!file_.environment.contains(std::string(text.substr(0, text.find('='))))) {
      settings.emplace_back(text);
    }
  }
  for (const auto& [name, value] : file_.environment) {
    settings.push_back(name + "=" + filled_in(value, values));
  }
  std::vector<char*> environment;
  for (std::string& each : settings) environment.push_back(each.data());
  environment.push_back(nullptr);
  const std::string folder = file_.folder.string();
  const Fd nothing = granted(::open("/dev/null", O_RDONLY | O_CLOEXEC), "open /dev/null");

  const pid_t parent = ::getpid();
  pid_ = ::fork();
  if (pid_ < 0) throw StrategyError(fmt::format("fork: {}", std::strerror(errno)));
  if (pid_ == 0) {
    // Only what is safe after a fork from a process with threads, until exec.
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) ::_exit(127);
    ::prctl(PR_SET_TIMERSLACK, 0);
    sigset_t none;
    sigemptyset(&none);
    ::sigprocmask(SIG_SETMASK, &none, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::dup2(nothing.get(), STDIN_FILENO);
    ::dup2(output_.get(), STDOUT_FILENO);
    ::dup2(output_.get(), STDERR_FILENO);
    if (::chdir(folder.c_str()) == 0) ::execvpe(arguments[0], arguments.data(), environment.data());
    const char* const why = std::strerror(errno);
    (void)!::write(STDERR_FILENO, why, std::strlen(why));
    ::_exit(127);
  }
  // glibc 2.36 declares pidfd_open without extern "C", so C++ cannot link it.
  pid_fd_ = granted(static_cast<int>(::syscall(SYS_pidfd_open, pid_, 0)), "pidfd_open");
}

void ProgramProcess::wait_until_ready() {
  const Time limit = now() + file_.ready_within;
  while (!is_ready()) {
    if (has_ended()) {
      // One that goes on in the background has ended, too, but is no failure.
      if (descendants().empty()) fail("ended before it served: " + how_it_ended());
    }
    if (now() >= limit) {
      const double seconds = std::chrono::duration<double>(file_.ready_within).count();
      const auto ports = listening_ports();
      const std::string instead =
          ports.empty() ? ""
                        : fmt::format(
                              "; it listens on port {} instead: write {{port}} where it "
                              "takes its port",
                              fmt::join(ports, ", "));
      const std::string what =
          file_.ready == Ready::listens ? fmt::format("did not listen on 127.0.0.1:{}", port_)
          : file_.ready == Ready::answers
              ? fmt::format("did not answer {} with 2xx on 127.0.0.1:{}",
                            file_.target.empty() ? "/bytes/12" : file_.target, port_)
              : fmt::format("did not print \"{}\"", file_.prints);
      fail(fmt::format("{} within {:g} s{}", what, seconds, instead));
    }
    std::this_thread::sleep_for(kLookAgain);
  }
}

bool ProgramProcess::is_ready() const {
  switch (file_.ready) {
    case Ready::listens:
      return static_cast<bool>(connected_to(port_));
    case Ready::answers:
      return answers(port_, file_.target.empty() ? "/bytes/12" : file_.target);
    case Ready::prints:
      return said().find(file_.prints) != std::string::npos;
  }
  return false;
}

bool ProgramProcess::wait_for_end(int milliseconds) const {
  pollfd polled{.fd = pid_fd_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&polled, 1, milliseconds) == 1;
}

void ProgramProcess::serve(const std::stop_token& stop) {
  const WakeFd woken;
  const std::stop_callback wake(stop, [&] { woken.wake(); });
  while (!stop.stop_requested()) {
    std::array<pollfd, 2> polled{pollfd{.fd = pid_fd_.get(), .events = POLLIN, .revents = 0},
                                 pollfd{.fd = woken.get(), .events = POLLIN, .revents = 0}};
    ::poll(polled.data(), polled.size(), -1);
    if (stop.stop_requested() || polled[0].revents == 0) continue;
    if (descendants().empty()) fail("ended while it served: " + how_it_ended());
    pid_fd_.reset();  // it goes on in the background
  }
}

std::string ProgramProcess::how_it_ended() {
  int status = 0;
  if (pid_ < 0 || ::waitpid(pid_, &status, 0) != pid_) return "its processes have gone";
  pid_ = -1;
  return WIFSIGNALED(status)
             ? fmt::format("by signal {} ({})", WTERMSIG(status), ::sigabbrev_np(WTERMSIG(status)))
             : fmt::format("exit code {}", WEXITSTATUS(status));
}

std::string ProgramProcess::said() const {
  std::string text;
  const off_t size = ::lseek(output_.get(), 0, SEEK_END);
  constexpr off_t kLooked = 64 * 1024;
  const off_t from = std::max<off_t>(size - kLooked, 0);
  text.resize(static_cast<std::size_t>(std::max<off_t>(size - from, 0)));
  const ssize_t got = ::pread(output_.get(), text.data(), text.size(), from);
  text.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
  return text;
}

void ProgramProcess::fail(const std::string& what) {
  const std::string words = quoted_output(said());
  throw StrategyError(fmt::format("{} {}{}", file_.name, what,
                                  words.empty() ? "; it printed nothing" : "; it said: " + words));
}

ProgramProcess::~ProgramProcess() {
  const Time limit = now() + file_.stop_within;
  if (pid_fd_ && !has_ended()) {
    ::kill(pid_, file_.stop_signal);
  } else {
    for (const pid_t process : descendants()) ::kill(process, file_.stop_signal);
  }
  while (now() < limit && !descendants().empty()) {
    std::this_thread::sleep_for(kLookAgain);
  }
  kill_descendants();
}

}  // namespace asyncbench::programs
