// Call stacks by `perf record`. Its DWARF stacks need no frame pointers.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/fd.hpp"
#include "core/private_folder.hpp"
#include "measure/profile.hpp"

namespace asyncbench::measure {

// Runs perf-record(1) on this process. It starts with its events off and is switched through its
// control descriptors (perf 5.10 and later); perf-script(1) then gives the names. perf copies a
// part of the stack with every sample, which costs much more than to follow frame pointers.
class PerfProgram {
 public:
  // Starts perf, which takes about 100 ms. Check available().
  explicit PerfProgram(std::int64_t frequency_hz);
  ~PerfProgram();
  PerfProgram(const PerfProgram&) = delete;
  PerfProgram& operator=(const PerfProgram&) = delete;

  bool available() const { return reason_.empty(); }

  void start();
  void stop();

  // As Sampler::take(). Unwinding takes seconds.
  std::optional<OnCpu> take(Unreadable& unreadable);

 private:
  void launch();
  bool command(std::string_view text);
  std::string last_words();
  void end();

  std::string in_folder(std::string_view name) const;

  std::int64_t frequency_hz_;
  // Holds perf's file and its messages; null: none could be made.
  std::unique_ptr<PrivateFolder> folder_;
  std::string reason_;
  pid_t process_ = -1;
  Fd control_;
  Fd answers_;
  std::int64_t started_ns_ = 0;
  std::int64_t stopped_ns_ = 0;
};

// Reads what `perf script --ns -F comm,tid,time,ip,sym,dso --show-lost-events` has written, and
// takes the samples from `from_ns` to `until_ns` of the events' clock.
OnCpu read_perf_script(std::string_view text, std::int64_t from_ns, std::int64_t until_ns);

}  // namespace asyncbench::measure
