// The asyncbench program with a slowdown planted in all of its strategies, for tests of the gate,
// which must find it. PLANTED_SYSCALLS and PLANTED_CPU_NS in the environment say how many more
// system calls, and how much more CPU time, each request costs. Without them it is as fast as the
// program itself.
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <variant>

#include "cli/cli.hpp"
#include "core/time.hpp"
#include "strategies/registry.hpp"

namespace asyncbench {
namespace {

std::uint64_t from_environment(const char* name) {
  const char* const text = std::getenv(name);
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

struct Slowdown {
  std::uint64_t syscalls = from_environment("PLANTED_SYSCALLS");
  std::uint64_t cpu_ns = from_environment("PLANTED_CPU_NS");

  void happen() const {
    for (std::uint64_t i = 0; i < syscalls; ++i) ::syscall(SYS_getppid);
    if (cpu_ns == 0) return;
    const Time end = now() + Duration(cpu_ns);
    while (now() < end) {
    }
  }
};

// The additional cost comes at the beginning of a unit of work.
class SlowTask : public Task {
 public:
  SlowTask(std::unique_ptr<Task> task, const Slowdown& slowdown)
      : task_(std::move(task)), slowdown_(slowdown) {}
  Op start(unsigned lane) override { return slowed(task_->start(lane)); }
  Op resume(const Completion& ended) override { return slowed(task_->resume(ended)); }

 private:
  Op slowed(Op op) const {
    if (std::holds_alternative<op::Begin>(op)) slowdown_.happen();
    return op;
  }

  std::unique_ptr<Task> task_;
  const Slowdown& slowdown_;
};

class SlowAcceptor : public Acceptor {
 public:
  SlowAcceptor(Acceptor& acceptor, const Slowdown& slowdown)
      : acceptor_(acceptor), slowdown_(slowdown) {}
  int socket(unsigned lane) override { return acceptor_.socket(lane); }
  std::unique_ptr<Task> accepted(unsigned lane) override {
    std::unique_ptr<Task> task = acceptor_.accepted(lane);
    if (task) task = std::make_unique<SlowTask>(std::move(task), slowdown_);
    return task;
  }

 private:
  Acceptor& acceptor_;
  const Slowdown& slowdown_;
};

class SlowStrategy : public Strategy {
 public:
  explicit SlowStrategy(Strategy& strategy) : strategy_(strategy) {}
  const StrategyInfo& info() const override { return strategy_.info(); }
  Support host_support() const override { return strategy_.host_support(); }
  KeptResources kept() const override { return strategy_.kept(); }
  void run(Job& job) override {
    for (auto& task : job.tasks) task = std::make_unique<SlowTask>(std::move(task), slowdown_);
    std::optional<SlowAcceptor> acceptor;
    if (job.acceptor != nullptr) {
      job.acceptor = &acceptor.emplace(*job.acceptor, slowdown_);
    }
    strategy_.run(job);
  }

 private:
  Strategy& strategy_;
  Slowdown slowdown_;
};

}  // namespace
}  // namespace asyncbench

int main(int argc, char** argv) {
  const asyncbench::Registry real = asyncbench::make_registry();
  asyncbench::Registry slow;
  for (const auto& strategy : real.all()) {
    slow.add(std::make_unique<asyncbench::SlowStrategy>(*strategy));
  }
  return asyncbench::main_program(argc, argv, std::move(slow));
}
