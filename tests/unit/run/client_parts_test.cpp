#include "run/client_parts.hpp"

#include <gmock/gmock.h>

#include <numeric>

#include "fakes.hpp"
#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

workloads::Work echo_work(const char* connections, const char* idle) {
  workloads::Work work{.parameters =
                           workloads::Parameters(workloads::echo_workload().info().parameters)};
  work.parameters.set("connections", connections);
  work.parameters.set("idle", idle);
  return work;
}

TEST(ClientParts, DivideConnectionsWithoutARest) {
  std::vector<std::uint64_t> connections;
  std::vector<std::uint64_t> idle;
  for (unsigned index = 0; index < 4; ++index) {
    const workloads::Work part = part_of(echo_work("10", "3"), {.index = index, .of = 4});
    connections.push_back(part.parameters.number("connections"));
    idle.push_back(part.parameters.number("idle"));
    EXPECT_EQ(part.parameters.number("message_bytes"), 64U) << "what is not divided stays";
  }
  EXPECT_THAT(connections, ElementsAre(3, 3, 2, 2));
  EXPECT_THAT(idle, ElementsAre(1, 1, 1, 0));
}

TEST(ClientParts, HaveCpusOfTheirOwnWhereThereAreEnough) {
  const auto shared_out = [](const std::vector<unsigned>& cpus, unsigned parts) {
    std::vector<std::vector<unsigned>> all;
    for (unsigned i = 0; i < parts; ++i) all.push_back(cpus_of(cpus, {.index = i, .of = parts}));
    return all;
  };
  EXPECT_THAT(shared_out({0, 1, 2, 3}, 2), ElementsAre(ElementsAre(0, 1), ElementsAre(2, 3)));
  EXPECT_THAT(shared_out({0, 1, 2}, 2), ElementsAre(ElementsAre(0), ElementsAre(1, 2)));
  EXPECT_THAT(shared_out({4, 5}, 4),
              ElementsAre(ElementsAre(4), ElementsAre(4), ElementsAre(5), ElementsAre(5)));
  EXPECT_THAT(shared_out({}, 2), ElementsAre(IsEmpty(), IsEmpty()));
}

// A client's record of so many requests of 100 us, with two turns.
report::Record record_of(std::uint64_t requests) {
  report::Record record;
  measure::Recording& recording = record.recording.emplace();
  recording.ended[1][0] = requests;
  recording.begun[1] = requests;
  recording.answered = requests;
  recording.in_flight_max = 2;
  recording.service_time.record(100'000, requests);
  recording.turns = {{.requests = 1}, {.requests = requests, .completions = requests}};
  record.arrivals_due = requests;
  record.items = {{.name = "idle connections", .outcomes = {{"ok", requests}}}};
  record.usage = {.cpu_user_ns = 5, .cpu_system_ns = 6, .cpus = {0}};
  record.turns_cpu_ns = {10, 20};
  record.figures = {{"of_this_part", 1}};
  record.window_end_ns = 9;
  record.resources_back = true;
  return record;
}

TEST(ClientParts, AddUpExactly) {
  const report::Record all = together({record_of(100), record_of(7), record_of(1)});
  EXPECT_EQ(all.recording->ended_in(measure::Phase::window), 108U);
  EXPECT_EQ(all.recording->answered, 108U);
  EXPECT_EQ(all.recording->service_time.count(), 108U);
  EXPECT_EQ(all.recording->in_flight_max, 6U);
  ASSERT_EQ(all.recording->turns.size(), 2U);
  EXPECT_EQ(all.recording->turns[0].requests, 3U);
  EXPECT_EQ(all.recording->turns[1].completions, 108U);
  EXPECT_EQ(all.arrivals_due, 108U);
  ASSERT_EQ(all.items.size(), 1U);
  EXPECT_EQ(all.items[0].outcomes.at("ok"), 108U);
  EXPECT_EQ(all.usage.cpu_ns(), 33);
  EXPECT_THAT(all.turns_cpu_ns, ElementsAre(30, 60));
  EXPECT_THAT(all.figures, IsEmpty()) << "nobody knows how these add up";
  EXPECT_EQ(all.window_end_ns, 9);
  EXPECT_TRUE(all.resources_back);
}

TEST(ClientParts, KnowNothingTogetherThatOneOfThemDoesNot) {
  report::Record blind = record_of(7);
  blind.turns_cpu_ns[1].reset();
  blind.usage.cpu_user_ns.reset();
  blind.resources_back = false;
  blind.resources_missing = "3 descriptors";
  const report::Record all = together({record_of(100), blind, record_of(1)});
  EXPECT_THAT(all.turns_cpu_ns, ElementsAre(30, std::nullopt));
  EXPECT_EQ(all.usage.cpu_ns(), std::nullopt);
  EXPECT_FALSE(all.resources_back);
  EXPECT_EQ(all.resources_missing, "3 descriptors");
}

std::string refusal_of(RunOptions options, unsigned clients) {
  options.strategies = {"both"};
  options.settings.set(&Settings::peer_processes, clients);
  try {
    make_plan(options, fakes(), false);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "";
}

TEST(ClientParts, AreRefusedWhereThereIsNothingToDivide) {
  RunOptions serve = options_for("serve");
  serve.parameters = lists_of({{"connections", "3"}});
  EXPECT_EQ(refusal_of(serve, 3), "");
  EXPECT_EQ(refusal_of(serve, 4),
            "--peer-processes 4: so many cannot share 3 connections out: give --connections 4 or "
            "more");
  EXPECT_THAT(refusal_of(serve, 0), HasSubstr("peer_processes: 0 is not between 1 and"));

  const std::string one_client =
      "is under test, and there is one of it: leave this out, or measure a server (serve, echo, ";
  EXPECT_THAT(refusal_of(options_for("fetch"), 2), HasSubstr("the client of fetch " + one_client));
  EXPECT_THAT(refusal_of(options_for("timers"), 2), HasSubstr("timers " + one_client));
  RunOptions echo = options_for("echo");
  EXPECT_EQ(refusal_of(echo, 2), "");
  echo.parameters = lists_of({{"subject", "client"}});
  EXPECT_THAT(refusal_of(echo, 2), HasSubstr("echo " + one_client));

  RunOptions budget = serve;
  budget.settings.set(&Settings::requests, 100);
  EXPECT_THAT(refusal_of(budget, 2), HasSubstr("give --duration instead"));
  RunOptions stages = serve;
  stages.settings.read("stages", "1s:100");
  EXPECT_THAT(refusal_of(stages, 2), HasSubstr("--stages are the schedule of one client"));
}

TEST(ClientParts, GetACpuForEachLoopOfEachProcess) {
  const Settings settings{.peer_threads = 2, .peer_processes = 3};
  EXPECT_EQ(threads_of(settings), (Threads{.subject = 1, .peer = 6}));
}

}  // namespace
}  // namespace asyncbench::run
