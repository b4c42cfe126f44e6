#include "epoll.hpp"

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "core/epoll_waiter.hpp"
#include "core/file_pool.hpp"
#include "core/run_lanes.hpp"
#include "loop.hpp"

namespace asyncbench {

namespace {

struct Variant {
  const char* name;
  const char* summary;
  const char* files;
  FilePolicy in_loop;
  bool one_acceptor = false;
};

constexpr std::array<Variant, 4> kVariants = {{
    {"epoll", "edge-triggered epoll by hand: one loop a thread, operations tried at once",
     kSharedFilePool, FilePolicy::cached},
    {"epoll:inline_files", "epoll with blocking calls for files, in the loop, instead of a pool",
     "blocking calls in the loop", FilePolicy::all},
    {"epoll:pooled_files", "epoll that hands every file operation to the pool, cached or not",
     "the shared pool alone", FilePolicy::none},
    {"epoll:one_acceptor", "epoll whose first loop accepts for all, and hands out in turn",
     kSharedFilePool, FilePolicy::cached, true},
}};

const char* files_in_loop(FilePolicy policy) {
  switch (policy) {
    case FilePolicy::cached:
      return "what the caches serve (RWF_NOWAIT, RESOLVE_CACHED)";
    case FilePolicy::all:
      return "all";
    case FilePolicy::none:
      return "none";
  }
  return "";
}

StrategyInfo info_of(const Variant& variant) {
  StrategyInfo info{
      .name = variant.name,
      .summary = variant.summary,
      .library = "kernel",
      .waits = "epoll_pwait2",
      .family = family::kReadinessLoops,
      .operations = kAllButExchange,
      .files = variant.files,
      .one_listener = variant.one_acceptor,
      .in_all = variant.in_loop == FilePolicy::cached && !variant.one_acceptor,
      .options = {{"receive_buffer_bytes", std::to_string(kReceiveBytes)},
                  {"receive_buffers", "the loop's, lent while a task looks at what it received"},
                  {"events_per_wait", std::to_string(EpollWaiter::kEventsPerWait)},
                  {"operations_per_turn_max", std::to_string(reactor::Loop::kTurnLength)},
                  {"accept", variant.one_acceptor
                                 ? "by the first loop, which wakes the others for theirs (eventfd)"
                                 : "one socket a loop (SO_REUSEPORT); a Unix socket is shared"},
                  {"files_in_loop", files_in_loop(variant.in_loop)},
                  {"file_threads_max", std::to_string(FilePool::kThreadsMax)},
                  {"busy_wait", "no"}},
  };
  // A variant differs in files alone, or in accepting.
  if (!info.in_all) {
    info.incidental = kAllButExchange - (variant.one_acceptor ? OpSet{OpKind::accept} : kFileOps);
  }
  return info;
}

class Epoll final : public Strategy {
 public:
  explicit Epoll(const Variant& variant) : variant_(variant), info_(info_of(variant)) {}

  const StrategyInfo& info() const override { return info_; }

  Support host_support() const override { return epoll_support(); }

  void run(Job& job) override {
    std::optional<reactor::Handout> handout;
    if (variant_.one_acceptor && job.acceptor != nullptr) handout.emplace(job.threads);
    run_lanes(job, [&](unsigned lane) {
      return reactor::Loop(job, lane, variant_.in_loop, handout ? &*handout : nullptr);
    });
  }

 private:
  const Variant& variant_;
  StrategyInfo info_;
};

}  // namespace

std::unique_ptr<Strategy> make_epoll() { return std::make_unique<Epoll>(kVariants.front()); }

std::vector<std::unique_ptr<Strategy>> make_epoll_variants() {
  std::vector<std::unique_ptr<Strategy>> variants;
  for (const Variant& variant : kVariants) variants.push_back(std::make_unique<Epoll>(variant));
  return variants;
}

}  // namespace asyncbench
