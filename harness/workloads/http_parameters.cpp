#include "workloads/http_parameters.hpp"

namespace asyncbench::workloads {

std::string HttpParameters::origin_target() const {
  std::string target;
  if (server_delay.mean > Duration::zero()) {
    target += "/delay/";
    if (server_delay.exponential) target += "exp:";
    target += std::to_string(server_delay.mean.count()) + "ns";
  }
  return target + "/bytes/" + std::to_string(body_bytes);
}

}  // namespace asyncbench::workloads
