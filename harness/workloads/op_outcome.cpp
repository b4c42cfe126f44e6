#include "workloads/op_outcome.hpp"

#include <initializer_list>

#include "workloads/tls/error.hpp"

namespace asyncbench::workloads {

namespace {

bool is_any_of(std::error_code error, std::initializer_list<std::errc> conditions) {
  for (const std::errc condition : conditions) {
    if (error == condition) return true;
  }
  return false;
}

}  // namespace

Outcome outcome_of_connect(std::error_code error) {
  using enum std::errc;
  if (const auto outcome = tls::outcome_of(error)) return *outcome;
  if (error == timed_out) return Outcome::connect_timeout;
  if (error == connection_refused) return Outcome::connect_refused;
  if (error == operation_canceled) return Outcome::cancelled;
  if (is_any_of(error, {connection_reset, connection_aborted})) return Outcome::reset;
  if (is_any_of(error, {host_unreachable, network_unreachable, network_down, invalid_argument})) {
    return Outcome::connect_unreachable;
  }
  return Outcome::local_resource;  // out of ports, descriptors or memory, or forbidden here
}

Outcome outcome_of_stream(std::error_code error, bool head_complete) {
  if (const auto outcome = tls::outcome_of(error)) return *outcome;
  if (error == std::errc::operation_canceled) return Outcome::cancelled;
  if (error != std::errc::timed_out) return Outcome::reset;
  return head_complete ? Outcome::timeout_body : Outcome::timeout_headers;
}

Outcome outcome_of_file(std::error_code error) {
  return error == std::errc::operation_canceled ? Outcome::cancelled : Outcome::local_resource;
}

}  // namespace asyncbench::workloads
