// The parameters of the HTTP workloads, fetch and serve.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "core/time.hpp"
#include "load/arrivals.hpp"
#include "workloads/parameters.hpp"

namespace asyncbench::workloads {

struct HttpParameters {
  unsigned connections = 64;  // client tasks, each with one connection at a time
  std::uint64_t body_bytes = 12;
  Delay server_delay;
  bool keep_alive = true;
  load::ArrivalSpec arrivals;
  Duration think_time{0};  // closed loop: between a response and the next request
  Duration deadline = std::chrono::seconds(5);  // of one request, from its actual start
  Verify verify = Verify::sample;

  // Of parameters that hold (at least) those of http_parameter_infos().
  static HttpParameters from(const Parameters& parameters, Verify verify);

  // The origin's path for body_bytes and server_delay: "/delay/10ms/bytes/12".
  std::string origin_target() const;
};

std::span<const ParameterInfo> http_parameter_infos();

// Those that other workloads share.
inline constexpr ParameterInfo kConnectionsInfo{
    .name = "connections",
    .kind = ValueKind::count,
    .otherwise = "64",
    .description = "connections, each with one request in flight",
    .least = 1,
    .most = 1'000'000,
    .always_shown = true};
inline constexpr ParameterInfo kArrivalsInfo{
    .name = "arrivals",
    .kind = ValueKind::arrivals,
    .otherwise = "closed",
    .description = "closed, or an open loop: constant:RATE, poisson:RATE (requests per second)"};
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

// What arrivals and think time mean together: "" or why they cannot be.
std::string pace_objection(const Parameters& parameters);

// Whether a task begins its next request as soon as the last one has ended: a closed loop without
// think time.
bool never_pauses(const Parameters& parameters);

}  // namespace asyncbench::workloads
