// The stacks of one lane's fibers.
#pragma once

#include <boost/context/stack_context.hpp>
#include <cstddef>
#include <vector>

namespace asyncbench::fiber {

// As large as those of the thread strategies. Only pages that a fiber touches are in memory, one or
// two for most tasks. Sanitizers enlarge frames.
#if defined(__SANITIZE_ADDRESS__)
inline constexpr std::size_t kStackBytes = 512 * 1024;
#else
inline constexpr std::size_t kStackBytes = 64 * 1024;
#endif

// Boost's pooled_fixedsize_stack has no guard pages, and its protected_fixedsize_stack maps and
// unmaps a stack for each fiber. These stacks have a guard page, and the one used last, warm in the
// cache, is used again. One thread; it outlives the fibers.
class StackPool {
 public:
  StackPool() = default;
  ~StackPool();
  StackPool(const StackPool&) = delete;
  StackPool& operator=(const StackPool&) = delete;

  // Throws std::bad_alloc.
  boost::context::stack_context take();
  void give_back(const boost::context::stack_context& stack);

  // Those that there are, in use or not.
  std::size_t size() const { return slabs_.size() * kSlabStacks; }

 private:
  // Stacks that are mapped by one call.
  static constexpr std::size_t kSlabStacks = 16;

  void add_slab();

  std::vector<void*> slabs_;
  std::vector<boost::context::stack_context> spare_;
};

// The stack allocator that Boost.Fiber is given.
class PooledStack {
 public:
  explicit PooledStack(StackPool& pool) : pool_(&pool) {}

  boost::context::stack_context allocate() { return pool_->take(); }
  void deallocate(const boost::context::stack_context& stack) { pool_->give_back(stack); }

 private:
  StackPool* pool_;
};

}  // namespace asyncbench::fiber
