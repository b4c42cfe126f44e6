#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <string>

#include "run/runner.hpp"

namespace asyncbench::run {
namespace {

// A participant holds more descriptors than its connections: rings, timers, pipes, listeners.
constexpr std::uint64_t kOtherDescriptors = 64;

// The targets of the embedded origin rotate over 127.0.0.1 to 127.0.0.16.
constexpr std::uint64_t kOriginAddresses = 16;

// /proc/sys/net/ipv4/ip_local_port_range; Linux' default where it cannot be read.
std::uint64_t ephemeral_ports() {
  std::uint64_t first = 32768;
  std::uint64_t last = 60999;
  std::ifstream{"/proc/sys/net/ipv4/ip_local_port_range"} >> first >> last;
  return last - first + 1;
}

void check_ports(std::vector<std::string>& problems, std::uint64_t connections,
                 std::uint64_t addresses) {
  const std::uint64_t ports = ephemeral_ports();
  if (connections <= ports * addresses) return;
  problems.push_back(fmt::format(
      "{} connections need more than the {} ports of net.ipv4.ip_local_port_range; widen it with "
      "sysctl -w net.ipv4.ip_local_port_range=\"1024 65535\", measure fewer --strategies at once, "
      "or "
      "use --turns off",
      connections, ports));
}

}  // namespace

std::vector<std::string> preflight(const Plan& plan) {
  std::vector<std::string> problems;
  std::uint64_t descriptors = 0;
  std::uint64_t own_ports = 0;
  std::map<std::string, std::uint64_t> foreign_ports;  // by what is open at once
  for (const PlannedCell& cell : plan.cells) {
    if (!cell.unsupported.empty()) continue;
    const workloads::Parameters& parameters = cell.work.parameters;
    descriptors = std::max(descriptors, cell.workload->descriptors(parameters));
    const std::uint64_t ports = cell.workload->ports(parameters);
    if (cell.work.urls.empty()) {
      own_ports = std::max(own_ports, ports);
    } else {
      // Those that sit together are all connected to the same server; the reference is so twice.
      const bool together = plan.takes_turns(cell, result::TrialKind::timed);
      std::uint64_t& open = foreign_ports[together ? cell.point : cell.id];
      open += together && open == 0 ? 2 * ports : ports;
    }
  }
  const std::uint64_t needed = descriptors + kOtherDescriptors;
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && needed > limit.rlim_max) {
    problems.push_back(fmt::format(
        "{} descriptors are needed, but the hard limit is {}; raise it with ulimit -Hn {} "
        "(as root) or use fewer connections",
        needed, limit.rlim_max, needed));
  }
  check_ports(problems, own_ports, kOriginAddresses);
  std::uint64_t most = 0;
  for (const auto& [what, ports] : foreign_ports) most = std::max(most, ports);
  check_ports(problems, most, 1);
  return problems;
}

}  // namespace asyncbench::run
