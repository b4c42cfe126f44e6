#include "analyze/notes.hpp"

#include <algorithm>
#include <array>

namespace asyncbench::analyze {
namespace {

constexpr std::array<NoteMeaning, 20> kMeanings = {{
    {kNotSteady, "The start of the window still differs from the rest.", "Use a longer --warmup."},
    {kNonStationary, "The speed drifted during the window.",
     "Look for other load or thermal limits, or use a longer --duration."},
    {kGeneratorLimited,
     "The load generator was at its limit, so the server may be faster than shown; the ranking "
     "goes by CPU per request.",
     "Compare CPU per request, or give the generator more --peer-threads."},
    {kOverload,
     "Less was achieved than was offered: queues grew, and latencies depend on the "
     "window's length.",
     "Lower the rate of --arrivals."},
    {kDisturbed, "Something else used the CPUs.", "Stop other load and see `asyncbench doctor`."},
    {kThrottled,
     "A CPU quota held the program back, so the figures are those of the quota as much as of the "
     "strategy.",
     "Raise the quota of the container or service (cpu.max, --cpus, CPUQuota=), or measure outside "
     "of it; see `asyncbench doctor`."},
    {kStalled, "For part of the window no request ended, though all connections were busy.",
     "Stop other load, above all of higher priority; if it comes again on an idle machine, report "
     "it."},
    {kNoRequests, "No request ended within a window, so there is nothing to show.",
     "Use a --duration longer than a request takes."},
    {kErrors, "Some requests failed; latencies are those of the successful ones.",
     "See the outcomes in the result file."},
    {kInvalidTrials, "Some trials did not count.", "See their reasons in the result file."},
    {kFewTrials, "With so few trials, ± spans all of them and is no 95 % interval.",
     "Use --trials 6 or more."},
    {kPeersDiffer,
     "The other end's CPU differs by more than 10 % between strategies: work was shifted there, "
     "and the CPU of one end alone does not compare.",
     "Compare the total CPU per request."},
    {kCpuIncomplete,
     "Threads ended all the time, and the kernel's account of a process lacks what it spends on a "
     "thread's end, so the CPU is more than shown.",
     "Run as root, or in a control group of your own: systemd-run --user --scope -p Delegate=yes."},
    {kTurnsOverlap,
     "Requests outlasted the rest after their turn, so that cells disturbed one another and the "
     "CPU of a turn is not whole. Later sittings rest longer, up to 1 s.",
     "Use a longer --rest (and --turn), or --turns off."},
    {kWorksAtRest,
     "It used CPU while other cells had their turns: a thread that spins, or work that is put off.",
     "Measure it with --turns off."},
    {kReferenceAbsent, "What others are to be compared with has nothing valid here.",
     "Measure it too, or name another with --against."},
    {kTwinDiffers,
     "A strategy differs from its own twin by more than chance, so differences between strategies "
     "mean nothing here.",
     "Stop other load, see `asyncbench doctor`, and measure again; if it comes again, report it."},
    {kMachineStates,
     "The CPUs had two speeds during the run, which ratios within a round do not see; absolute "
     "figures are a mixture of both.",
     "Compare ratios, or measure on a machine of your own."},
    {kSharedCore,
     "The CPUs in use slow one another down: they share a core, or the host has less time for all "
     "of them than for one.",
     "Give CPUs of different cores with --pin (lscpu --extended)."},
    {kArrivalsNotPoisson,
     "The schedule of arrivals in a trial was an unusual one for a Poisson process, as one in a "
     "hundred is; all strategies of its block had the same.",
     "Where most trials have it, report it; else use more --trials."},
}};

}  // namespace

const NoteMeaning* meaning_of(std::string_view code) {
  const auto found = std::ranges::find(kMeanings, code, &NoteMeaning::code);
  return found == kMeanings.end() ? nullptr : found;
}

}  // namespace asyncbench::analyze
