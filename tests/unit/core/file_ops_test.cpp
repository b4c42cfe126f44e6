#include "core/file_ops.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>

namespace asyncbench {
namespace {

TEST(FileOps, ACancelledOpenLeavesNoDescriptor) {
  const Op open = op::Open{"/dev/null", O_RDONLY};
  const Completion opened = perform_file_op(open);
  ASSERT_FALSE(opened.error);
  EXPECT_EQ(cancel_file_op(open, opened).error, std::errc::operation_canceled);
  EXPECT_EQ(::fcntl(static_cast<int>(opened.size), F_GETFD), -1);
  EXPECT_EQ(errno, EBADF);
}

TEST(FileOps, ACancelledOpenThatFailedClosesNothing) {
  const Op open = op::Open{"/nowhere/at/all", O_RDONLY};
  const Completion refused = perform_file_op(open);
  ASSERT_EQ(refused.error, std::errc::no_such_file_or_directory);
  EXPECT_EQ(cancel_file_op(open, refused).error, std::errc::operation_canceled);
  EXPECT_NE(::fcntl(0, F_GETFD), -1) << "a failed Open's size is no descriptor";
}

TEST(FileOps, AStopDoesNotCancelCloseFile) {
  EXPECT_FALSE(cancel_file_op(op::CloseFile{-1}, Completion{}).error);
}

}  // namespace
}  // namespace asyncbench
