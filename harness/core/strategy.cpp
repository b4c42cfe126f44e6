#include "core/strategy.hpp"

#include <array>

namespace asyncbench {

namespace {

struct Offer {
  OpSet operations;
  const char* name;
};

// Operations that come together, under the name that a reason calls them by.
constexpr std::array kOffers{
    Offer{{OpKind::accept}, "server side"},
    Offer{kStreamOps, "byte streams"},
    Offer{kFileOps, "file operations"},
    Offer{{OpKind::sleep}, "timers"},
    Offer{{OpKind::exchange}, "HTTP client"},
    Offer{{OpKind::gather}, "gathering of tasks"},
    Offer{kTaskOps, "tasks"},
};

// "server side and no byte streams"
std::string names_of(OpSet operations) {
  std::string names;
  for (const Offer& offer : kOffers) {
    if ((offer.operations & operations).is_empty()) continue;
    names += (names.empty() ? "" : " and no ") + std::string(offer.name);
  }
  return names;
}

}  // namespace

Support can_perform(const Strategy& strategy, OpSet needed) {
  const StrategyInfo& info = strategy.info();
  const OpSet lacking = needed - info.operations;
  if (lacking.is_empty()) return strategy.host_support();
  return Support::no(info.name + " offers no " + names_of(lacking));
}

Support takes_part(const Strategy& strategy, OpSet needed) {
  const StrategyInfo& info = strategy.info();
  const OpSet work = needed - kTaskOps;
  if (!work.is_empty() && (work - info.incidental).is_empty()) {
    if (const std::size_t colon = info.name.find(':'); colon != std::string::npos) {
      return Support::no(info.name + " does all of this as " + info.name.substr(0, colon) +
                         " does: measure that");
    }
    return Support::no(info.name + " offers no " + names_of(work) + " of its own");
  }
  return can_perform(strategy, needed);
}

}  // namespace asyncbench
