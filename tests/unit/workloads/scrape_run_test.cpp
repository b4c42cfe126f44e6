#include "workloads/scrape_run.hpp"

#include <gmock/gmock.h>

#include <map>

#include "workloads/http_client.hpp"

namespace asyncbench::workloads {
namespace {

ScrapeRun::Setup setup_of(std::size_t pages, unsigned tasks) {
  ScrapeRun::Setup setup{
      .targets = {}, .names = {}, .tasks = tasks, .page_bytes_most = 100, .folder = "unused"};
  for (std::size_t page = 0; page < pages; ++page) {
    setup.names.push_back("/bytes/12?page=" + std::to_string(page));
    setup.targets.push_back(origin_target(setup.names.back(), 1, 0, {}));
  }
  return setup;
}

// Counts how often each file is written in one round of a task, and by which task.
TEST(ScrapeRun, GivesEachFileToOneTaskAndEachTaskItsFilesInTurn) {
  for (const std::size_t pages : {1U, 3U, 7U, 8U, 30U}) {
    SCOPED_TRACE(pages);
    constexpr unsigned kTasks = 7;
    ScrapeRun run(setup_of(pages, kTasks), {});
    std::map<std::string, unsigned> owners;
    std::map<std::string, unsigned> fetched;
    for (unsigned index = 0; index < kTasks; ++index) {
      for (std::uint64_t nth = 1; nth <= 60; ++nth) {
        const ScrapeRun::Page page = run.page(index, nth);
        const auto [owner, is_new] = owners.emplace(page.stored.path(), index);
        EXPECT_EQ(owner->second, index);
        if (is_new) ++fetched[page.target.request.url.target];
      }
    }
    EXPECT_EQ(owners.size(), std::max<std::size_t>(pages, kTasks));
    EXPECT_EQ(fetched.size(), pages);
  }
}

TEST(ScrapeRun, NamesThePagesThatFailedAndAllIfAsked) {
  ScrapeRun run(setup_of(2, 3), {});
  run.page(0, 1).stored.count(Outcome::ok);
  run.page(1, 1).stored.count(Outcome::ok);
  run.page(2, 1).stored.count(Outcome::local_resource);  // page 0 again
  const std::vector<ItemOutcomes> failed = run.items(false);
  ASSERT_EQ(failed.size(), 1U);
  EXPECT_EQ(failed[0].name, "/bytes/12?page=0");
  EXPECT_EQ(failed[0].outcomes,
            (std::map<std::string, std::uint64_t>{{"local_resource", 1}, {"ok", 1}}));
  EXPECT_EQ(run.items(true).size(), 2U);
}

}  // namespace
}  // namespace asyncbench::workloads
