// What workloads have in common whose client issues requests at a pace: the parameters of the pace,
// and the way between a client side and its LoadRun.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/endpoint.hpp"
#include "workloads/load_run.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::workloads {

inline constexpr ParameterInfo kConnectionsInfo{
    .name = "connections",
    .kind = ValueKind::count,
    .otherwise = "64",
    .description = "connections, each with one request in flight",
    .least = 1,
    .most = 1'000'000,
    .always_shown = true,
    .divided = true};
inline constexpr ParameterInfo kArrivalsInfo{
    .name = "arrivals",
    .kind = ValueKind::arrivals,
    .otherwise = "closed",
    .description =
        "closed, or an open loop: constant:RATE, poisson:RATE (requests per second), or "
        "beside closed 30%: poisson, at this share of what the slowest did"};
inline constexpr ParameterInfo kThinkTimeInfo{
    .name = "think_time",
    .kind = ValueKind::duration,
    .otherwise = "0",
    .description = "closed loop: pause before the next request"};
inline constexpr ParameterInfo kDeadlineInfo{.name = "deadline",
                                             .kind = ValueKind::duration,
                                             .otherwise = "5s",
                                             .description = "of one request",
                                             .least = 1};

// Whether a task begins its next request as soon as the last one has ended: a closed loop without
// think time.
bool never_pauses(const Parameters& parameters);

// A workload whose client keeps kConnectionsInfo connections open to a server, each with one
// request in flight, at the pace of kArrivalsInfo and kThinkTimeInfo.
class ConnectionsWorkload : public Workload {
 public:
  explicit ConnectionsWorkload(const WorkloadInfo& info) : info_(info) {}

  const WorkloadInfo& info() const final { return info_; }

  // A server and its client; with the user's own URLs, the client alone.
  std::vector<Role> roles(const Work& work) const override;

  // Refuses arrivals and think time that make no sense together.
  std::string objection(const Work& work) const override;

  std::uint64_t in_flight(const Parameters& parameters) const final;
  bool keeps_in_flight(const Parameters& parameters) const override;
  bool can_rest(const Parameters& parameters) const override;
  std::uint64_t descriptors(const Parameters& parameters) const override;
  std::uint64_t ports(const Parameters& parameters) const override;

 private:
  WorkloadInfo info_;
};

// Lanes, window, budget, seed and events. Tasks, pace and stagger are the workload's.
LoadOptions load_options(const SideSetup& setup);

// Where the client's connections go in turn, over TCP: the loopback addresses on which the server
// listens (Listener::on_loopback()), as many as connections; of a server that is not ours the
// first.
std::vector<Endpoint> server_endpoints(const SideSetup& setup, std::uint64_t connections);

// A client whose requests one LoadRun paces and records.
class LoadSide : public Side {
 public:
  void set_window(const measure::WindowSpan& window) final;
  std::int64_t window_end_ns() final { return load().window().end_ns.load(); }
  std::optional<std::vector<measure::FailureCount>> nothing_but_failures() final;
  measure::Tally tally() final { return load().tally(); }
  // Recording and arrivals.
  void fill(SideRecord& record) override;

 protected:
  virtual LoadRun& load() = 0;
};

}  // namespace asyncbench::workloads
