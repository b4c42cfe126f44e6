#include "workloads/http_parameters.hpp"

#include <array>

namespace asyncbench::workloads {

namespace {

constexpr std::array kInfos = {
    kConnectionsInfo,
    ParameterInfo{.name = "body_bytes",
                  .kind = ValueKind::size,
                  .otherwise = "12",
                  .description = "body of a response",
                  .most = std::uint64_t{1} << 32,
                  .always_shown = true,
                  .of_origin = true},
    ParameterInfo{.name = "server_delay",
                  .kind = ValueKind::delay,
                  .otherwise = "0",
                  .description = "before the server answers; exp:10ms: random",
                  .of_origin = true},
    ParameterInfo{.name = "keep_alive",
                  .kind = ValueKind::on_off,
                  .otherwise = "on",
                  .description = "off: a new connection for each request"},
    kArrivalsInfo,
    kThinkTimeInfo,
    kDeadlineInfo,
};

}  // namespace

std::span<const ParameterInfo> http_parameter_infos() { return kInfos; }

HttpParameters HttpParameters::from(const Parameters& parameters, Verify verify) {
  return {.connections = static_cast<unsigned>(parameters.number("connections")),
          .body_bytes = parameters.number("body_bytes"),
          .server_delay = parameters.delay("server_delay"),
          .keep_alive = parameters.is_on("keep_alive"),
          .arrivals = parameters.arrivals("arrivals"),
          .think_time = parameters.duration("think_time"),
          .deadline = parameters.duration("deadline"),
          .verify = verify};
}

std::string HttpParameters::origin_target() const {
  std::string target;
  if (server_delay.mean > Duration::zero()) {
    target += "/delay/";
    if (server_delay.exponential) target += "exp:";
    target += std::to_string(server_delay.mean.count()) + "ns";
  }
  return target + "/bytes/" + std::to_string(body_bytes);
}

std::string pace_objection(const Parameters& parameters) {
  if (parameters.arrivals("arrivals").open_loop() &&
      parameters.duration("think_time") > Duration{0}) {
    return "think_time belongs to a closed loop; an open loop's pace is its arrivals";
  }
  return "";
}

bool never_pauses(const Parameters& parameters) {
  return !parameters.arrivals("arrivals").open_loop() &&
         parameters.duration("think_time") == Duration{0};
}

}  // namespace asyncbench::workloads
