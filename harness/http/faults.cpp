#include "http/faults.hpp"

namespace asyncbench::http {

std::span<const FaultScript> all_faults() { return {}; }
const FaultScript* find_fault(std::string_view) { return nullptr; }

}  // namespace asyncbench::http
