// One trial of one cell: fresh processes, one conversation, one record. A sitting leads it through
// its phases.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "result/result.hpp"
#include "run/conversation.hpp"
#include "run/plan.hpp"

namespace asyncbench::run {

struct TrialOrder {
  const PlannedCell& cell;
  const Settings& settings;
  result::TrialKind kind = result::TrialKind::timed;
  unsigned block = 0;
  unsigned repeat = 0;
  int interrupt_fd = -1;  // readable: give up, the trial ends as cancelled
  // Not empty: its client says once a second how it does.
  TellProgress on_progress = {};
};

// With a request budget the window's length is a guess.
Duration window_of(const Settings& settings, result::TrialKind kind);

// Call its phases in their order; each throws TrialFailure, after which only fail() and take() may
// follow. The participants have ended when it is destroyed.
class TrialRun {
 public:
  // `turns`: how many the cell takes, the warm-up's too; 0: it has the whole window.
  TrialRun(const TrialOrder& order, std::size_t turns);

  // Starts the participants and waits until every task has had its first outcome.
  void start();

  // Tells them the window. With a request budget, wait_for_budget() then returns its end.
  void go(const measure::WindowSpan& window);
  Time wait_for_budget();

  // Nothing may be said until then.
  void pass_until(Time until) { conversation_.pass_until(until); }

  // Takes the records; the participants end.
  void collect(Time window_end);

  // The trial from the records, and its invariants. `canaries`: those in rests, by their time.
  void judge(const std::map<Time, Duration>& canaries);

  void fail(const TrialFailure& failure);

  // Ends the subject as an interrupted run does. What was wrong about that; empty: nothing.
  std::string break_off();

  // Before judge().
  result::Disturbance& disturbance() { return trial_.disturbance; }
  const result::Trial& trial() const { return trial_; }
  result::Trial take() { return std::move(trial_); }

 private:
  using Role = workloads::Role;

  // What is kept of one role.
  struct Participants {
    std::vector<std::unique_ptr<Process>> processes;  // none: the role is not ours to play
    report::Record record;                            // of all of them

    std::vector<Process*> pointers() const;
  };

  Participants& in(Role role) { return participants_[static_cast<std::size_t>(role)]; }
  Process& first(Role role) { return *in(role).processes.front(); }
  const report::Record* record_of(Role role) {
    return in(role).processes.empty() ? nullptr : &in(role).record;
  }
  std::vector<Role> roles() const;
  order::Job job_for(Role role, const workloads::Address& address, load::Part part) const;
  std::optional<measure::ProfileOptions> profiling() const;
  std::string name_for(Role role, load::Part part) const;
  void launch(Role role, const workloads::Address& address);
  void check_clients(const std::vector<report::Record>& records);
  Duration profile_patience() const;
  Duration ready_limit() const;
  void put_turns(const std::map<Time, Duration>& canaries);
  void put_peers();
  void put_series();

  const PlannedCell& cell_;
  const Settings& settings_;
  const result::TrialKind kind_;
  const std::uint64_t seed_;
  const std::size_t turns_;
  const bool live_;
  const unsigned clients_;         // processes that play the client
  Time schedule_begins_ = kNever;  // of several clients
  measure::WindowSpan window_;
  // The processes end before the conversation in which they are heard.
  Conversation conversation_;
  const std::vector<Role> roles_ = roles();
  std::array<Participants, workloads::kRoles> participants_;
  result::Trial trial_;
};

}  // namespace asyncbench::run
