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

using Rule = KernelRule;

// See kernel_rules().
constexpr std::array kKernelRules = {
    // Before io_*, which is io_uring.
    Rule{"io_schedule*", Category::scheduler},
    Rule{"io_apic*", Category::other},
    Rule{"iomap_*", Category::file_system},

    Rule{"schedule", Category::scheduler},
    Rule{"__schedule", Category::scheduler},
    Rule{"schedule_*", Category::scheduler},
    Rule{"preempt_schedule*", Category::scheduler},
    Rule{"finish_task_switch", Category::scheduler},
    Rule{"prepare_task_switch", Category::scheduler},
    Rule{"__switch_to*", Category::scheduler},
    Rule{"switch_mm*", Category::scheduler},
    Rule{"try_to_wake_up", Category::scheduler},
    Rule{"ttwu_*", Category::scheduler},
    Rule{"wake_up_*", Category::scheduler},
    Rule{"__wake_up*", Category::scheduler},
    Rule{"default_wake_function", Category::scheduler},
    Rule{"autoremove_wake_function", Category::scheduler},
    Rule{"prepare_to_wait*", Category::scheduler},
    Rule{"finish_wait", Category::scheduler},
    Rule{"add_wait_queue*", Category::scheduler},
    Rule{"remove_wait_queue", Category::scheduler},
    Rule{"select_task_rq*", Category::scheduler},
    Rule{"enqueue_task*", Category::scheduler},
    Rule{"enqueue_entit*", Category::scheduler},
    Rule{"dequeue_task*", Category::scheduler},
    Rule{"dequeue_entit*", Category::scheduler},
    Rule{"pick_next_*", Category::scheduler},
    Rule{"put_prev_*", Category::scheduler},
    Rule{"set_next_*", Category::scheduler},
    Rule{"update_curr*", Category::scheduler},
    Rule{"sched_*", Category::scheduler},
    Rule{"__sched_*", Category::scheduler},
    Rule{"do_sched_yield", Category::scheduler},
    Rule{"resched_*", Category::scheduler},
    Rule{"futex_*", Category::scheduler},
    Rule{"__futex_*", Category::scheduler},
    Rule{"do_futex", Category::scheduler},
    Rule{"do_nanosleep", Category::scheduler},
    Rule{"hrtimer_nanosleep", Category::scheduler},
    Rule{"eventfd_*", Category::scheduler},
    Rule{"do_eventfd", Category::scheduler},
    Rule{"kernel_clone", Category::scheduler},
    Rule{"copy_process", Category::scheduler},
    Rule{"create_io_thread", Category::scheduler},
    Rule{"ret_from_fork*", Category::scheduler, true},
    Rule{"do_exit", Category::scheduler},
    Rule{"set_cpus_allowed*", Category::scheduler},

    Rule{"perf_*", Category::profiler},
    Rule{"__perf_*", Category::profiler},
    Rule{"ctx_sched_*", Category::profiler},
    Rule{"event_sched_*", Category::profiler},
    Rule{"merge_sched_in", Category::profiler},
    Rule{"cpu_clock_event_*", Category::profiler},

    Rule{"ep_*", Category::epoll},
    Rule{"do_epoll_*", Category::epoll},
    Rule{"__ep_*", Category::epoll},
    Rule{"__x64_sys_epoll_*", Category::epoll},
    Rule{"__do_sys_epoll_*", Category::epoll},
    Rule{"epoll_*", Category::epoll},
    Rule{"do_sys_poll", Category::epoll},
    Rule{"do_poll*", Category::epoll},
    Rule{"do_select", Category::epoll},
    Rule{"core_sys_select", Category::epoll},
    Rule{"sock_poll", Category::epoll, true},
    Rule{"tcp_poll", Category::epoll, true},

    Rule{"io_*", Category::io_uring},
    Rule{"__io_*", Category::io_uring},
    Rule{"__x64_sys_io_uring_*", Category::io_uring},
    Rule{"__do_sys_io_uring_*", Category::io_uring},
    Rule{"tctx_task_work*", Category::io_uring},
    Rule{"task_work_run", Category::io_uring, true},

    Rule{"tcp_sendmsg*", Category::tcp_send},
    Rule{"inet_sendmsg", Category::tcp_send},
    Rule{"inet6_sendmsg", Category::tcp_send},
    Rule{"sock_sendmsg*", Category::tcp_send},
    Rule{"__sock_sendmsg", Category::tcp_send},
    Rule{"____sys_sendmsg", Category::tcp_send},
    Rule{"___sys_sendmsg", Category::tcp_send},
    Rule{"__sys_sendmsg*", Category::tcp_send},
    Rule{"__sys_sendto", Category::tcp_send},
    Rule{"__x64_sys_send*", Category::tcp_send},
    Rule{"sock_write_iter", Category::tcp_send},
    Rule{"unix_stream_sendmsg", Category::tcp_send},

    Rule{"tcp_recvmsg*", Category::tcp_receive},
    Rule{"inet_recvmsg", Category::tcp_receive},
    Rule{"inet6_recvmsg", Category::tcp_receive},
    Rule{"sock_recvmsg*", Category::tcp_receive},
    Rule{"____sys_recvmsg", Category::tcp_receive},
    Rule{"___sys_recvmsg", Category::tcp_receive},
    Rule{"__sys_recvmsg*", Category::tcp_receive},
    Rule{"__sys_recvfrom", Category::tcp_receive},
    Rule{"__x64_sys_recv*", Category::tcp_receive},
    Rule{"sock_read_iter", Category::tcp_receive},
    Rule{"unix_stream_recvmsg", Category::tcp_receive},
    Rule{"unix_stream_read_*", Category::tcp_receive},

    Rule{"__sys_connect*", Category::connections},
    Rule{"__x64_sys_connect", Category::connections},
    Rule{"__inet_stream_connect", Category::connections},
    Rule{"inet_stream_connect", Category::connections},
    Rule{"tcp_v4_connect", Category::connections},
    Rule{"unix_stream_connect", Category::connections},
    Rule{"__sys_accept4*", Category::connections},
    Rule{"__x64_sys_accept*", Category::connections},
    Rule{"do_accept", Category::connections},
    Rule{"inet_accept", Category::connections},
    Rule{"inet_csk_accept", Category::connections},
    Rule{"__sys_socket", Category::connections},
    Rule{"__x64_sys_socket", Category::connections},
    Rule{"__sock_create", Category::connections},
    Rule{"sock_create*", Category::connections},
    Rule{"sock_alloc*", Category::connections},
    Rule{"__sys_setsockopt", Category::connections},
    Rule{"do_sock_setsockopt", Category::connections},
    Rule{"__sys_getsockopt", Category::connections},
    Rule{"__sys_getsockname", Category::connections},
    Rule{"__sys_bind", Category::connections},
    Rule{"__sys_shutdown*", Category::connections},
    Rule{"__x64_sys_shutdown", Category::connections},
    Rule{"inet_shutdown", Category::connections},
    Rule{"sock_close", Category::connections},
    Rule{"__sock_release", Category::connections},
    Rule{"inet_release", Category::connections},
    Rule{"tcp_close", Category::connections},
    Rule{"__tcp_close", Category::connections},

    Rule{"asm_exc_page_fault", Category::memory},
    Rule{"exc_page_fault", Category::memory},
    Rule{"do_user_addr_fault", Category::memory},
    Rule{"handle_mm_fault", Category::memory},
    Rule{"alloc_pages*", Category::memory},
    Rule{"__alloc_pages*", Category::memory},
    Rule{"__alloc_frozen_pages*", Category::memory},
    Rule{"alloc_frozen_pages*", Category::memory},
    Rule{"get_page_from_freelist", Category::memory},
    Rule{"free_unref_*", Category::memory},
    Rule{"free_frozen_pages", Category::memory},
    Rule{"__free_frozen_pages", Category::memory},
    Rule{"__free_pages", Category::memory},
    Rule{"kmem_cache_*", Category::memory},
    Rule{"__kmem_cache_*", Category::memory},
    Rule{"kmalloc*", Category::memory},
    Rule{"__kmalloc*", Category::memory},
    Rule{"kvmalloc*", Category::memory},
    Rule{"kfree", Category::memory},
    Rule{"kvfree*", Category::memory},
    Rule{"___slab_alloc", Category::memory},
    Rule{"__slab_*", Category::memory},
    Rule{"slab_*", Category::memory},
    Rule{"obj_cgroup_*", Category::memory},
    Rule{"__memcg_*", Category::memory},
    Rule{"memcg_*", Category::memory},
    Rule{"mod_memcg_*", Category::memory},
    Rule{"__x64_sys_mmap", Category::memory},
    Rule{"vm_mmap*", Category::memory},
    Rule{"do_mmap", Category::memory},
    Rule{"mmap_region", Category::memory},
    Rule{"do_vmi_*", Category::memory},
    Rule{"do_munmap", Category::memory},
    Rule{"__x64_sys_munmap", Category::memory},
    Rule{"__vm_munmap", Category::memory},
    Rule{"do_madvise*", Category::memory},
    Rule{"do_mprotect*", Category::memory},
    Rule{"mprotect_fixup", Category::memory},
    Rule{"__x64_sys_brk", Category::memory},
    Rule{"flush_tlb*", Category::memory},
    Rule{"tlb_*", Category::memory},
    Rule{"exit_mmap", Category::memory},

    Rule{"ext4_*", Category::file_system},
    Rule{"__ext4_*", Category::file_system},
    Rule{"xfs_*", Category::file_system},
    Rule{"btrfs_*", Category::file_system},
    Rule{"shmem_*", Category::file_system},
    Rule{"ovl_*", Category::file_system},
    Rule{"jbd2_*", Category::file_system},
    Rule{"filemap_*", Category::file_system},
    Rule{"__filemap_*", Category::file_system},
    Rule{"generic_file_*", Category::file_system},
    Rule{"generic_perform_write", Category::file_system},
    Rule{"page_cache_*", Category::file_system},
    Rule{"file_write_and_wait*", Category::file_system},
    Rule{"submit_bio*", Category::file_system},
    Rule{"bio_*", Category::file_system},
    Rule{"blk_*", Category::file_system},
    Rule{"__blk_*", Category::file_system},
    Rule{"blkdev_*", Category::file_system},
    Rule{"virtblk_*", Category::file_system},
    Rule{"nvme_*", Category::file_system},
    Rule{"do_sys_open*", Category::file_system},
    Rule{"do_filp_open", Category::file_system},
    Rule{"path_openat", Category::file_system},
    Rule{"vfs_fsync*", Category::file_system},
    Rule{"do_fsync", Category::file_system},
    Rule{"vfs_*", Category::file_system, true},
    Rule{"ksys_*", Category::file_system, true},

    // Packets that come in while something else runs; below a send they are the send's.
    Rule{"net_rx_action", Category::tcp_receive, true},
    Rule{"__napi_poll", Category::tcp_receive, true},
    Rule{"tcp_v4_rcv", Category::tcp_receive, true},
    Rule{"tcp_write_timer*", Category::tcp_send, true},
    Rule{"tcp_delack_timer*", Category::tcp_receive, true},

    // The way in and out, where nothing more is known.
    Rule{"entry_SYSCALL_64*", Category::syscall, true},
    Rule{"entry_SYSRETQ*", Category::syscall, true},
    Rule{"syscall_*", Category::syscall, true},
    Rule{"do_syscall_64", Category::syscall, true},
    Rule{"x64_sys_call", Category::syscall, true},
    Rule{"__x64_sys_*", Category::syscall, true},
    Rule{"exit_to_user_mode*", Category::syscall, true},
};

const Rule* kernel_rule(std::string_view name) {
  const auto rule = std::ranges::find_if(
      kKernelRules, [&](const Rule& candidate) { return candidate.fits(name); });
  return rule == kKernelRules.end() ? nullptr : &*rule;
}

Category category_in_kernel(std::span<const Function* const> stack) {
  const Rule* weak = nullptr;
  for (auto frame = stack.rbegin(); frame != stack.rend() && is_kernel((*frame)->module); ++frame) {
    const Rule* const rule = kernel_rule((*frame)->name);
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
    if (function.module == measure::kNoModule || function.module == measure::kThreadModule) {
      return std::nullopt;
    }
    // Anything else with code of its own is a plugin.
    return function.module.starts_with("lib") ? Category::library : Category::strategy;
  }
  if (name.starts_with("boost::asio::")) return Category::library;
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

std::span<const KernelRule> kernel_rules() { return kKernelRules; }

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
