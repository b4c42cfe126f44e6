// What can weaken a measurement, and what to do about it.
#pragma once

#include <string_view>

namespace asyncbench::analyze {

// The codes of notes. Those that run gives to a single trial have names of their own; these come
// from looking at a trial's figures or across trials.
inline constexpr std::string_view kNotSteady = "not_steady";
inline constexpr std::string_view kNonStationary = "non_stationary";
inline constexpr std::string_view kGeneratorLimited = "generator_limited";
inline constexpr std::string_view kOverload = "overload";
inline constexpr std::string_view kDisturbed = "disturbed";
inline constexpr std::string_view kThrottled = "throttled";
inline constexpr std::string_view kStalled = "stalled";
inline constexpr std::string_view kNoRequests = "no_requests";
inline constexpr std::string_view kErrors = "errors";
inline constexpr std::string_view kInvalidTrials = "invalid_trials";
inline constexpr std::string_view kFewTrials = "few_trials";
inline constexpr std::string_view kPeersDiffer = "peers_differ";
inline constexpr std::string_view kCpuIncomplete = "cpu_incomplete";
inline constexpr std::string_view kTurnsOverlap = "turns_overlap";
inline constexpr std::string_view kWorksAtRest = "works_at_rest";
inline constexpr std::string_view kReferenceAbsent = "reference_absent";  // of a group
inline constexpr std::string_view kTwinDiffers = "twin_differs";          // of a group
inline constexpr std::string_view kMachineStates = "machine_states";      // of a group
inline constexpr std::string_view kSharedCore = "shared_core";
inline constexpr std::string_view kOnePeer = "one_peer";                  // of a group
inline constexpr std::string_view kPeersAgree = "peers_agree";            // of a group
inline constexpr std::string_view kPeersDisagree = "peers_disagree";      // of a group
inline constexpr std::string_view kBuilds = "builds";  // of a comparison of two results
inline constexpr std::string_view kArrivalsNotPoisson = "arrivals_not_poisson";  // by run

struct NoteMeaning {
  std::string_view code;
  std::string_view meaning;  // one sentence for someone who reads a table
  std::string_view advice;   // what to do about it
};

// Null for a code that is not in the catalogue.
const NoteMeaning* meaning_of(std::string_view code);

}  // namespace asyncbench::analyze
