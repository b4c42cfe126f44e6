#include "run/trial.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "measure/cpu.hpp"
#include "measure/disturbance.hpp"
#include "result/from_recording.hpp"
#include "run/clock_time.hpp"
#include "run/conversation.hpp"
#include "run/invariants.hpp"

namespace asyncbench::run {
namespace {

using result::TrialStatus;
using workloads::kRoles;

// Between an order and its answer; generous, since only a broken participant exhausts them.
constexpr Duration kAnswerLimit = std::chrono::seconds(10);
constexpr Duration kBudgetLimit = std::chrono::minutes(10);

// A profile takes longer: symbols are read, and stacks unwound by DWARF.
constexpr Duration kNamingLimit = std::chrono::seconds(20);
constexpr Duration kUnwindingLimit = std::chrono::minutes(5);

// A count trial is this long at most: its figure is a ratio that needs no long window.
constexpr Duration kCountWindow = std::chrono::milliseconds(200);

// What spawning two processes, connecting, draining and the canaries take, measured on two cores.
constexpr Duration kTrialOverhead = std::chrono::milliseconds(150);

// The window must not start before both participants know of it.
constexpr Duration kWindowLead = std::chrono::milliseconds(10);

// On the subject's CPU, where the runner itself is not.
Duration canary_on(const std::vector<unsigned>& cpus) {
  Duration took{0};
  std::thread([&] {
    if (!cpus.empty()) measure::pin_to({static_cast<int>(cpus.front())});
    took = measure::spin_canary();
  }).join();
  return took;
}

class TrialRun {
 public:
  explicit TrialRun(const TrialOrder& order)
      : cell_(order.cell),
        settings_(order.settings),
        kind_(order.kind),
        seed_(trial_seed(order.settings.seed, order.block)),
        conversation_(order.interrupt_fd) {
    trial_.block = order.block;
    trial_.repeat = order.repeat;
    trial_.kind = order.kind;
    trial_.started = utc_now();
    trial_.seed = seed_;
    trial_.warm_up_ns = settings_.warmup.count();
    trial_.window_ns = window_of(settings_, kind_).count();
  }

  result::Trial run() {
    try {
      conversation_.pass_until(now() + settings_.cooldown);
      trial_.disturbance.canary_before_ns = canary_on(settings_.pin.subject).count();
      converse();
      trial_.disturbance.canary_after_ns = canary_on(settings_.pin.subject).count();
      judge();
    } catch (const TrialFailure& failure) {
      trial_.status = failure.status;
      trial_.reason = failure.reason;
    } catch (const std::exception& error) {
      trial_.status = TrialStatus::failed;
      trial_.reason = error.what();
    }
    return std::move(trial_);
  }

 private:
  // What is kept of one role.
  struct Participant {
    std::unique_ptr<Process> process;  // null: the role is not ours to play
    report::Record record;
  };

  Participant& in(Role role) { return participants_[static_cast<std::size_t>(role)]; }
  const report::Record* record_of(Role role) {
    return in(role).process ? &in(role).record : nullptr;
  }

  // null plays fetch without a server.
  std::vector<Role> roles() const {
    if (cell_.strategy == kNullStrategy) return {Role::client};
    return cell_.workload->roles(cell_.work);
  }

  order::Job job_for(Role role, const workloads::Address& address) const {
    const bool is_subject = role == cell_.subject();
    order::Job job;
    job.role = role;
    job.workload = cell_.workload->info().name;
    job.strategy = is_subject ? cell_.strategy : settings_.peer_strategy;
    job.work = cell_.work;
    job.address = address;
    job.settings = settings_;
    job.settings.seed = seed_;
    if (!is_subject) job.settings.threads = 1;
    if (role != Role::client) job.settings.requests = 0;
    job.cpus = is_subject ? settings_.pin.subject : settings_.pin.peer;
    job.window_expected = window_of(settings_, kind_);
    job.count_syscalls = kind_ == result::TrialKind::count && is_subject;
    if (is_subject) job.profile = profiling();
    job.parent = ::getpid();
    return job;
  }

  // How this trial profiles its subject; empty: not at all.
  std::optional<measure::ProfileOptions> profiling() const {
    if (!settings_.profile) return std::nullopt;
    measure::ProfileOptions options = *settings_.profile;
    switch (kind_) {
      case result::TrialKind::profile:
        options.instruments = measure::Instruments::samples;
        return options;
      case result::TrialKind::count:
        options.instruments = measure::Instruments::calls;
        return options;
      case result::TrialKind::trace:
        options.instruments = measure::Instruments::waits;
        return options;
      case result::TrialKind::timed:
        break;
    }
    return std::nullopt;
  }

  // "subject", or "peer" with its role where there are several.
  std::string name_for(Role role) const {
    if (role == cell_.subject()) return "subject";
    return roles_.size() <= 2 ? "peer" : fmt::format("peer ({})", workloads::name_of(role));
  }

  Process& start(Role role, const workloads::Address& address) {
    std::unique_ptr<Process>& process = in(role).process;
    const std::string& program = role == cell_.subject() ? cell_.program : settings_.peer_program;
    process = std::make_unique<Process>(name_for(role), program, settings_.plugins);
    conversation_.join(*process);
    conversation_.tell(*process, job_for(role, address));
    return *process;
  }

  void converse() {
    // null connects to nothing, but its requests need an address to name.
    workloads::Address address{.port = 1};
    for (const Role role : roles_) {
      Process& process = start(role, address);
      if (role == Role::client) continue;
      address = conversation_.await<report::Listening>(process, now() + kAnswerLimit, "listening")
                    .address;
    }
    Process& client = *in(Role::client).process;
    conversation_.await<report::Ready>(client, now() + ready_limit(), "ready");

    const Time window_start = now() + std::max<Duration>(settings_.warmup, kWindowLead);
    const Time window_end = lay_window(window_start);
    // The client first: the servers answer it until it has ended.
    for (auto role = roles_.rbegin(); role != roles_.rend(); ++role) {
      Participant& participant = in(*role);
      Time patience = now() + kAnswerLimit;
      if (*role == Role::client) {
        patience = window_end + settings_.grace + kAnswerLimit +
                   cell_.workload->patience(cell_.work.parameters);
      } else {
        conversation_.tell(*participant.process, order::Stop{});
      }
      if (*role == cell_.subject()) patience += profile_patience();
      participant.record =
          conversation_.await<report::Record>(*participant.process, patience, "record");
      conversation_.await_end(*participant.process);
    }
    if (!in(Role::client).record.recording) {
      Conversation::fail(client, "its record holds no recording");
    }
  }

  // Returns the window's end, whether it was set or found by the client.
  Time lay_window(Time start) {
    const bool by_budget = settings_.requests > 0;
    Time end = start + window_of(settings_, kind_);
    order::Go go{.window_start_ns = to_ns(start)};
    if (!by_budget) go.window_end_ns = to_ns(end);
    conversation_.tell_all(go);

    const int cpu = settings_.pin.subject.empty() ? 0 : static_cast<int>(settings_.pin.subject[0]);
    conversation_.pass_until(start);
    const measure::MachineSnapshot before = measure::take_machine(cpu);
    if (by_budget) {
      Process& client = *in(Role::client).process;
      const auto ended =
          conversation_.await<report::WindowEnd>(client, start + kBudgetLimit, "window_end");
      end = from_ns(ended.window_end_ns);
      conversation_.tell_all(order::WindowEnd{to_ns(end)}, &client);
    } else {
      conversation_.pass_until(end);
    }
    put_disturbance(measure::difference(before, measure::take_machine(cpu)));
    return end;
  }

  // The time that naming the samples takes.
  Duration profile_patience() const {
    if (kind_ == result::TrialKind::timed || !settings_.profile) return Duration{0};
    if (kind_ != result::TrialKind::profile) return kNamingLimit;
    return settings_.profile->profiler == measure::ProfilerKind::perf ? kUnwindingLimit
                                                                      : kNamingLimit;
  }

  // Time for every task's first outcome: a server's delay or a slow schedule may precede it.
  Duration ready_limit() const {
    Duration limit = kAnswerLimit + cell_.workload->patience(cell_.work.parameters);
    if (cell_.is_open_loop()) {
      const double rate_per_s = cell_.work.parameters.arrivals("arrivals").rate_per_s;
      const auto tasks = static_cast<double>(cell_.workload->in_flight(cell_.work.parameters));
      limit +=
          std::chrono::duration_cast<Duration>(std::chrono::duration<double>(tasks / rate_per_s));
    }
    return limit;
  }

  void put_disturbance(const measure::MachineSnapshot& spent) {
    result::Disturbance& disturbance = trial_.disturbance;
    disturbance.steal_ns = spent.steal_ns;
    disturbance.softirq_ns = spent.softirq_ns;
    disturbance.pressure_cpu_ns = spent.pressure_cpu_ns;
    disturbance.frequency_khz = spent.frequency_khz;
    disturbance.unreadable = spent.unreadable;
  }

  void judge() {
    const report::Record& client = in(Role::client).record;
    trial_.window_ns = client.window_end_ns - client.window_start_ns;
    result::put_recording(trial_, *client.recording);
    if (cell_.is_open_loop()) {
      trial_.offered_per_s =
          static_cast<double>(client.arrivals_due) * 1e9 / static_cast<double>(trial_.window_ns);
    }
    const report::Record& subject = in(cell_.subject()).record;
    trial_.subject = subject.usage;
    trial_.subject.unreadable.insert(subject.unreadable.begin(), subject.unreadable.end());
    trial_.lanes = subject.lanes;
    trial_.profile = subject.profile;
    put_peers();
    put_series();
    check_invariants(trial_,
                     {.client = &client,
                      .server = record_of(Role::server),
                      .upstream = record_of(Role::upstream)},
                     cell_);
    const bool bug = ended_whole_trial(*client.recording, Outcome::internal) > 0;
    trial_.valid = !trial_.broken() && !bug;
    if (!trial_.valid) {
      trial_.status = TrialStatus::invalid;
      for (const result::Note& note : trial_.notes) {
        if (!trial_.reason.empty()) trial_.reason += "; ";
        trial_.reason += fmt::format("{}: {}", note.code, note.detail);
      }
    }
    note_arrivals(trial_, client);
  }

  // What the other participants used together, and what the client's server counted.
  void put_peers() {
    for (const Role role : roles_) {
      if (role == cell_.subject()) continue;
      const result::Usage& usage = in(role).record.usage;
      trial_.peer = trial_.peer ? result::sum(*trial_.peer, usage) : usage;
    }
    if (const report::Record* server = record_of(Role::server)) trial_.server = server->server;
  }

  void put_series() {
    std::map<Role, workloads::SideRecord> records;
    for (const Role role : roles_) {
      const report::Record& record = in(role).record;
      for (const auto& [name, histogram] : record.series) {
        if (const auto latency = result::latency_of(histogram)) {
          trial_.series.emplace(name, *latency);
        }
      }
      for (const auto& item : record.items) trial_.items.push_back({item.name, item.outcomes});
      trial_.curves.insert(record.curves.begin(), record.curves.end());
      records.emplace(role, record);
    }
    trial_.figures = cell_.workload->figures(cell_.work, records);
  }

  const PlannedCell& cell_;
  const Settings& settings_;
  const result::TrialKind kind_;
  const std::uint64_t seed_;
  // The processes end before the conversation in which they are heard.
  Conversation conversation_;
  const std::vector<Role> roles_ = roles();
  std::array<Participant, kRoles> participants_;
  result::Trial trial_;
};

}  // namespace

Duration window_of(const Settings& settings, result::TrialKind kind) {
  const bool counts = kind == result::TrialKind::count;
  return counts ? std::min(settings.duration, kCountWindow) : settings.duration;
}

Duration expected_time(const Settings& settings, result::TrialKind kind) {
  return settings.cooldown + settings.warmup + window_of(settings, kind) + kTrialOverhead;
}

result::Trial run_trial(const TrialOrder& order) {
  result::Trial trial = TrialRun(order).run();
  order.cell.workload->clean_up(order.cell.work);
  return trial;
}

}  // namespace asyncbench::run
