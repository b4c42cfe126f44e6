// The parameters of the HTTP workloads, fetch and serve.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "core/time.hpp"
#include "load/arrivals.hpp"

namespace asyncbench::workloads {

enum class Verify : std::uint8_t {
  all,     // length and content of every response
  sample,  // length always, content on the first response of a connection and every 64th
  none,    // length alone
};

// A server's delay before it answers.
struct Delay {
  Duration mean{0};
  bool exponential = false;
};

struct HttpParameters {
  unsigned connections = 64;  // client tasks, each with one connection at a time
  std::uint64_t body_bytes = 12;
  Delay server_delay;
  bool keep_alive = true;
  load::ArrivalSpec arrivals;
  Duration think_time{0};  // closed loop: between a response and the next request
  Duration deadline = std::chrono::seconds(5);  // of one request, from its actual start
  Verify verify = Verify::sample;
  // A real server instead of the embedded origin; tasks take the URLs in turn. Empty: the origin.
  std::vector<std::string> urls;

  // The origin's path for body_bytes and server_delay: "/delay/10ms/bytes/12".
  std::string origin_target() const;
};

}  // namespace asyncbench::workloads
