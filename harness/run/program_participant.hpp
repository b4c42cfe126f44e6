// A program of the user's that speaks the participant protocol by itself. This process starts it,
// passes on what the runner orders, and makes a whole record of what it reports.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>

#include "core/fd.hpp"
#include "programs/program_child.hpp"
#include "run/messages.hpp"
#include "run/pipe.hpp"

namespace asyncbench::run {

class ProgramParticipant final : public workloads::Side {
 public:
  struct Events {
    std::function<void()> on_ready;         // client: every task has had its first outcome
    std::function<void()> on_budget_spent;  // client: see window_end_ns()
  };

  // Starts the program with the job; a server is waited for until it listens. Throws StrategyError:
  // cause, and what the program said. The caller's thread and the file must outlive it.
  ProgramParticipant(const programs::ProgramFile& file, const order::Job& job, Events events);

  // Ends the program, and says on standard error when it had to be killed.
  ~ProgramParticipant() override;

  std::optional<workloads::Address> address() const override { return address_; }
  void prepare(Job& /*job*/) override {}
  void set_window(const measure::WindowSpan& window) override;
  std::int64_t window_end_ns() override { return window_end_ns_; }
  // Throws StrategyError: the records are not what they should be.
  void fill(workloads::SideRecord& record) override;

  // Takes part, in a thread of its own, until the program has reported its record and ended. After
  // `stop` it has some seconds for that. Throws StrategyError.
  void run(const std::stop_token& stop);

  // Before the stop: nothing more is wanted of the program.
  void give_up() { given_up_ = true; }

  // Whether the client begins requests in its turns alone, by itself. Known when it is ready.
  bool takes_turns() const { return takes_turns_; }

  // Stops all threads of the program, and lets them go on.
  void rest() { child_.signal(SIGSTOP); }
  void go_on() { child_.signal(SIGCONT); }

  // What the program has left, once it has ended; empty: nothing.
  const std::string& left_behind() const { return left_behind_; }

 private:
  struct Descriptors {
    Pipe orders = make_pipe();
    Pipe reports = make_pipe();
    Fd requests;
    Descriptors();
  };
  // What happens first.
  enum class Event { line, ended, stopped, nothing };

  bool is_client() const { return job_.role == Role::client; }
  void tell(const Order& order) { write_line(descriptors_.orders.write.get(), to_line(order)); }
  Event wait(std::string& line, Time limit, int stop_fd);
  Report heard(const std::string& line);
  void hear_listening();
  bool obey(Report report);
  void await_end();
  measure::Recording read_recording();
  [[noreturn]] void fail(const std::string& what) const { child_.fail(what); }

  const std::string name_;
  const order::Job job_;  // as the program is told
  const Events events_;
  const Time started_ = now();
  Descriptors descriptors_;
  programs::ProgramChild child_;
  LineBuffer lines_;
  std::optional<workloads::Address> address_;
  std::optional<measure::WindowSpan> window_;
  std::string due_;  // the report that is due next
  std::atomic<bool> takes_turns_{true};
  std::atomic<bool> given_up_{false};
  std::atomic<std::int64_t> window_end_ns_{0};  // with a budget
  report::Record record_;
  Time recorded_ = kNever;
  std::string left_behind_;
};

}  // namespace asyncbench::run
