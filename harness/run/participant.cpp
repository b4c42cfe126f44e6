#include "run/participant.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <deque>
#include <span>
#include <stop_token>
#include <thread>
#include <vector>

#include "core/fd.hpp"
#include "core/loop_descriptors.hpp"
#include "measure/cpu.hpp"
#include "programs/process_tree.hpp"
#include "programs/program.hpp"
#include "result/success.hpp"
#include "run/agenda.hpp"
#include "run/live.hpp"
#include "run/messages.hpp"
#include "run/pipe.hpp"
#include "run/plan.hpp"
#include "run/program_participant.hpp"
#include "run/resources.hpp"
#include "run/window_meter.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using workloads::Side;

constexpr Duration kTearDownLimit = std::chrono::seconds(1);

// Where each request of this time has failed, more of them would only fail, too.
constexpr Duration kHopelessAfter = std::chrono::seconds(1);
// So long the first answer may take after that, before it is looked for again.
constexpr Duration kLookAgain = std::chrono::milliseconds(100);

// Every request so far has failed.
struct NothingSucceeds : StrategyError {
  NothingSucceeds(const std::string& reason, std::vector<measure::FailureCount> seen)
      : StrategyError(reason), failures(std::move(seen)) {}
  std::vector<measure::FailureCount> failures;
};

// Takes the count of a timer or a wake-up, so that its descriptor waits again.
void read_count(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const ssize_t got = ::read(fd, &count, sizeof count);
}

// The two descriptors to the runner.
class Line {
 public:
  // The next whole line; nullopt when there is none yet, see ended().
  std::optional<std::string> take() { return lines_.take(); }

  // Reads what has come, waiting until there is something.
  void receive() {
    std::array<char, 4096> buffer;
    const ssize_t got = ::read(kJobFd, buffer.data(), buffer.size());
    if (got > 0) {
      lines_.text().append(buffer.data(), static_cast<std::size_t>(got));
    } else if (got == 0 || errno != EINTR) {
      ended_ = true;
    }
  }

  // The runner has gone.
  bool ended() const { return ended_; }

  static void send(const Report& report) { write_line(kRecordFd, to_line(report)); }

 private:
  LineBuffer lines_;
  bool ended_ = false;
};

Fd termination_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  // Blocked before any other thread exists: all of them inherit it.
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return granted(::signalfd(-1, &signals, SFD_CLOEXEC), "signalfd");
}

// Runs one job: the harness thread's poll loop around a strategy in a thread of its own.
class Participant {
 public:
  Participant(const order::Job& order, Strategy& strategy, Line& line)
      : order_(order),
        strategy_(strategy),
        program_(programs::as_program(&strategy)),
        line_(line),
        meter_(order.count_syscalls, order.profile,
               program_ != nullptr ? programs::kUsageOfPrograms : measure::UsageSource{}) {}

  report::Record run() {
    const Footprint before = take_baseline(strategy_);
    report::Record record;
    run_side(record);
    record.usage = meter_.usage();
    record.turns_cpu_ns = meter_.turns_cpu_ns();
    record.usage.cpus.assign(order_.cpus.begin(), order_.cpus.end());
    record.usage.usable_cpus = measure::usable_cpus(
        measure::allowed_cpus().size(), strategy_.info().event_loop ? order_.settings.threads : 0);
    record.resources_missing += wait_until_back(before, strategy_, kTearDownLimit);
    record.resources_back = record.resources_missing.empty();
    record.profile = meter_.take_profile(record.lanes);
    return record;
  }

 private:
  // What happens in a trial, in this order; a failure or a stop may skip some of it.
  enum class Phase { before_window, window, drain, stopped };

  void run_side(report::Record& record) {
    // There are as many lanes as loops; a strategy that starts threads of its own gets one a CPU.
    const std::size_t lanes = strategy_.info().event_loop ? std::size_t{order_.settings.threads}
                                                          : measure::allowed_cpus().size();
    const std::unique_ptr<Side> side = make_side(lanes);
    record.lanes.resize(lanes);
    Job job = job_over(record.lanes);
    if (const auto address = side->address()) Line::send(report::Listening{*address});

    std::string failure;
    {
      const std::jthread strategy_thread([&] {
        try {
          rehearse(*side, lanes);
          side->prepare(job);
          job.loop_thread_ends = [this] { meter_.thread_ends(); };
          meter_.look_on(job);
          participant_ != nullptr ? participant_->run(job.stop) : strategy_.run(job);
          meter_.thread_ends();
        } catch (const std::exception& error) {
          failure = error.what();
        }
        raise(finished_);
      });
      try {
        attend(*side);
      } catch (...) {
        stop_.request_stop();  // the thread is joined on the way out
        throw;
      }
    }
    if (!failure.empty()) throw StrategyError(failure);
    if (phase_ == Phase::before_window || phase_ == Phase::window) {
      throw StrategyError("the strategy ended before the window did");
    }
    side->fill(record);
    if (participant_ != nullptr) record.resources_missing = participant_->left_behind();
    if (program_ != nullptr) record.lanes.clear();  // it has loops of its own, and does not say
    // A server has as many lanes as loops were allowed, which thread strategies have none of. Where
    // threads share a queue, they have counted by themselves.
    if (record.requests_by_lane.size() == lanes) {
      for (std::size_t lane = 0; lane < lanes; ++lane) {
        record.lanes[lane].counters.try_emplace("requests", record.requests_by_lane[lane]);
      }
    }
    record.window_start_ns = window_.start_ns;
    record.window_end_ns = window_.end_ns.value_or(0);
  }

  std::unique_ptr<Side> make_side(std::size_t lanes) {
    if (program_ != nullptr) return program_side();
    const workloads::Workload& workload = *workloads::find_workload(order_.workload);
    const workloads::Forms forms = workload.forms(order_.role, order_.work.parameters);
    const Support support = takes_part(strategy_, forms.operations);
    const bool exchange = !support && forms.exchange && takes_part(strategy_, *forms.exchange);
    if (!support && !exchange) throw StrategyError(support.reason);
    return workload.make_side({.role = order_.role,
                               .work = order_.work,
                               .address = order_.address,
                               .exchange = exchange,
                               .null_strategy = order_.strategy == kNullStrategy,
                               .lanes = lanes,
                               .shared_lanes = strategy_.info().shares_lanes(),
                               .threads = order_.settings.threads,
                               .one_listener = strategy_.info().one_listener,
                               .window_expected = order_.window_expected,
                               .turns = static_cast<std::size_t>(order_.turns),
                               .request_budget = order_.settings.requests,
                               .stages = order_.settings.stages,
                               .part = order_.part,
                               .seed = order_.settings.seed,
                               .observer = meter_.observer(),
                               .on_ready = [this] { raise(ready_); },
                               .on_budget_spent = [this] { raise(spent_); }});
  }

  std::unique_ptr<Side> program_side() {
    if (!program_->takes_part(order_.role, order_.workload)) {
      return program_->start(order_.work, order_.settings.threads);
    }
    auto side = std::make_unique<ProgramParticipant>(
        program_->file(), order_,
        ProgramParticipant::Events{.on_ready = [this] { raise(ready_); },
                                   .on_budget_spent = [this] { raise(spent_); }});
    participant_ = side.get();
    return side;
  }

  Job job_over(std::span<LaneReport> lanes) const {
    Job job;
    job.lanes = lanes;
    job.threads = order_.settings.threads;
    job.slack = order_.settings.slack;
    job.stop = stop_.get_token();
    return job;
  }

  void rehearse(Side& side, std::size_t lanes) {
    while (true) {
      std::vector<LaneReport> unread(lanes);
      Job job = job_over(unread);
      if (!side.rehearse(job)) return;
      strategy_.run(job);
    }
  }

  // From a strategy's thread.
  void raise(std::atomic<bool>& flag) {
    flag.store(true);
    wake_.wake();
  }

  void attend(Side& side) {
    bool told_ready = false;
    begun_ = now();
    if (order_.role == Role::client) hope_ends_ = begun_ + kHopelessAfter;
    while (true) {
      std::array<pollfd, 5> polled{pollfd{.fd = line_.ended() ? -1 : kJobFd, .events = POLLIN},
                                   pollfd{.fd = signals_.get(), .events = POLLIN},
                                   pollfd{.fd = alarm_.get(), .events = POLLIN},
                                   pollfd{.fd = wake_.get(), .events = POLLIN},
                                   pollfd{.fd = meter_.descriptor(), .events = POLLIN}};
      const int got = ::poll(polled.data(), polled.size(),
                             milliseconds_until(std::min(hope_ends_, progress_due_)));
      if (now() >= progress_due_) tell_progress(side);
      if (got <= 0) {
        if (now() >= hope_ends_) look_for_success(side);
        continue;
      }
      // The alarm first: what it measures is exact only at once.
      if (polled[2].revents != 0) {
        read_count(alarm_.get());
        alarm_rings();
      }
      if (polled[3].revents != 0) {
        read_count(wake_.get());
        if (ready_ && !told_ready) {
          told_ready = true;
          if (is_stopped_between_turns()) participant_->rest();
          Line::send(report::Ready{});
        }
        if (spent_.exchange(false)) budget_is_spent(side);
        // Tasks that see the window's end may be faster than the alarm of it.
        if (finished_) {
          alarm_rings();
          return;
        }
      }
      if (now() >= hope_ends_) look_for_success(side);
      if (polled[4].revents != 0) meter_.attend();
      if (polled[1].revents != 0) give_up();
      if (polled[0].revents != 0) {
        line_.receive();
        while (const auto text = line_.take()) obey(order_from(*text), side);
        if (line_.ended()) give_up();
      }
    }
  }

  static int milliseconds_until(Time at) {
    if (at == kNever) return -1;
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(at - now());
    return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
  }

  void look_for_success(Side& side) {
    const auto failures = side.nothing_but_failures();
    hope_ends_ = failures ? now() + kLookAgain : kNever;
    if (!failures || failures->empty()) return;
    std::uint64_t ended = 0;
    for (const measure::FailureCount& failure : *failures) ended += failure.count;
    const std::string remedy = result::remedy_for(*failures);
    const auto waited = std::chrono::round<std::chrono::seconds>(now() - begun_).count();
    throw NothingSucceeds(
        fmt::format("every request of the first {} failed: {}{}{}",
                    waited <= 1 ? "second" : fmt::format("{} s", waited),
                    result::text_of(*failures, ended), remedy.empty() ? "" : "; ", remedy),
        *failures);
  }

  // How long this cell has been at work: while others have their turns, it is not.
  Duration active() const {
    return window_.turns ? window_.turns->active_until(now()) : now().time_since_epoch();
  }

  void tell_progress(Side& side) {
    progress_due_ = now() + kLiveEvery;
    const report::Progress progress = live_->take(side.tally(), active());
    if (progress.active > Duration{0}) Line::send(progress);
  }

  void obey(const Order& order, Side& side) {
    std::visit(Overloaded{[](const order::Job&) { throw ProtocolError("a second job"); },
                          [&](const order::Go& go) { start(go, side); },
                          [&](const order::WindowEnd& end) {
                            side.set_window({.start_ns = window_.start_ns,
                                             .end_ns = end.window_end_ns,
                                             .turns = std::nullopt});
                            end_window(end.window_end_ns);
                          },
                          [&](const order::Stop&) { stop(); }},
               order);
  }

  void start(const order::Go& go, Side& side) {
    window_ = go.window;
    side.set_window(window_);
    due_ = agenda_of(window_, is_stopped_between_turns());
    if (window_.end_ns) meter_.set_window_end(from_ns(*window_.end_ns));
    alarm_.arm(due_.front().at);
  }

  // A program that does not take turns rests between them. It goes on when the window ends.
  bool is_stopped_between_turns() const {
    return participant_ != nullptr && order_.turns > 0 && !participant_->takes_turns();
  }

  // Does all that is due by now.
  void alarm_rings() {
    while (!due_.empty() && due_.front().at <= now()) {
      const Due next = due_.front();
      due_.pop_front();
      act(next);
    }
    if (!due_.empty()) alarm_.arm(due_.front().at);
  }

  void act(const Due& due) {
    using What = Due::What;
    switch (due.what) {
      case What::window_starts:
        return begin_window();
      case What::turn_starts:
        return meter_.turn_starts(due.begins);
      case What::program_goes_on:
        return participant_->go_on();
      case What::program_rests:
        return participant_->rest();
      case What::turn_ends:
        return meter_.turn_ends();
      case What::window_ends:
        return end_window(*window_.end_ns);
      case What::stop:
        return stop();
    }
  }

  void begin_window() {
    if (phase_ != Phase::before_window) return;
    meter_.window_starts();
    phase_ = Phase::window;
    if (!order_.live) return;
    live_.emplace(active());
    progress_due_ = now() + kLiveEvery;
  }

  void budget_is_spent(Side& side) {
    const std::int64_t end_ns = side.window_end_ns();
    end_window(end_ns);
    Line::send(report::WindowEnd{end_ns});
  }

  void end_window(std::int64_t end_ns) {
    // A small budget can be spent before the alarm of the start has been seen.
    begin_window();
    if (phase_ != Phase::window) return;
    meter_.window_ends();
    if (is_stopped_between_turns()) participant_->go_on();
    meter_.set_window_end(from_ns(end_ns));
    window_.end_ns = end_ns;
    phase_ = Phase::drain;
    progress_due_ = kNever;
    due_.clear();
    // A server drains until it is told to stop: its clients may still be waiting for it.
    if (order_.role == Role::client) {
      due_.push_back({.at = from_ns(end_ns) + order_.settings.grace, .what = Due::What::stop});
      alarm_.arm(due_.front().at);
    }
  }

  // The run is to end, whatever becomes of this trial.
  void give_up() {
    if (participant_ != nullptr) participant_->give_up();
    stop();
  }

  void stop() {
    if (phase_ == Phase::drain) phase_ = Phase::stopped;
    hope_ends_ = kNever;  // from now on, requests are cancelled
    progress_due_ = kNever;
    stop_.request_stop();
  }

  const order::Job& order_;
  Strategy& strategy_;
  programs::Program* program_;                 // the strategy, if it is one
  ProgramParticipant* participant_ = nullptr;  // a program that takes part by itself; the side
  Line& line_;
  WindowMeter meter_;
  Fd signals_ = termination_signals();
  TimerFd alarm_;
  WakeFd wake_;  // from the strategy's threads
  std::stop_source stop_;
  std::atomic<bool> ready_{false};
  std::atomic<bool> spent_{false};
  std::atomic<bool> finished_{false};
  Phase phase_ = Phase::before_window;
  measure::WindowSpan window_;
  std::deque<Due> due_;
  Time begun_ = kNever;
  Time hope_ends_ = kNever;  // some request must have succeeded by then
  std::optional<LiveMeter> live_;
  Time progress_due_ = kNever;
};

order::Job receive_job(Line& line) {
  while (true) {
    if (const auto text = line.take()) {
      const Order order = order_from(*text);
      if (const auto* job = std::get_if<order::Job>(&order)) return *job;
      throw ProtocolError("the first line is not a job");
    }
    if (line.ended()) throw ProtocolError("the runner ended before it sent a job");
    line.receive();
  }
}

report::Record run_job(const Registry& registry, Line& line) {
  const order::Job order = receive_job(line);
  // Between fork and prctl the runner may have ended without the signal reaching us.
  if (order.parent != 0 && ::getppid() != order.parent) {
    throw ProtocolError("the runner has ended");
  }
  if (!order.cpus.empty()) {
    const std::string refused = measure::pin_to({order.cpus.begin(), order.cpus.end()});
    if (!refused.empty()) throw StrategyError(refused);
  }
  Strategy* strategy = registry.find(order.strategy);
  if (strategy == nullptr) throw StrategyError("unknown strategy " + order.strategy);
  return Participant(order, *strategy, line).run();
}

}  // namespace

int participant_main(const Registry& registry) {
  if (::fcntl(kJobFd, F_GETFD) < 0 || ::fcntl(kRecordFd, F_GETFD) < 0) {
    fmt::print(stderr,
               "asyncbench participant is started by asyncbench run, with a job on descriptor {} "
               "and its record expected on {}; see docs/participant-protocol.md\n",
               kJobFd, kRecordFd);
    return 2;
  }
  ::fcntl(kJobFd, F_SETFD, FD_CLOEXEC);
  ::fcntl(kRecordFd, F_SETFD, FD_CLOEXEC);
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  // Timers late by the default of 50 us would be measured as lateness of the strategy (prctl(2)).
  ::prctl(PR_SET_TIMERSLACK, 1);
  ::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();

  Line line;
  try {
    Line::send(run_job(registry, line));
  } catch (const NothingSucceeds& error) {
    Line::send(report::Failed{error.what(), error.failures});
  } catch (const std::exception& error) {
    Line::send(report::Failed{error.what()});
  }
  return 0;
}

}  // namespace asyncbench::run
