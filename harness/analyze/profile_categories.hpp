// What a sample was doing, told from its stack by a table of rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "measure/profile.hpp"

namespace asyncbench::analyze {

// In the order of tables: first the program, then the kernel.
enum class Category : std::uint8_t {
  harness,      // the work: tasks, HTTP, recording, the participant's own thread
  strategy,     // the code under strategies/, and the event loop that it is made on
  library,      // Asio, Fiber, liburing, libuv, libevent, libcurl ...
  libc,         // and libstdc++: copying, malloc, locks, the wrappers of system calls
  syscall,      // entering and leaving the kernel
  tcp_send,     // all of a send; on loopback that delivers to the other end
  tcp_receive,  // all of a receive, and packets that came in by themselves
  connections,  // making and closing them
  epoll,        // and poll
  io_uring,     // beside what its requests do
  scheduler,    // switching, waking up, futexes, starting and ending threads
  memory,       // the kernel's: page faults, pages, objects
  file_system,  // and block devices
  profiler,     // what the sampling itself does at every switch of threads
  other,
};
inline constexpr std::size_t kCategories = static_cast<std::size_t>(Category::other) + 1;

struct CategoryInfo {
  std::string_view name;   // in files: "tcp_send"
  std::string_view title;  // for people: "TCP send"
};
const CategoryInfo& info_of(Category category);

// A rule for functions of the kernel: a name, or with * at the end the beginning of one. Compilers
// add ".isra.0" and the like to names.
struct KernelRule {
  std::string_view pattern;
  Category category = Category::other;
  bool weak = false;

  bool fits(std::string_view name) const;
};

// The first that fits a name counts. Written for Linux 5.10 to 6.18.
std::span<const KernelRule> kernel_rules();

// The nearest function to the leaf that a rule knows decides: a page that a send allocates is
// memory, not TCP. Weak rules (the way into the kernel, softirqs, vfs) count where nothing else of
// the stack is known. A sample in the kernel is never the program's.
//
// `stack` from the thread to the leaf; `program`: the module that is the program itself.
Category categorize(std::span<const measure::Function* const> stack, std::string_view program);

// The samples of each category. The tree's indices must be valid, as those of a result are.
std::vector<std::uint64_t> samples_by_category(const measure::OnCpu& profile);

// Samples whose leaf no symbol names: in the program itself, in the kernel, elsewhere.
struct Nameless {
  std::uint64_t program = 0;
  std::uint64_t kernel = 0;
  std::uint64_t elsewhere = 0;
};
Nameless nameless_samples(const measure::OnCpu& profile);

// Whether a module is the kernel or one of its modules: "[kernel]", "[nf_tables]".
bool is_kernel(std::string_view module);

}  // namespace asyncbench::analyze
