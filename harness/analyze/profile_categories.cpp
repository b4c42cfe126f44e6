#include "analyze/profile_categories.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace asyncbench::analyze {
namespace {

using measure::CallTree;
using measure::Function;

constexpr std::array<CategoryInfo, kCategories> kInfos = {{
    {"harness", "harness"},
    {"strategy", "strategy"},
    {"library", "library"},
    {"libc", "libc, libstdc++"},
    {"syscall", "syscall entry"},
    {"tcp_send", "TCP send"},
    {"tcp_receive", "TCP receive"},
    {"connections", "connections"},
    {"epoll", "epoll"},
    {"io_uring", "io_uring"},
    {"scheduler", "scheduler, wake-up"},
    {"memory", "memory"},
    {"file_system", "file system"},
    {"profiler", "the profiler's own"},
    {"other", "other"},
}};

// Rules of one category; a space separates their patterns. See kernel_rules() and categorize().
struct Rules {
  Category category;
  std::string_view patterns;
  bool weak = false;
};

constexpr std::array kRules = {
    // Before io_*, which is io_uring.
    Rules{Category::scheduler, "io_schedule*"},
    Rules{Category::other, "io_apic*"},
    Rules{Category::file_system, "iomap_*"},
    Rules{Category::scheduler,
          "schedule __schedule schedule_* preempt_schedule* finish_task_switch "
          "prepare_task_switch __switch_to* switch_mm* try_to_wake_up ttwu_* wake_up_* __wake_up* "
          "default_wake_function autoremove_wake_function prepare_to_wait* finish_wait "
          "add_wait_queue* remove_wait_queue select_task_rq* enqueue_task* enqueue_entit* "
          "dequeue_task* dequeue_entit* pick_next_* put_prev_* set_next_* update_curr* sched_* "
          "__sched_* do_sched_yield resched_* futex_* __futex_* do_futex do_nanosleep "
          "hrtimer_nanosleep eventfd_* do_eventfd kernel_clone copy_process create_io_thread "
          "do_exit set_cpus_allowed*"},
    Rules{Category::scheduler, "ret_from_fork*", true},
    Rules{Category::profiler,
          "perf_* __perf_* ctx_sched_* event_sched_* merge_sched_in cpu_clock_event_*"},
    Rules{Category::epoll,
          "ep_* do_epoll_* __ep_* __x64_sys_epoll_* __do_sys_epoll_* epoll_* do_sys_poll do_poll* "
          "do_select core_sys_select"},
    Rules{Category::epoll, "sock_poll tcp_poll", true},
    Rules{Category::io_uring,
          "io_* __io_* __x64_sys_io_uring_* __do_sys_io_uring_* tctx_task_work*"},
    Rules{Category::io_uring, "task_work_run", true},
    Rules{Category::tcp_send,
          "tcp_sendmsg* inet_sendmsg inet6_sendmsg sock_sendmsg* __sock_sendmsg ____sys_sendmsg "
          "___sys_sendmsg __sys_sendmsg* __sys_sendto __x64_sys_send* sock_write_iter "
          "unix_stream_sendmsg"},
    Rules{Category::tcp_receive,
          "tcp_recvmsg* inet_recvmsg inet6_recvmsg sock_recvmsg* ____sys_recvmsg ___sys_recvmsg "
          "__sys_recvmsg* __sys_recvfrom __x64_sys_recv* sock_read_iter unix_stream_recvmsg "
          "unix_stream_read_*"},
    Rules{Category::connections,
          "__sys_connect* __x64_sys_connect __inet_stream_connect inet_stream_connect "
          "tcp_v4_connect unix_stream_connect __sys_accept4* __x64_sys_accept* do_accept "
          "inet_accept inet_csk_accept __sys_socket __x64_sys_socket __sock_create sock_create* "
          "sock_alloc* __sys_setsockopt do_sock_setsockopt __sys_getsockopt __sys_getsockname "
          "__sys_bind __sys_shutdown* __x64_sys_shutdown inet_shutdown sock_close __sock_release "
          "inet_release tcp_close __tcp_close"},
    Rules{Category::memory,
          "asm_exc_page_fault exc_page_fault do_user_addr_fault handle_mm_fault alloc_pages* "
          "__alloc_pages* __alloc_frozen_pages* alloc_frozen_pages* get_page_from_freelist "
          "free_unref_* free_frozen_pages __free_frozen_pages __free_pages kmem_cache_* "
          "__kmem_cache_* kmalloc* __kmalloc* kvmalloc* kfree kvfree* ___slab_alloc __slab_* "
          "slab_* obj_cgroup_* __memcg_* memcg_* mod_memcg_* __x64_sys_mmap vm_mmap* do_mmap "
          "mmap_region do_vmi_* do_munmap __x64_sys_munmap __vm_munmap do_madvise* do_mprotect* "
          "mprotect_fixup __x64_sys_brk flush_tlb* tlb_* exit_mmap"},
    Rules{Category::file_system,
          "ext4_* __ext4_* xfs_* btrfs_* shmem_* ovl_* jbd2_* filemap_* __filemap_* "
          "generic_file_* generic_perform_write page_cache_* file_write_and_wait* submit_bio* "
          "bio_* blk_* __blk_* blkdev_* virtblk_* nvme_* do_sys_open* do_filp_open path_openat "
          "vfs_fsync* do_fsync"},
    Rules{Category::file_system, "vfs_* ksys_*", true},
    // Packets that come in while something else runs; below a send they are the send's.
    Rules{Category::tcp_receive, "net_rx_action __napi_poll tcp_v4_rcv", true},
    Rules{Category::tcp_send, "tcp_write_timer*", true},
    Rules{Category::tcp_receive, "tcp_delack_timer*", true},
    // The way in and out, where nothing more is known.
    Rules{Category::syscall,
          "entry_SYSCALL_64* entry_SYSRETQ* syscall_* do_syscall_64 x64_sys_call __x64_sys_* "
          "exit_to_user_mode*",
          true},
};

std::vector<KernelRule> separate_rules() {
  std::vector<KernelRule> rules;
  for (const Rules& group : kRules) {
    for (std::string_view left = group.patterns; !left.empty();) {
      const std::string_view pattern = left.substr(0, left.find(' '));
      rules.push_back({pattern, group.category, group.weak});
      left.remove_prefix(std::min(pattern.size() + 1, left.size()));
    }
  }
  return rules;
}

const KernelRule* kernel_rule(std::string_view name) {
  for (const KernelRule& rule : kernel_rules()) {
    if (rule.fits(name)) return &rule;
  }
  return nullptr;
}

Category category_in_kernel(std::span<const Function* const> stack) {
  const KernelRule* weak = nullptr;
  for (auto frame = stack.rbegin(); frame != stack.rend() && is_kernel((*frame)->module); ++frame) {
    const KernelRule* const rule = kernel_rule((*frame)->name);
    if (rule == nullptr) continue;
    if (!rule->weak) return rule->category;
    if (weak == nullptr) weak = rule;
  }
  return weak == nullptr ? Category::other : weak->category;
}

// The namespaces of the harness that have no code of strategies; what is in none of them is the
// core's, which is the event loop, its timers and buffers.
constexpr std::array<std::string_view, 9> kHarness = {
    "asyncbench::workloads::", "asyncbench::http::", "asyncbench::load::",
    "asyncbench::measure::",   "asyncbench::run::",  "asyncbench::result::",
    "asyncbench::cli::",       "boost::beast::",     "nlohmann::"};

// Libraries of which there is code in the program itself.
constexpr std::array<std::string_view, 3> kInlineLibraries = {
    "boost::asio::", "boost::fibers::", "boost::context::"};

constexpr std::array<std::string_view, 8> kLibc = {"libc.so",  "libc-", "libstdc++",  "libm.so",
                                                   "libgcc_s", "ld-",   "libpthread", "[vdso]"};

bool starts_with_any(std::string_view text, std::span<const std::string_view> beginnings) {
  return std::ranges::any_of(beginnings, [&](std::string_view b) { return text.starts_with(b); });
}

// nullopt: ask its caller.
std::optional<Category> category_in_program(const Function& function, std::string_view program) {
  const std::string_view name = function.name;
  if (starts_with_any(function.module, kLibc)) return Category::libc;
  if (starts_with_any(name, kHarness)) return Category::harness;
  if (name.starts_with("asyncbench::")) return Category::strategy;
  if (function.module != program) {
    // Code that was made while it ran is in no module: that of Java or JavaScript.
    const bool is_made = function.module == measure::kNoModule && program.empty();
    if (is_made) return Category::strategy;
    if (function.module == measure::kNoModule || function.module == measure::kThreadModule) {
      return std::nullopt;
    }
    // Anything else with code of its own is a plugin.
    return function.module.starts_with("lib") ? Category::library : Category::strategy;
  }
  if (starts_with_any(name, kInlineLibraries)) return Category::library;
  if (name == "main" || name == "_start") return Category::harness;
  return std::nullopt;  // std:: and its like belong to whoever calls them
}

void for_each_stack(const measure::OnCpu& profile, auto&& visit) {
  const CallTree& tree = profile.stacks;
  std::vector<const Function*> stack;
  for (std::size_t i = 0; i < tree.nodes.size(); ++i) {
    if (tree.nodes[i].weight == 0) continue;
    stack.clear();
    for (const std::uint64_t function : tree.stack_of(i)) {
      stack.push_back(&tree.functions[function]);
    }
    visit(std::span<const Function* const>(stack), tree.nodes[i].weight);
  }
}

}  // namespace

bool KernelRule::fits(std::string_view name) const {
  if (pattern.ends_with('*')) return name.starts_with(pattern.substr(0, pattern.size() - 1));
  return name.starts_with(pattern) &&
         (name.size() == pattern.size() || name[pattern.size()] == '.');
}

std::span<const KernelRule> kernel_rules() {
  static const std::vector<KernelRule> kSeparate = separate_rules();
  return kSeparate;
}

const CategoryInfo& info_of(Category category) {
  return kInfos[static_cast<std::size_t>(category)];
}

bool is_kernel(std::string_view module) {
  return module.starts_with('[') && module != measure::kThreadModule &&
         module != measure::kNoModule && module != "[vdso]";
}

Category categorize(std::span<const Function* const> stack, std::string_view program) {
  if (!stack.empty() && is_kernel(stack.back()->module)) return category_in_kernel(stack);
  for (auto frame = stack.rbegin(); frame != stack.rend(); ++frame) {
    if (const auto category = category_in_program(**frame, program)) return *category;
  }
  return Category::other;
}

std::vector<std::uint64_t> samples_by_category(const measure::OnCpu& profile) {
  std::vector<std::uint64_t> samples(kCategories);
  for_each_stack(profile, [&](std::span<const Function* const> stack, std::uint64_t weight) {
    samples[static_cast<std::size_t>(categorize(stack, profile.program))] += weight;
  });
  return samples;
}

Nameless nameless_samples(const measure::OnCpu& profile) {
  Nameless nameless;
  for (const CallTree::Node& node : profile.stacks.nodes) {
    const Function& function = profile.stacks.functions[node.function];
    if (!function.name.empty()) continue;
    (function.module == profile.program ? nameless.program
     : is_kernel(function.module)       ? nameless.kernel
                                        : nameless.elsewhere) += node.weight;
  }
  return nameless;
}

}  // namespace asyncbench::analyze
