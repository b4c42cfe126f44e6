// The faults that the origin can commit: scripts of what it does instead of answering.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/outcome.hpp"
#include "core/time.hpp"

namespace asyncbench::http {

namespace fault_step {
struct SendBytes {
  std::string bytes;
};
struct Drip {
  std::string bytes;
  Duration gap;
};  // one byte at a time, `gap` between them
struct Pause {
  Duration time;
};
struct Stall {};      // nothing more until the client leaves or a stop
struct Close {};      // FIN
struct Reset {};      // RST
struct KeepAlive {};  // go on serving on this connection as usual
}  // namespace fault_step
using FaultStep =
    std::variant<fault_step::SendBytes, fault_step::Drip, fault_step::Pause, fault_step::Stall,
                 fault_step::Close, fault_step::Reset, fault_step::KeepAlive>;

struct FaultScript {
  std::string id;               // "S05", "C0-chunked"
  std::string summary;          // "FIN after the request"
  bool before_request = false;  // acts on accept (origin --fault), not on a request
  bool head_method = false;     // the client must ask with HEAD
  bool only_reused = false;     // acts on the second request of a connection, not on the first
  std::vector<FaultStep> steps;
  std::vector<Outcome> outcomes;  // what a client must report: one of these
  // Outcomes that libcurl's strategies may report instead (docs/faults.md lists them); empty: none.
  std::vector<Outcome> curl_outcomes;
};

// Every fault and control, in the order of docs/faults.md. A script that a client must report as
// `ok` sends the body of the target "/fault/ID", as BodyExpectation::of_origin("/fault/ID") expects
// it. A request with another spelling of the target (a query, a delay before it) expects other
// content.
std::span<const FaultScript> all_faults();

// Null when there is no such fault.
const FaultScript* find_fault(std::string_view id);

}  // namespace asyncbench::http
