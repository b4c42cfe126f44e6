// Which CPUs the two sides of a cell run on, and where their event loops are more than their CPUs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace asyncbench::run {

// How many event loops each side of a cell runs.
struct Threads {
  unsigned subject = 1;
  unsigned peer = 1;  // of its client in all processes, of any other but the subject in its one
  bool operator==(const Threads&) const = default;
};

struct Pinning {
  enum class Mode : std::uint8_t {
    // With two or more CPUs: as many CPUs as a side has threads, of the subject the last ones, of
    // its peer the first ones. They share CPUs where there are too few. Otherwise none.
    automatic,
    none,
    listed,  // these, however many threads there are
  };
  Mode mode = Mode::automatic;
  std::vector<unsigned> subject;  // ascending; empty: the side is not pinned
  std::vector<unsigned> peer;
};

// "auto", "none", or "subject=1,peer=0"; several CPUs as "subject=1+2". Throws UsageError.
Pinning parse_pinning(std::string_view text);
std::string to_text(const Pinning& pinning);

// The CPUs that this process may use, ascending.
std::vector<unsigned> usable_cpus();

// The CPUs for cells of any number of threads: automatic, each side may have all. Throws UsageError
// for a CPU that this process may not use.
Pinning resolve_pinning(const Pinning& wanted);

// The resolved CPUs of a cell with so many threads.
Pinning pinning_for(const Pinning& resolved, Threads threads);

// What a cell with such threads and CPUs lacks; empty: nothing. `allowed`: how many CPUs a side has
// that is not pinned.
struct CpuShortage {
  std::string of_side;  // one side has more event loops than CPUs
  std::string of_both;  // the two share CPUs, and have more event loops than CPUs together
};
CpuShortage cpu_shortage(const Pinning& pinned, Threads threads, bool has_peer,
                         std::size_t allowed);

}  // namespace asyncbench::run
