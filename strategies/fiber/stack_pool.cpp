#include "stack_pool.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <new>

#include "core/assert.hpp"
#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#endif

namespace asyncbench::fiber {

namespace {

std::size_t guard_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

// The guard page also keeps equal frames of different stacks out of the same sets of the cache,
// where stacks at a distance of a power of two would have them.
std::size_t stride_bytes() { return kStackBytes + guard_bytes(); }

// Within a page, frames are kept apart by starting each stack a little lower than the one before.
// Boost.Fiber aligns a fiber's control block to 256 bytes.
constexpr std::size_t kShift = 256;
constexpr std::size_t kShifts = 8;

}  // namespace

StackPool::~StackPool() {
  must_hold(spare_.size() == size(), "all fibers have given their stacks back");
  for (void* const slab : slabs_) munmap(slab, kSlabStacks * stride_bytes());
}

boost::context::stack_context StackPool::take() {
  if (spare_.empty()) add_slab();
  const boost::context::stack_context stack = spare_.back();
  spare_.pop_back();
  return stack;
}

void StackPool::give_back(const boost::context::stack_context& stack) {
#if defined(__SANITIZE_ADDRESS__)
  // A fiber's last frames never return, and so leave their red zones to the next fiber.
  __asan_unpoison_memory_region(static_cast<char*>(stack.sp) - stack.size, stack.size);
#endif
  spare_.push_back(stack);
}

// A guard page more than the kernel's limit of mappings (vm.max_map_count) permits is done without:
// the stack is as good.
void StackPool::add_slab() {
  void* const slab = mmap(nullptr, kSlabStacks * stride_bytes(), PROT_READ | PROT_WRITE,
                          MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
  if (slab == MAP_FAILED) throw std::bad_alloc();
  slabs_.push_back(slab);
  spare_.reserve(size());
  for (std::size_t i = 0; i < kSlabStacks; ++i) {
    char* const bottom = static_cast<char*>(slab) + i * stride_bytes();
    mprotect(bottom, guard_bytes(), PROT_NONE);
    boost::context::stack_context stack;
    stack.size = kStackBytes - i % kShifts * kShift;
    stack.sp = bottom + guard_bytes() + stack.size;
    spare_.push_back(stack);
  }
}

}  // namespace asyncbench::fiber
