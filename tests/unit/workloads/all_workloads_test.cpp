#include "workloads/all_workloads.hpp"

#include <gmock/gmock.h>

#include "stub_workload.hpp"

namespace asyncbench::workloads {
namespace {

using testing::HasSubstr;
using testing::ThrowsMessage;

// Workloads stay once they are added, so each test has names of its own.
template <class... Definitions>
void add(Definitions... definitions) {
  std::vector<std::unique_ptr<const Workload>> workloads;
  (workloads.push_back(std::make_unique<StubWorkload>(definitions)), ...);
  add_workloads(std::move(workloads));
}

TEST(AllWorkloads, FindAddedOnesBehindTheirOwn) {
  EXPECT_EQ(find_workload("added"), nullptr);
  const std::size_t before = all_workloads().size();
  add(Definition{.name = "added", .parameters = {a_count("things")}}, Definition{.name = "second"});
  ASSERT_EQ(all_workloads().size(), before + 2);
  EXPECT_EQ(all_workloads().front(), &fetch_workload());
  EXPECT_EQ(all_workloads()[before], find_workload("added"));
  EXPECT_EQ(all_workloads().back()->info().name, "second");
}

TEST(AllWorkloads, RefuseANameThatIsTaken) {
  EXPECT_THAT([] { add(Definition{.name = "echo"}); },
              ThrowsMessage<UsageError>(
                  HasSubstr("workload echo: there is a workload of that name already")));
  add(Definition{.name = "first_come"});
  EXPECT_THROW(add(Definition{.name = "first_come"}), UsageError);
}

TEST(AllWorkloads, AddNoneWhereOneIsRefused) {
  const std::size_t before = all_workloads().size();
  EXPECT_THROW(add(Definition{.name = "fine"}, Definition{.name = "fine"}), UsageError);
  EXPECT_THAT([] { add(Definition{.name = "usable"}, Definition{.name = "dumb", .summary = ""}); },
              ThrowsMessage<UsageError>(HasSubstr("workload dumb: it has no summary")));
  EXPECT_EQ(all_workloads().size(), before);
  EXPECT_EQ(find_workload("fine"), nullptr);
  EXPECT_EQ(find_workload("usable"), nullptr);
}

// An option has one way to read its value, whatever the workload.
TEST(AllWorkloads, RefuseAParameterThatMeansSomethingElseElsewhere) {
  ParameterInfo connections = a_count("connections");
  add(Definition{.name = "like_others", .parameters = {connections}});
  connections.kind = ValueKind::size;
  EXPECT_THAT([&] { add(Definition{.name = "unlike", .parameters = {connections}}); },
              ThrowsMessage<UsageError>(HasSubstr("parameter connections: it takes other values")));
  const ParameterInfo subject{.name = "subject",
                              .kind = ValueKind::choice,
                              .otherwise = "moon",
                              .description = "what",
                              .choices = "sun|moon"};
  EXPECT_THAT([&] { add(Definition{.name = "unlike", .parameters = {subject}}); },
              ThrowsMessage<UsageError>(HasSubstr("than that of echo")));
}

}  // namespace
}  // namespace asyncbench::workloads
