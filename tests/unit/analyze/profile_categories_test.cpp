#include "analyze/profile_categories.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace asyncbench::analyze {
namespace {

using measure::Function;

constexpr const char* kProgram = "asyncbench";

// "name" is of the program, "name@module" of another; "k:name" of the kernel.
Function function_of(const std::string& text) {
  if (text.starts_with("k:")) return {text.substr(2), measure::kKernelModule};
  const std::size_t at = text.find('@');
  if (at == std::string::npos) return {text, kProgram};
  return {text.substr(0, at), text.substr(at + 1)};
}

// The category of a stack like "asyncbench::f;k:do_syscall_64", its thread left out.
Category category_of(const std::string& stack) {
  std::vector<Function> functions = {{"asyncbench", measure::kThreadModule}};
  std::istringstream frames(stack);
  for (std::string frame; std::getline(frames, frame, ';');) {
    functions.push_back(function_of(frame));
  }
  std::vector<const Function*> pointers;
  for (const Function& function : functions) pointers.push_back(&function);
  return categorize(pointers, kProgram);
}

struct Examples {
  Category category;
  const char* functions;
};

constexpr Examples kKernelFunctions[] = {
    {Category::scheduler,
     "io_schedule schedule __schedule schedule_timeout preempt_schedule_irq "
     "finish_task_switch.isra.0 prepare_task_switch __switch_to switch_mm try_to_wake_up "
     "ttwu_do_activate wake_up_q __wake_up_sync_key default_wake_function "
     "autoremove_wake_function prepare_to_wait finish_wait add_wait_queue "
     "remove_wait_queue select_task_rq enqueue_task_fair enqueue_entitXX dequeue_task_fair "
     "dequeue_entities pick_next_task_fair put_prev_entity set_next_entity update_curr "
     "sched_ttwu_pending __sched_yield do_sched_yield resched_cpu futex_wait __futex_wait "
     "do_futex do_nanosleep hrtimer_nanosleep eventfd_write do_eventfd kernel_clone "
     "copy_process create_io_thread ret_from_fork do_exit set_cpus_allowed_ptr"},
    {Category::other, "io_apic_init_mappings"},
    {Category::file_system,
     "iomap_dio_rw ext4_file_read_iter __ext4_check_dir_entry xfs_file_read_iter "
     "btrfs_file_read_iter shmem_file_read_iter ovl_acceptable jbd2__journal_restart "
     "filemap_read __filemap_add_folio generic_file_direct_write generic_perform_write "
     "page_cache_async_ra file_write_and_wait_range submit_bio_noacct bio_add_folio "
     "blk_mq_submit_bio __blk_add_trace blkdev_read_iter virtblk_add_req "
     "nvme_disable_and_flr do_sys_open do_filp_open path_openat vfs_fsync do_fsync "
     "vfs_read ksys_read"},
    {Category::profiler,
     "perf_ctx_enable __perf_event_task_sched_out ctx_sched_in event_sched_in "
     "merge_sched_in cpu_clock_event_add"},
    {Category::epoll,
     "ep_poll_callback do_epoll_wait __ep_eventpoll_poll.isra.0 __x64_sys_epoll_wait "
     "__do_sys_epoll_ctl epoll_sendevents do_sys_poll do_poll.constprop.0 do_select "
     "core_sys_select sock_poll tcp_poll"},
    {Category::io_uring,
     "io_submit_sqes __io_arm_poll_handler __x64_sys_io_uring_enter "
     "__do_sys_io_uring_enter tctx_task_work task_work_run"},
    {Category::tcp_send,
     "tcp_sendmsg inet_sendmsg inet6_sendmsg sock_sendmsg __sock_sendmsg ____sys_sendmsg "
     "___sys_sendmsg __sys_sendmsg __sys_sendto __x64_sys_sendto sock_write_iter "
     "unix_stream_sendmsg tcp_write_timer"},
    {Category::tcp_receive,
     "tcp_recvmsg inet_recvmsg inet6_recvmsg sock_recvmsg ____sys_recvmsg ___sys_recvmsg "
     "__sys_recvmsg __sys_recvfrom __x64_sys_recvfrom sock_read_iter unix_stream_recvmsg "
     "unix_stream_read_actor net_rx_action __napi_poll tcp_v4_rcv tcp_delack_timer"},
    {Category::connections,
     "__sys_connect __x64_sys_connect __inet_stream_connect inet_stream_connect "
     "tcp_v4_connect unix_stream_connect __sys_accept4 __x64_sys_accept do_accept "
     "inet_accept inet_csk_accept __sys_socket __x64_sys_socket __sock_create sock_create "
     "sock_alloc __sys_setsockopt do_sock_setsockopt __sys_getsockopt __sys_getsockname "
     "__sys_bind __sys_shutdown __x64_sys_shutdown inet_shutdown sock_close __sock_release "
     "inet_release tcp_close __tcp_close"},
    {Category::memory,
     "asm_exc_page_fault exc_page_fault do_user_addr_fault handle_mm_fault "
     "alloc_pages_bulk_mempolicy_noprof __alloc_pages_direct_compact "
     "__alloc_frozen_pages_noprof alloc_frozen_pages_nolock_noprof get_page_from_freelist "
     "free_unref_folios free_frozen_pages __free_frozen_pages __free_pages "
     "kmem_cache_alloc_node_noprof __kmem_cache_alias kmalloc_array_noprof "
     "__kmalloc_node_track_caller_noprof kvmalloc_node kfree kvfree ___slab_alloc "
     "__slab_alloc.isra.0 slab_free_after_rcu_debug obj_cgroup_charge "
     "__memcg_kmem_charge_page memcg_alloc_abort_single mod_memcg_lruvec_state "
     "__x64_sys_mmap vm_mmap do_mmap mmap_region do_vmi_align_munmap do_munmap "
     "__x64_sys_munmap __vm_munmap do_madvise do_mprotect_pkey mprotect_fixup "
     "__x64_sys_brk flush_tlb_all tlb_finish_mmu exit_mmap"},
    {Category::syscall,
     "entry_SYSCALL_64 entry_SYSRETQ_end syscall_exit_to_user_mode do_syscall_64 "
     "x64_sys_call __x64_sys_getpid exit_to_user_mode_loop"},
};

TEST(Categories, OfTheKernelHaveAnExampleForEveryRule) {
  std::vector<std::string_view> unused;
  for (const KernelRule& rule : kernel_rules()) unused.push_back(rule.pattern);
  for (const Examples& examples : kKernelFunctions) {
    std::istringstream names(examples.functions);
    for (std::string name; names >> name;) {
      EXPECT_EQ(info_of(category_of("main;k:" + name)).name, info_of(examples.category).name)
          << name;
      const auto rule = std::ranges::find_if(
          kernel_rules(), [&](const KernelRule& candidate) { return candidate.fits(name); });
      ASSERT_NE(rule, kernel_rules().end()) << name;
      std::erase(unused, rule->pattern);
    }
  }
  EXPECT_THAT(unused, testing::IsEmpty());
}

TEST(Categories, OfTheProgramFollowNamespacesAndModules) {
  const std::pair<const char*, Category> kStacks[] = {
      {"main;asyncbench::workloads::HttpClient::resume", Category::harness},
      {"main;asyncbench::http::ResponseReader::feed;boost::beast::http::basic_parser::put",
       Category::harness},
      {"main;asyncbench::uring::Loop::run", Category::strategy},
      {"main;asyncbench::EventLoop::advance", Category::strategy},
      {"main;asyncbench::(anonymous)::AsioStrategy::run", Category::strategy},
      {"main;asyncbench::asio_loop::Loop::run;boost::asio::detail::scheduler::run",
       Category::library},
      {"main;asyncbench::uring::Loop::wait;io_uring_submit_and_wait@liburing.so.2",
       Category::library},
      {"main;asyncbench::fiber::Lane::drive;boost::fibers::scheduler::suspend@libboost_fiber.so.1."
       "81.0",
       Category::library},
      {"boost::fibers::worker_context::run_;asyncbench::fiber::Lane::drive", Category::strategy},
      {"main;uv_run@libuv.so.1", Category::library},
      {"main;asyncbench::uring::Loop::run;@libc.so.6", Category::libc},
      {"main;asyncbench::uring::Loop::run;operator new@libstdc++.so.6.0.30", Category::libc},
      {"main;asyncbench::threads::run;clock_gettime@[vdso]", Category::libc},
      // Templates of the standard library that were not inlined.
      {"main;asyncbench::load::Arrivals::next;std::vector::push_back", Category::harness},
      {"main;asyncbench::curl::run;std::_Function_handler::_M_invoke", Category::strategy},
      {"main;poll_plugin::Loop::run@poll.so", Category::strategy},
      {"main;@[unknown]", Category::harness},
      {"@[unknown]", Category::other},
      {"main", Category::harness},
      {"", Category::other},
  };
  for (const auto& [stack, category] : kStacks) {
    EXPECT_EQ(info_of(category_of(stack)).name, info_of(category).name) << stack;
  }
}

TEST(Categories, OfAStackAreThoseOfTheNearestKnownFunction) {
  const std::string enter =
      "main;asyncbench::uring::Loop::run;k:entry_SYSCALL_64_after_hwframe;k:do_syscall_64;";
  const std::pair<std::string, Category> kStacks[] = {
      // Linux 6.18, fetch on loopback.
      {enter + "k:__do_sys_io_uring_enter;k:io_submit_sqes;k:io_send;k:tcp_sendmsg;"
               "k:tcp_write_xmit;k:__local_bh_enable_ip;k:net_rx_action;k:tcp_v4_rcv",
       Category::tcp_send},
      {enter + "k:__do_sys_io_uring_enter;k:io_submit_sqes;k:io_send;k:tcp_sendmsg;k:tcp_v4_rcv;"
               "k:sock_def_readable;k:__wake_up_sync_key;k:try_to_wake_up;"
               "k:_raw_spin_unlock_irqrestore",
       Category::scheduler},
      {enter + "k:tcp_sendmsg;k:tcp_stream_alloc_skb;k:kmem_cache_alloc_node_noprof",
       Category::memory},
      {enter + "k:__sys_recvfrom;k:tcp_recvmsg;k:skb_copy_datagram_iter;k:rep_movs_alternative",
       Category::tcp_receive},
      {enter + "k:ep_poll;k:schedule_hrtimeout_range;k:__schedule", Category::scheduler},
      {enter + "k:ep_poll;k:__schedule;k:__perf_event_task_sched_out", Category::profiler},
      {enter + "k:ep_send_events;k:tcp_poll", Category::epoll},
      {enter + "k:io_submit_sqes;k:io_poll_add;k:tcp_poll", Category::io_uring},
      {enter + "k:ksys_write;k:vfs_write;k:eventfd_write", Category::scheduler},
      {enter + "k:ksys_read;k:vfs_read;k:ext4_file_read_iter;k:filemap_read;k:_copy_to_iter",
       Category::file_system},
      {enter + "k:ksys_read;k:vfs_read;k:fsnotify", Category::file_system},
      {enter + "k:x64_sys_call", Category::syscall},
      {"main;k:entry_SYSRETQ_unsafe_stack", Category::syscall},
      {"main;k:asm_sysvec_apic_timer_interrupt;k:net_rx_action;k:tcp_v4_rcv",
       Category::tcp_receive},
      {"main;k:asm_sysvec_apic_timer_interrupt;k:irq_exit_rcu", Category::other},
      {"main;k:some_new_function", Category::other},
      {enter + "nft_do_chain@[nf_tables]", Category::syscall},
  };
  for (const auto& [stack, category] : kStacks) {
    EXPECT_EQ(info_of(category_of(stack)).name, info_of(category).name) << stack;
  }
}

TEST(Categories, AddUpToAllSamplesOfAProfile) {
  measure::CallTreeBuilder builder;
  builder.add(std::vector{Function{"main", kProgram}}, 3);
  builder.add(std::vector{Function{"main", kProgram}, Function{"tcp_sendmsg", "[kernel]"}}, 4);
  builder.add(std::vector{Function{"", kProgram}}, 5);
  builder.add(std::vector{Function{"", "[kernel]"}}, 6);
  builder.add(std::vector{Function{"", "libc.so.6"}}, 7);
  const measure::OnCpu profile{.program = kProgram, .stacks = builder.take()};
  const std::vector<std::uint64_t> samples = samples_by_category(profile);
  const auto of = [&](Category category) { return samples[static_cast<std::size_t>(category)]; };
  EXPECT_EQ(of(Category::harness), 3U);
  EXPECT_EQ(of(Category::tcp_send), 4U);
  EXPECT_EQ(of(Category::libc), 7U);
  EXPECT_EQ(of(Category::other), 11U);
  const Nameless nameless = nameless_samples(profile);
  EXPECT_EQ(nameless.program, 5U);
  EXPECT_EQ(nameless.kernel, 6U);
  EXPECT_EQ(nameless.elsewhere, 7U);
}

}  // namespace
}  // namespace asyncbench::analyze
