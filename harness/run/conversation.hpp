// What the runner and the participants of one trial say to each other, in turns: whoever is heard
// out of turn, too late or not at all fails the trial.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/time.hpp"
#include "result/result.hpp"
#include "run/messages.hpp"
#include "run/process.hpp"

namespace asyncbench::run {

// Thrown by everything here: how the trial ends, and why.
struct TrialFailure {
  result::TrialStatus status;
  std::string reason;
  std::optional<std::vector<result::FailureCount>> failures = {};  // where requests did only fail
};

class Conversation {
 public:
  // `interrupt_fd` becomes readable when the trial is to be given up; -1: never.
  explicit Conversation(int interrupt_fd) : watch_(interrupt_fd) {}

  // From now on the process is heard; it outlives the conversation, or is waited for by
  // await_end().
  void join(Process& process) { processes_.push_back(&process); }

  void tell(Process& process, const Order& order) { process.send(to_line(order)); }
  void tell_all(const Order& order, const Process* but = nullptr);

  // Called with each report of a participant's progress, which may come at any time while something
  // else is awaited. Without it they are refused.
  void on_progress(std::function<void(const report::Progress&)> tell) { tell_ = std::move(tell); }

  // The report that is due next, which must be of this type and from this participant.
  template <class Wanted>
  Wanted await(Process& from, Time deadline, std::string_view name) {
    Heard heard = hear(from, deadline, name);
    auto* const wanted = std::get_if<Wanted>(&heard.report);
    if (wanted == nullptr || heard.from != &from) refuse(heard, name);
    return std::move(*wanted);
  }

  // The same from each of them, in any order; only that it has come is of interest.
  template <class Wanted>
  void await_each(std::vector<Process*> from, Time deadline, std::string_view name) {
    while (!from.empty()) {
      const Heard heard = hear(*from.front(), deadline, name);
      const bool is_due = std::erase(from, heard.from) > 0;
      if (!is_due || !std::holds_alternative<Wanted>(heard.report)) refuse(heard, name);
    }
  }

  // The records of participants, which end by themselves once they have delivered them, in any
  // order.
  std::vector<report::Record> await_records(std::span<Process* const> from, Time deadline);

  // Nothing may happen until then.
  void pass_until(Time until);

  [[noreturn]] static void fail(const Process& process, const std::string& reason);

 private:
  struct Heard {
    Process* from = nullptr;
    std::string line;
    Report report;
  };

  Heard hear(const Process& from, Time deadline, std::string_view name);
  bool is_running(const Process* process) const;
  [[noreturn]] static void refuse(const Heard& heard, std::string_view name);
  Event next_event(Time deadline);
  bool is_progress(const Event& event) const;
  static std::string line_of(const Event& event);
  static Report parsed(const Process& from, const std::string& line);

  ProcessWatch watch_;
  std::function<void(const report::Progress&)> tell_;
  std::optional<Event> early_;
  std::vector<Process*> processes_;  // those that have not ended yet
};

}  // namespace asyncbench::run
