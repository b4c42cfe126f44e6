#include "core/private_folder.hpp"

#include <gmock/gmock.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <system_error>

#include "tests/scratch_folder.hpp"

namespace asyncbench {
namespace {

class PrivateFolders : public testing::Test {
 protected:
  std::string parent() const { return parent_.path().string(); }
  std::size_t left() const {
    return static_cast<std::size_t>(
        std::distance(std::filesystem::directory_iterator(parent_.path()),
                      std::filesystem::directory_iterator()));
  }
  void abandon_one() const {
    const pid_t child = ::fork();
    if (child == 0) {
      const PrivateFolder folder(parent());
      std::ofstream(folder.path() + "/page") << "text";
      ::_exit(0);  // without a destructor
    }
    ::waitpid(child, nullptr, 0);
  }

  test::ScratchFolder parent_;
};

TEST_F(PrivateFolders, AreGoneWithTheirFiles) {
  {
    const PrivateFolder folder(parent());
    std::ofstream(folder.path() + "/page") << "text";
    EXPECT_EQ(left(), 1U);
  }
  EXPECT_EQ(left(), 0U);
}

TEST_F(PrivateFolders, AreRemovedAfterAProcessThatWasKilled) {
  abandon_one();
  ASSERT_EQ(left(), 1U);
  PrivateFolder::remove_abandoned(parent());
  EXPECT_EQ(left(), 0U);

  abandon_one();
  const PrivateFolder next(parent());
  EXPECT_EQ(left(), 1U) << "the next one's own";
}

TEST_F(PrivateFolders, StayWhileTheirProcessLivesAndSoDoesWhatIsNotOurs) {
  const PrivateFolder folder(parent());
  parent_.file("asyncbench-notes", "mine");
  // A user's folders, whatever their names.
  for (const char* name : {"asyncbench-files-of-may", "asyncbench-files-backup"}) {
    std::filesystem::create_directory(parent_.path() / name);
  }
  std::filesystem::create_directory(parent_.path() / "asyncbench-files-mine_1");
  std::filesystem::permissions(parent_.path() / "asyncbench-files-mine_1",
                               std::filesystem::perms(0755));
  PrivateFolder::remove_abandoned(parent());
  EXPECT_TRUE(std::filesystem::exists(folder.path()));
  EXPECT_EQ(left(), 5U);
}

TEST_F(PrivateFolders, SayWhereNoneCanBeMade) {
  try {
    const PrivateFolder folder(parent() + "/missing");
    ADD_FAILURE() << "made";
  } catch (const std::system_error& error) {
    EXPECT_THAT(error.what(), testing::HasSubstr(parent() + "/missing"));
  }
}

}  // namespace
}  // namespace asyncbench
