#include "measure/perf_record.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

#include "core/shell_quoted.hpp"
#include "core/temporary_folder.hpp"
#include "core/time.hpp"
#include "measure/perf_ring.hpp"
#include "measure/symbols.hpp"

namespace asyncbench::measure {
namespace {

constexpr int kAnswerLimitMs = 5000;

std::string program_name() {
  std::error_code error;
  return std::filesystem::read_symlink("/proc/self/exe", error).filename().string();
}

// Removes the first line from a text and returns it.
std::string_view next_line(std::string_view& text) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

// "12345.678901234:" in ns.
std::int64_t time_of(std::string_view word) {
  std::int64_t seconds = 0;
  std::int64_t ns = 0;
  const char* const end = word.data() + word.size();
  const char* at = std::from_chars(word.data(), end, seconds).ptr;
  if (at < end) std::from_chars(at + 1, end, ns);
  return seconds * 1'000'000'000 + ns;
}

// "    7f0123456789 boost::asio::run(x) (/usr/bin/program)"
Function frame_of(std::string_view line) {
  const std::size_t address = line.find_first_not_of(" \t");
  const std::size_t name = line.find(' ', address);
  const std::size_t module = line.rfind(" (");
  if (name == line.npos || module == line.npos || module < name) return {"", kNoModule};
  std::string_view symbol = line.substr(name, module - name);
  symbol.remove_prefix(std::min(symbol.find_first_not_of(' '), symbol.size()));
  std::string_view path = line.substr(module + 2);
  path = path.substr(0, path.rfind(')'));
  Function function;
  constexpr std::string_view kInlined = " (inlined)";
  if (symbol.ends_with(kInlined)) symbol.remove_suffix(kInlined.size());
  if (symbol != "[unknown]") function.name = short_name(symbol);
  if (path == "[unknown]") {
    function.module = kNoModule;
  } else if (path.starts_with("[kernel") || path.starts_with("[guest.kernel")) {
    function.module = kKernelModule;
  } else {
    function.module = path.substr(path.rfind('/') + 1);
  }
  return function;
}

}  // namespace

PerfProgram::PerfProgram(std::int64_t frequency_hz) : frequency_hz_(frequency_hz) {
  try {
    folder_ = std::make_unique<PrivateFolder>(temporary_folder());
  } catch (const std::system_error& error) {
    reason_ = std::string(error.what()) + "; set TMPDIR to a folder that may be written to";
    return;
  }
  launch();
  if (reason_.empty() && !command("ping")) {
    reason_ = "perf record: " + last_words();
    end();
  }
}

PerfProgram::~PerfProgram() { end(); }

std::string PerfProgram::in_folder(std::string_view name) const {
  return folder_->path() + '/' + std::string(name);
}

void PerfProgram::launch() {
  std::array<int, 2> control{};
  std::array<int, 2> answers{};
  if (::pipe2(control.data(), O_CLOEXEC) != 0 || ::pipe2(answers.data(), O_CLOEXEC) != 0) {
    reason_ = errno_text("pipe2");
    return;
  }
  Fd its_control{control[0]};
  Fd its_answers{answers[1]};
  control_ = Fd{control[1]};
  answers_ = Fd{answers[0]};
  const std::vector<std::string> words = {
      "perf",         "record",
      "--event",      "cpu-clock",
      "--freq",       std::to_string(frequency_hz_),
      "--call-graph", "dwarf",
      "--clockid",    "CLOCK_MONOTONIC",
      "--delay",      "-1",
      "--pid",        std::to_string(::getpid()),
      "--control",    fmt::format("fd:{},{}", its_control.get(), its_answers.get()),
      "--output",     in_folder("perf.data")};
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const std::string messages = in_folder("messages");
  cpu_set_t everywhere;
  CPU_ZERO(&everywhere);
  for (const int cpu : online_cpus()) CPU_SET(cpu, &everywhere);
  process_ = ::fork();
  if (process_ < 0) {
    reason_ = errno_text("fork for perf");
    return;
  }
  if (process_ > 0) return;
  // Between fork and exec, only calls that are safe there are made.
  ::fcntl(its_control.get(), F_SETFD, 0);
  ::fcntl(its_answers.get(), F_SETFD, 0);
  // perf must not stay pinned like the subject: it needs CPU time that the subject leaves free.
  ::sched_setaffinity(0, sizeof everywhere, &everywhere);
  const int log = ::open(messages.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  ::dup2(log, STDOUT_FILENO);
  ::dup2(log, STDERR_FILENO);
  ::execvp(arguments[0], arguments.data());
  constexpr std::string_view kMissing = "perf is not installed; apt-get install linux-perf";
  [[maybe_unused]] const auto wrote = ::write(STDERR_FILENO, kMissing.data(), kMissing.size());
  ::_exit(127);
}

// perf answers each command with "ack\n".
bool PerfProgram::command(std::string_view text) {
  const std::string line = std::string(text) + '\n';
  if (::write(control_.get(), line.data(), line.size()) < 0) return false;
  pollfd polled{.fd = answers_.get(), .events = POLLIN};
  if (::poll(&polled, 1, kAnswerLimitMs) <= 0) return false;
  std::array<char, 16> answer{};
  return ::read(answers_.get(), answer.data(), answer.size()) > 0;
}

// What perf printed, as one line.
std::string PerfProgram::last_words() {
  std::ifstream file(in_folder("messages"));
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::ranges::replace(text, '\n', ' ');
  constexpr std::size_t kMost = 300;
  if (text.empty()) return "it did not answer";
  return text.substr(0, kMost);
}

void PerfProgram::start() {
  if (!available()) return;
  started_ns_ = to_ns(now());
  if (!command("enable")) reason_ = "perf record: " + last_words();
}

void PerfProgram::stop() {
  if (!available()) return;
  stopped_ns_ = to_ns(now());
  if (!command("disable")) reason_ = "perf record: " + last_words();
}

void PerfProgram::end() {
  if (process_ <= 0) return;
  ::kill(process_, SIGINT);  // then it writes the rest of its file
  int status = 0;
  while (::waitpid(process_, &status, 0) < 0 && errno == EINTR) {
  }
  process_ = -1;
}

std::optional<OnCpu> PerfProgram::take(Unreadable& unreadable) {
  end();
  if (!available()) {
    unreadable["on_cpu"] = reason_;
    return std::nullopt;
  }
  const std::string command_line = fmt::format(
      "exec perf script --input {} --ns --no-inline --show-lost-events "
      "--fields comm,tid,time,ip,sym,dso 2>{}",
      shell_quoted(in_folder("perf.data")), shell_quoted(in_folder("messages")));
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> pipe(::popen(command_line.c_str(), "re"),
                                                             ::pclose);
  std::string text;
  std::array<char, 65536> buffer;
  while (pipe != nullptr) {
    const std::size_t got = std::fread(buffer.data(), 1, buffer.size(), pipe.get());
    if (got == 0) break;
    text.append(buffer.data(), got);
  }
  if (text.empty()) {
    unreadable["on_cpu"] = "perf script: " + last_words();
    return std::nullopt;
  }
  OnCpu profile = read_perf_script(text, started_ns_, stopped_ns_);
  profile.frequency_hz = frequency_hz_;
  profile.period_ns = 1'000'000'000 / frequency_hz_;
  profile.program = program_name();
  if (!profile.kernel) {
    unreadable["on_cpu.kernel"] =
        "perf saw only user stacks; run as root, or: sysctl kernel.perf_event_paranoid=1";
  }
  return profile;
}

OnCpu read_perf_script(std::string_view text, std::int64_t from_ns, std::int64_t until_ns) {
  OnCpu profile{.event = "cpu-clock by perf"};
  CallTreeBuilder tree;
  while (!text.empty()) {
    // "asyncbench  1234 12345.678901234: ", then a line for each frame, leaf first, and an empty
    // line.
    std::string_view head = next_line(text);
    if (head.empty()) continue;
    if (const std::size_t lost = head.find("PERF_RECORD_LOST"); lost != head.npos) {
      const std::size_t digits = head.find_last_of("0123456789");
      const std::size_t before = head.find_last_not_of("0123456789", digits);
      profile.lost +=
          static_cast<std::uint64_t>(leading_number(head.substr(before + 1)).value_or(1));
      continue;
    }
    const std::size_t colon = head.rfind(':');
    if (colon == head.npos) continue;
    head = head.substr(0, colon);
    const std::size_t time = head.rfind(' ');
    const std::int64_t at = time_of(head.substr(time == head.npos ? 0 : time + 1));
    std::string comm(head.substr(0, std::min(time, head.size())));
    comm.resize(comm.find_last_not_of("0123456789 -") + 1);  // the thread's id, also in its name
    comm.erase(0, std::min(comm.find_first_not_of(' '), comm.size()));
    std::vector<Function> stack;
    for (std::string_view line = next_line(text); !line.empty(); line = next_line(text)) {
      stack.push_back(frame_of(line));
    }
    if (stack.empty() || at < from_ns || at > until_ns) continue;
    profile.kernel |= stack.front().module == kKernelModule;
    stack.push_back({.name = comm, .module = kThreadModule});
    std::ranges::reverse(stack);
    tree.add(stack, 1);
  }
  profile.stacks = tree.take();
  return profile;
}

}  // namespace asyncbench::measure
