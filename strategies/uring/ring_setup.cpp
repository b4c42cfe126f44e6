// Making a ring: asking for the best, taking what is granted, telling both.
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "core/ring_refusal.hpp"
#include "core/strategy.hpp"
#include "ring.hpp"

namespace asyncbench::uring {

namespace {

// Feature bits of linux/io_uring.h that liburing 2.3 does not name.
constexpr unsigned kFeatureRegisteredRings = 1U << 13U;  // IORING_FEAT_REG_REG_RING, Linux 6.3
constexpr unsigned kFeatureBundles = 1U << 14U;          // IORING_FEAT_RECVSEND_BUNDLE, 6.10
constexpr unsigned kFeatureMinimumWait = 1U << 15U;      // IORING_FEAT_MIN_TIMEOUT, 6.12
constexpr unsigned kFeatureNoIowait = 1U << 17U;         // IORING_FEAT_NO_IOWAIT, 6.15

struct Attempt {
  unsigned flags;
  const char* name;
};

constexpr unsigned kSingle = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_SUBMIT_ALL;

// In the order of preference. The default takes any ring; a variant is what its name says.
std::span<const Attempt> attempts(Options::TaskWork task_work) {
  static constexpr std::array<Attempt, 3> kDeferred = {
      {{kSingle | IORING_SETUP_DEFER_TASKRUN, "SINGLE_ISSUER and DEFER_TASKRUN"},
       {IORING_SETUP_COOP_TASKRUN | IORING_SETUP_SUBMIT_ALL, "COOP_TASKRUN"},
       {0, "a ring without flags"}}};
  static constexpr std::array<Attempt, 1> kCooperative = {
      {{kSingle | IORING_SETUP_COOP_TASKRUN, "SINGLE_ISSUER and COOP_TASKRUN"}}};
  static constexpr std::array<Attempt, 1> kThread = {
      {{kSingle | IORING_SETUP_SQPOLL, "SINGLE_ISSUER and SQPOLL"}}};
  switch (task_work) {
    case Options::TaskWork::deferred:
      return kDeferred;
    case Options::TaskWork::cooperative:
      return kCooperative;
    case Options::TaskWork::kernel_thread:
      return kThread;
  }
  return {};
}

// Without a CPU of its own choice, the thread may run on all that are online, whatever those of its
// process are (io_sq_thread() in io_uring/sqpoll.c): on the peer's, say. On the loop's only CPU it
// would spin while the loop waits for what it submits. The last CPUs, since others begin at the
// first.
unsigned cpu_of_kernel_thread(unsigned lane) {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof allowed, &allowed);
  std::vector<unsigned> cpus;
  for (unsigned cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
    if (CPU_ISSET(cpu, &allowed)) cpus.push_back(cpu);
  }
  if (cpus.size() < kCpusOfKernelThread) {
    throw StrategyError(
        "SQPOLL: the kernel's thread spins on a CPU of its own beside the loop's, and this process "
        "may use one; give it two");
  }
  return cpus[cpus.size() - 1 - lane % cpus.size()];
}

// Whether a kernel thread may submit, without starting one, whose end would take its time: the
// permission is looked at before the processor that the thread should run on, which does not exist.
int refusal_of_kernel_thread() {
  io_uring ring{};
  io_uring_params params{};
  params.flags = IORING_SETUP_SQPOLL | IORING_SETUP_SQ_AFF;
  params.sq_thread_cpu = std::numeric_limits<int>::max();
  const int error = -io_uring_queue_init_params(4, &ring, &params);
  if (error == 0) io_uring_queue_exit(&ring);
  return error == EINVAL ? 0 : error;
}

std::string lacks(const std::string& feature, const std::string& release) {
  return "this kernel has no " + feature + "; use Linux " + release + " or later";
}

}  // namespace

std::string refusal(const Options& options) try {
  Options probed = options;
  if (options.task_work == Options::TaskWork::kernel_thread) {
    cpu_of_kernel_thread(0);
    if (const int error = refusal_of_kernel_thread(); error != 0) {
      return explain_ring_refusal(error) + " (SQPOLL)";
    }
    probed.task_work = Options::TaskWork::deferred;
  }
  Ring ring(probed, {.own = 1}, 0);
  const Features& has = ring.features();
  if (options.zerocopy_sends && !has.zerocopy_sends) return lacks("SEND_ZC", "6.0");
  if (options.receive_bundles && !has.receive_bundles) return lacks("receive bundles", "6.10");
  if (options.gathers_replies && !has.minimum_wait) return lacks("minimum wait", "6.12");
  if (!options.counts_as_iowait && !has.no_iowait) return lacks("NO_IOWAIT", "6.15");
  return {};
} catch (const StrategyError& error) {
  return error.what();
}

Ring::Ring(const Options& options, SlotPlan slots, unsigned lane) {
  set_up(options.task_work, lane);
  probe(options);
  if (options.direct_descriptors) register_descriptor_table(slots);
}

Ring::~Ring() { io_uring_queue_exit(&ring_); }

void Ring::note(bool ok, const char* feature, int error) {
  if (ok) {
    granted_.emplace_back(feature);
  } else {
    refused_.push_back(std::string(feature) +
                       (error == 0 ? "" : std::string(": ") + strerrorname_np(error)));
  }
}

void Ring::set_up(Options::TaskWork task_work, unsigned lane) {
  int error = 0;
  for (const Attempt& attempt : attempts(task_work)) {
    io_uring_params params{};
    params.flags = attempt.flags | IORING_SETUP_CQSIZE;
    params.cq_entries = kCompletionEntries;
    params.sq_thread_idle = kKernelThreadSpin.count();
    if ((attempt.flags & IORING_SETUP_SQPOLL) != 0) {
      params.flags |= IORING_SETUP_SQ_AFF;
      params.sq_thread_cpu = cpu_of_kernel_thread(lane);
    }
    error = -io_uring_queue_init_params(kSubmissionEntries, &ring_, &params);
    note(error == 0, attempt.name, error);
    if (error == 0) {
      features_.defer_taskrun = (attempt.flags & IORING_SETUP_DEFER_TASKRUN) != 0;
      features_.kernel_thread = (attempt.flags & IORING_SETUP_SQPOLL) != 0;
      break;
    }
    if (error != EINVAL) break;  // not a matter of flags
  }
  if (error != 0) throw StrategyError(explain_ring_refusal(error));
  constexpr unsigned kNeeded = IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;
  if ((ring_.features & kNeeded) != kNeeded) {
    io_uring_queue_exit(&ring_);
    throw StrategyError("io_uring is too old here (no EXT_ARG); use Linux 5.11 or later");
  }
  const int registered = io_uring_register_ring_fd(&ring_);
  features_.registered_ring_fd = registered == 1;
  note(features_.registered_ring_fd, "registered ring descriptor",
       registered < 0 ? -registered : 0);
}

void Ring::probe(const Options& options) {
  io_uring_probe* const probed = io_uring_get_probe_ring(&ring_);
  const auto has = [probed](int op) {
    return probed != nullptr && io_uring_opcode_supported(probed, op) != 0;
  };
  // Multishot accept came with SOCKET, multishot receive with SEND_ZC: neither has a bit of its
  // own.
  features_.multishot_accept = options.multishot && has(IORING_OP_SOCKET);
  features_.provided_buffers = options.buffer_ring && has(IORING_OP_SEND_ZC);
  features_.multishot_receive = options.multishot && features_.provided_buffers;
  features_.direct_descriptors =
      options.direct_descriptors && has(IORING_OP_SOCKET) && has(IORING_OP_URING_CMD);
  features_.poll_first = has(IORING_OP_SOCKET);
  features_.receive_bundles = options.receive_bundles && features_.multishot_receive &&
                              (ring_.features & kFeatureBundles) != 0;
  features_.minimum_wait = (ring_.features & kFeatureMinimumWait) != 0;
  features_.no_iowait = !options.counts_as_iowait && (ring_.features & kFeatureNoIowait) != 0;
  features_.zerocopy_sends = options.zerocopy_sends && has(IORING_OP_SEND_ZC);
  features_.zerocopy_report = (ring_.features & kFeatureRegisteredRings) != 0;
  io_uring_free_probe(probed);
  if (options.multishot) note(features_.multishot_accept, "multishot accept");
  if (options.zerocopy_sends) note(features_.zerocopy_sends, "sends without copies");
  if (options.receive_bundles) note(features_.receive_bundles, "receive bundles");
  if (!options.counts_as_iowait) note(features_.no_iowait, "waits beside iowait");
  note(features_.minimum_wait, "minimum wait");
}

void Ring::register_descriptor_table(SlotPlan slots) {
  int error = EOPNOTSUPP;
  if (features_.direct_descriptors) {
    error = -io_uring_register_files_sparse(&ring_, slots.total());
    if (error == 0 && slots.accepted > 0) {
      error = -io_uring_register_file_alloc_range(&ring_, slots.own, slots.accepted);
    }
    if (error == 0 && !rehearse_direct_socket()) error = EOPNOTSUPP;
    if (error != 0) io_uring_unregister_files(&ring_);
  }
  features_.direct_descriptors = error == 0;
  note(error == 0, "direct descriptors", error);
}

// Makes, configures and closes a socket the way that Loop::connect() does.
bool Ring::rehearse_direct_socket() {
  static constexpr int kOn = 1;
  io_uring_sqe* sqe = entries(3);
  io_uring_prep_socket_direct(sqe, AF_INET, SOCK_STREAM, 0, 0, 0);
  sqe->flags |= IOSQE_IO_HARDLINK;
  sqe = io_uring_get_sqe(&ring_);
  prepare_set_option(sqe, 0, IPPROTO_TCP, TCP_NODELAY, &kOn, sizeof kOn);
  sqe->flags |= IOSQE_IO_HARDLINK;
  sqe = io_uring_get_sqe(&ring_);
  io_uring_prep_close_direct(sqe, 0);
  bool ok = io_uring_submit_and_wait(&ring_, 3) == 3;
  for (int i = 0; i < 3; ++i) {
    io_uring_cqe* cqe = nullptr;
    if (io_uring_wait_cqe(&ring_, &cqe) != 0) return false;
    ok = ok && cqe->res >= 0;
    io_uring_cqe_seen(&ring_, cqe);
  }
  return ok;
}

}  // namespace asyncbench::uring
