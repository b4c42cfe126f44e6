// Terminals of every kind, results that come through pipes, and impatient users.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <csignal>
#include <string>
#include <thread>

#include "cli_checks.hpp"
#include "program.hpp"

namespace asyncbench::test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Arguments kRun = {"run",     "fetch",      "--strategies", "epoll,asio", "--connections",
                        "2",       "--duration", "50ms",         "--warmup",   "20ms",
                        "--grace", "200ms",      "--trials",     "2",          "--cpu-idle",
                        "default", "--force",    "--out",        "r.json"};

// A terminal of so many columns; it keeps what was written to it.
class Terminal {
 public:
  explicit Terminal(unsigned short columns) : master_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    ::grantpt(master_.get());
    ::unlockpt(master_.get());
    const winsize size{.ws_row = 24, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
    ::ioctl(master_.get(), TIOCSWINSZ, &size);
    name_ = ::ptsname(master_.get());
    // As long as one end is open, the other can be read.
    slave_ = Fd(::open(name_.c_str(), O_RDWR | O_NOCTTY));
    reader_ = std::jthread([this](const std::stop_token& stop) {
      while (!stop.stop_requested() || readable(0)) {
        if (!readable(50)) continue;
        char buffer[4096];
        const ssize_t got = ::read(master_.get(), buffer, sizeof buffer);
        if (got > 0) text_.append(buffer, static_cast<std::size_t>(got));
      }
    });
  }
  const std::string& name() const { return name_; }
  std::string text() {
    reader_.request_stop();
    reader_.join();
    return text_;
  }

 private:
  bool readable(int patience_ms) const {
    pollfd polled{.fd = master_.get(), .events = POLLIN, .revents = 0};
    return ::poll(&polled, 1, patience_ms) > 0 && (polled.revents & POLLIN) != 0;
  }

  Fd master_;
  Fd slave_;
  std::string name_;
  std::string text_;
  std::jthread reader_;
};

std::string shown(const Arguments& command, const ScratchFolder& folder, unsigned short columns,
                  const char* term) {
  Terminal terminal(columns);
  const Ended ended = run_program(command, {.folder = folder.path(),
                                            .out = terminal.name(),
                                            .err = terminal.name(),
                                            .environment = {std::string("TERM=") + term}});
  EXPECT_EQ(ended.exit_code, 0) << command.front();
  return terminal.text();
}

TEST(CliTerminal, ADumbAndNarrowOneGetsNeitherControlCodesNorBrokenLines) {
  const ScratchFolder folder;
  for (const Arguments& command :
       {kRun, Arguments{"show", "r.json"}, Arguments{"show", "--notes", "r.json"},
        Arguments{"compare", "r.json"}, Arguments{"doctor"}, Arguments{"run", "--help"}}) {
    SCOPED_TRACE(::testing::PrintToString(command));
    const std::string text = shown(command, folder, 40, "dumb");
    EXPECT_THAT(text, Not(HasSubstr("\033")));
    for (std::string line : lines_of(text)) {
      if (line.ends_with('\r')) line.pop_back();
      EXPECT_THAT(line, Not(HasSubstr("\r")));
      const auto columns = std::ranges::count_if(line, [](char c) { return (c & 0xC0) != 0x80; });
      // One word may be longer than the line, and so may the columns of a table.
      const bool is_text = line.find("  ") == line.npos && line.find(' ') != line.npos;
      if (is_text) {
        EXPECT_LE(columns, 40) << line;
      }
    }
  }
}

TEST(CliTerminal, AUsualOneSeesProgressOnOneLine) {
  const ScratchFolder folder;
  EXPECT_THAT(shown(kRun, folder, 80, "xterm"), HasSubstr("\r\033[K"));
}

TEST(CliTerminal, ResultsComeThroughPipesToo) {
  const ScratchFolder folder;
  ASSERT_EQ(run_program(kRun, {.folder = folder.path()}).exit_code, 0);
  const std::string program = ASYNCBENCH_PROGRAM;
  const std::string expected = run_program({"show", "r.json"}, {.folder = folder.path()}).out;
  for (const std::string& command :
       {"cat r.json | " + program + " show -", program + " show - < r.json",
        "gzip -c r.json | " + program + " show -", "cat r.json | " + program + " show /dev/stdin",
        "gzip -k r.json; " + program + " show r.json.gz",
        "mkfifo pipe; cat r.json > pipe & " + program + " show pipe"}) {
    SCOPED_TRACE(command);
    const Ended ended = run_program({"-c", command}, {.folder = folder.path(), .program = "sh"});
    EXPECT_EQ(ended.exit_code, 0) << ended.err;
    EXPECT_EQ(ended.out, expected);
  }
  const Ended page = run_program({"-c", "cat r.json | " + program + " report -"},
                                 {.folder = folder.path(), .program = "sh"});
  EXPECT_EQ(page.exit_code, 2);
  EXPECT_THAT(page.err, HasSubstr("give --out FILE"));
}

TEST(CliTerminal, CtrlCTwiceEndsAtOnce) {
  const ScratchFolder folder;
  for (const auto pause : {std::chrono::milliseconds(0), std::chrono::milliseconds(50)}) {
    Program run({"run", "fetch", "--strategies", "epoll,asio,uring", "--duration", "30s", "--turns",
                 "off", "--trials", "5", "--cpu-idle", "default", "--force", "--out", "i.json"},
                {.folder = folder.path()});
    while (run.line_of_errors().find("[1/") == std::string::npos) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(500));
    const auto begun = std::chrono::steady_clock::now();
    run.signal(SIGINT);
    std::this_thread::sleep_for(pause);
    run.signal(SIGINT);
    const Ended ended = run.wait();
    EXPECT_EQ(ended.exit_code, 130);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, std::chrono::milliseconds(1500));
    std::filesystem::remove(folder.path() / "i.json.journal");
  }
}

TEST(CliTerminal, CommandsToPasteAreQuoted) {
  const ScratchFolder folder;
  Arguments command = kRun;
  command.back() = "my results.json";
  const Ended run = run_program(command, {.folder = folder.path()});
  EXPECT_EQ(run.exit_code, 0) << run.err;
  EXPECT_THAT(run.out, HasSubstr("asyncbench report 'my results.json'"));
}

}  // namespace
}  // namespace asyncbench::test
