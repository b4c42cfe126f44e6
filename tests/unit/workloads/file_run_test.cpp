#include "workloads/file_run.hpp"

#include <gmock/gmock.h>

#include "core/file_ops.hpp"
#include "tests/scratch_folder.hpp"

namespace asyncbench::workloads {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class FileRunTest : public testing::Test {
 protected:
  FileRun make_run(Sync sync) {
    return FileRun(FileRun::Setup{.parameters = {.file_bytes = 4096,
                                                 .block_bytes = 4096,
                                                 .in_flight = 2,
                                                 .writes = true,
                                                 .sync = sync},
                                  .folder = folder_.path().string()},
                   LoadOptions{.request_budget = 1});
  }

  // Runs one task to its end, and returns the kinds of its operations on files.
  static std::vector<OpKind> carry_out(Task& task) {
    std::vector<OpKind> kinds;
    Op next = task.start(0);
    while (kind_of(next) != OpKind::finish) {
      if (!kFileOps.contains(kind_of(next))) {
        next = task.resume({});
        continue;
      }
      kinds.push_back(kind_of(next));
      next = task.resume(perform_file_op(next));
    }
    return kinds;
  }

  test::ScratchFolder folder_;
};

// Such a task starts when the others have used up the budget.
TEST_F(FileRunTest, IsSyncedAtTheEndAlsoByATaskThatWroteNothing) {
  FileRun run = make_run({.at_end = true});
  run.load().window().start_ns = to_ns(now());
  const auto tasks = run.make_tasks();
  EXPECT_THAT(carry_out(*tasks[0]), ElementsAre(OpKind::open, OpKind::write, OpKind::close_file));
  EXPECT_EQ(run.final_sync(), std::nullopt);
  EXPECT_THAT(carry_out(*tasks[1]), ElementsAre(OpKind::open, OpKind::sync, OpKind::close_file));
  EXPECT_NE(run.final_sync(), std::nullopt);
}

TEST_F(FileRunTest, IsNotOpenedByATaskThatDoesNotNeedIt) {
  FileRun run = make_run({});
  run.load().window().start_ns = to_ns(now());
  const auto tasks = run.make_tasks();
  EXPECT_THAT(carry_out(*tasks[0]), ElementsAre(OpKind::open, OpKind::write, OpKind::close_file));
  EXPECT_THAT(carry_out(*tasks[1]), IsEmpty());
  EXPECT_EQ(run.final_sync(), std::nullopt);
}

}  // namespace
}  // namespace asyncbench::workloads
