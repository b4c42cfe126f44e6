#include "run/messages.hpp"

#include <gmock/gmock.h>

#include "workloads/all_workloads.hpp"

namespace asyncbench::run {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::Throws;
using testing::ThrowsMessage;

TEST(Messages, CarryAJob) {
  order::Job job;
  job.role = Role::server;
  job.strategy = "uring:oneshot";
  job.workload = "serve";
  job.work.parameters = workloads::Parameters(workloads::serve_workload().info().parameters);
  job.work.parameters.set("body_bytes", "4k");
  job.work.parameters.set("server_delay", "exp:3ms");
  job.work.verify = workloads::Verify::all;
  job.work.urls = {"http://127.0.0.1:8080/x"};
  job.work.folder = "/data";
  job.work.trust = workloads::Trust{.ca_file = "/ca.pem", .verifies = false};
  job.address = {.port = 8080, .path = "/run/a.sock", .certificate = "PEM"};
  job.part = workloads::ClientPart{.part = {.index = 2, .of = 3}, .schedule_begins_ns = 5};
  job.cpus = {0, 3};
  job.settings.seed = UINT64_MAX;
  job.window_expected = 3s;
  job.settings.grace = 2s;
  job.settings.requests = 1000;
  job.settings.threads = 3;
  job.count_syscalls = true;
  job.live = true;
  job.profile = {.profiler = measure::ProfilerKind::perf, .frequency_hz = 99};
  const auto copy = std::get<order::Job>(order_from(to_line(Order{job})));
  EXPECT_EQ(copy.role, Role::server);
  EXPECT_EQ(copy.strategy, job.strategy);
  EXPECT_EQ(copy.workload, job.workload);
  EXPECT_EQ(copy.work.parameters, job.work.parameters);
  EXPECT_EQ(copy.work.verify, job.work.verify);
  EXPECT_EQ(copy.work.urls, job.work.urls);
  EXPECT_EQ(copy.work.folder, job.work.folder);
  ASSERT_TRUE(copy.work.trust);
  EXPECT_EQ(copy.work.trust->ca_file, "/ca.pem");
  EXPECT_FALSE(copy.work.trust->verifies);
  EXPECT_EQ(copy.address.port, 8080);
  EXPECT_EQ(copy.address.path, job.address.path);
  ASSERT_TRUE(copy.part);
  EXPECT_EQ(copy.part->part, job.part->part);
  EXPECT_EQ(copy.part->schedule_begins_ns, 5);
  EXPECT_EQ(copy.address.certificate, "PEM");
  EXPECT_EQ(copy.cpus, job.cpus);
  EXPECT_EQ(copy.settings.seed, UINT64_MAX);
  EXPECT_EQ(copy.settings.grace, 2s);
  EXPECT_EQ(copy.settings.requests, 1000u);
  EXPECT_EQ(copy.settings.threads, 3U);
  EXPECT_TRUE(copy.count_syscalls);
  EXPECT_TRUE(copy.live);
  EXPECT_EQ(copy.profile, job.profile);
}

TEST(Messages, RefuseAClientThatIsNoneOfThoseThereAre) {
  order::Job job;
  job.workload = "serve";
  job.work.parameters = workloads::Parameters(workloads::serve_workload().info().parameters);
  EXPECT_FALSE(std::get<order::Job>(order_from(to_line(Order{job}))).part);
  job.part = workloads::ClientPart{.part = {.index = 3, .of = 3}};
  EXPECT_THAT([&] { order_from(to_line(Order{job})); },
              ThrowsMessage<ProtocolError>(HasSubstr("part 3 of 3")));
}

TEST(Messages, CarryAWindowWithAndWithoutAnEnd) {
  const auto with =
      std::get<order::Go>(order_from(to_line(Order{order::Go{{.start_ns = 5, .end_ns = 9}}})));
  EXPECT_EQ(with.window.start_ns, 5);
  EXPECT_EQ(with.window.end_ns, 9);
  const auto without = std::get<order::Go>(order_from(to_line(Order{order::Go{{.start_ns = 5}}})));
  EXPECT_EQ(without.window.end_ns, std::nullopt);
}

TEST(Messages, CarryProgress) {
  const report::Progress sent{.active = std::chrono::milliseconds(450),
                              .ok = 9'000,
                              .failed = 3,
                              .p50_ns = 250'000,
                              .p99_ns = std::nullopt};
  const Report report = report_from(to_line(Report(sent)));
  const auto& read = std::get<report::Progress>(report);
  EXPECT_EQ(read.active, sent.active);
  EXPECT_EQ(read.ok, 9'000U);
  EXPECT_EQ(read.failed, 3U);
  EXPECT_EQ(read.p50_ns, 250'000);
  EXPECT_FALSE(read.p99_ns);
}

TEST(Messages, CarryARecordToTheBit) {
  report::Record record;
  record.arrivals_a2 = 0.1 + 0.2;
  measure::Recording& r = record.recording.emplace();
  r.ended[1][0] = 77;
  r.begun = {1, 2, 3};
  r.censored = 4;
  r.service_time.record(123'456, 77);
  r.service_time.record(0);  // below the range: not part of the encoded histogram
  r.slices = {{.completions = 3, .service_time_sum_ns = 9}};
  r.coarse.resize(1);
  r.coarse[0][40] = 5;
  record.server = {.responses = 12};
  record.usage.cpu_user_ns = 10;
  record.usage.unreadable = {{"syscalls", "EACCES"}};
  record.lanes = {{.wakeups = 3, .counters = {{"cq_overflows", 1}}, .granted = {"DEFER_TASKRUN"}}};
  record.series["heartbeat_lag"].record(5000, 3);
  record.figures = {{"read_bytes", 4096.5}};
  record.curves = {{"bytes_by_files", {{1, 4096.5}, {2, 8193}}}};
  record.unreadable = {{"written_bytes", "EACCES"}};
  record.items = {{.name = "http://a/", .outcomes = {{"ok", 3}}}};
  record.profile.emplace().on_cpu = {.event = "cpu-clock",
                                     .stacks = {.functions = {{"f", "a"}}, .nodes = {{-1, 0, 7}}}};
  record.window_end_ns = 99;
  record.resources_back = true;
  const auto copy = std::get<report::Record>(report_from(to_line(Report{record})));
  ASSERT_TRUE(copy.recording);
  EXPECT_EQ(copy.recording->ended, r.ended);
  EXPECT_EQ(copy.recording->service_time, r.service_time);
  EXPECT_EQ(copy.recording->slices[0].service_time_sum_ns, 9u);
  EXPECT_EQ(copy.recording->coarse, r.coarse);
  EXPECT_EQ(copy.server->responses, 12u);
  EXPECT_EQ(copy.usage, record.usage);
  EXPECT_EQ(copy.lanes[0].counters.at("cq_overflows"), 1u);
  EXPECT_EQ(copy.series, record.series);
  EXPECT_EQ(copy.figures, record.figures);
  EXPECT_EQ(copy.curves, record.curves);
  EXPECT_EQ(copy.unreadable, record.unreadable);
  EXPECT_EQ(copy.items.at(0).outcomes, record.items[0].outcomes);
  EXPECT_EQ(copy.profile, record.profile);
  EXPECT_EQ(copy.window_end_ns, 99);
  EXPECT_EQ(copy.arrivals_a2, record.arrivals_a2);
}

TEST(Messages, TakeARecordOfABuildThatDoesNotCheckArrivals) {
  std::string line = to_line(Report{report::Record{}});
  const std::string field = "\"arrivals_a2\":null,";
  ASSERT_NE(line.find(field), line.npos);
  line.erase(line.find(field), field.size());
  EXPECT_EQ(std::get<report::Record>(report_from(line)).arrivals_a2, std::nullopt);
}

TEST(Messages, OfBeforeThereWereProfilesAreUnderstood) {
  std::string job = to_line(Order{order::Job{.workload = "fetch"}});
  const std::string profile = "\"profile\":null,";
  ASSERT_NE(job.find(profile), std::string::npos);
  job.erase(job.find(profile), profile.size());
  EXPECT_EQ(std::get<order::Job>(order_from(job)).profile, std::nullopt);
  std::string record = to_line(Report{report::Record{}});
  ASSERT_NE(record.find(profile), std::string::npos);
  record.erase(record.find(profile), profile.size());
  EXPECT_EQ(std::get<report::Record>(report_from(record)).profile, std::nullopt);
}

TEST(Messages, RefuseWhatIsNotInTheProtocol) {
  for (const char* line :
       {"", "{", "[]", "{\"type\":\"dance\"}", "{\"type\":\"record\"}", "\"go\""}) {
    EXPECT_THAT([&] { report_from(line); }, Throws<ProtocolError>()) << line;
    EXPECT_THAT([&] { order_from(line); }, Throws<ProtocolError>()) << line;
  }
}

// Of a plugin's participant, or of another program.
TEST(Messages, RefuseNumbersThatCannotBe) {
  const auto replaced = [](std::string line, const std::string& is, const std::string& wrong) {
    const std::size_t at = line.find(is);
    EXPECT_NE(at, std::string::npos) << is;
    return line.replace(at, is.size(), wrong);
  };
  const std::string job = to_line(Order{order::Job{.workload = "fetch"}});
  for (const char* wrong : {"\"threads\":0", "\"threads\":-1", "\"threads\":4294967297",
                            "\"threads\":1.5", "\"threads\":\"1\""}) {
    EXPECT_THAT([&] { order_from(replaced(job, "\"threads\":1", wrong)); }, Throws<ProtocolError>())
        << wrong;
  }
  report::Record record;
  record.recording.emplace();
  record.usage.cpu_user_ns = 10;
  record.figures = {{"read_bytes_per_s", 7}};
  record.window_end_ns = 99;
  const std::string line = to_line(Report{record});
  for (const auto& [is, wrong] :
       {std::pair{"\"cpu_user_ns\":10", "\"cpu_user_ns\":-10"},
        std::pair{"\"read_bytes_per_s\":7.0", "\"read_bytes_per_s\":1e308"},
        std::pair{"\"censored\":0", "\"censored\":-1"},
        std::pair{"\"censored\":0", "\"censored\":18446744073709551615"},
        std::pair{"\"window_end_ns\":99", "\"window_end_ns\":1e3"},
        std::pair{"\"window_end_ns\":99", "\"window_end_ns\":-99"}}) {
    EXPECT_THAT([&] { report_from(replaced(line, is, wrong)); }, Throws<ProtocolError>()) << wrong;
  }
}

TEST(Messages, RefuseAnotherVersion) {
  std::string line = to_line(Order{order::Job{}});
  line.replace(line.find("\"protocol\":3"), 12, "\"protocol\":9");
  EXPECT_THAT([&] { order_from(line); }, ThrowsMessage<ProtocolError>(HasSubstr("version 3")));
}

TEST(Messages, ReplaceBytesThatAreNotText) {
  const std::string line = to_line(Report{report::Failed{"path \xff\xfe"}});
  EXPECT_THAT(std::get<report::Failed>(report_from(line)).reason, HasSubstr("path "));
}

// What is measured from outside, a program need not say.
TEST(Messages, OfProgramsMayLackWhatTheirAdapterKnows) {
  const auto record = std::get<report::Record>(
      report_of_program(R"({"type":"record","records":5,"figures":{"x_bytes":3}})"));
  EXPECT_EQ(record.records, 5U);
  EXPECT_EQ(record.figures.at("x_bytes"), 3);
  EXPECT_FALSE(record.recording);
  EXPECT_THROW(report_from(R"({"type":"record","records":5})"), ProtocolError);
  EXPECT_THROW(report_of_program(R"({"type":"record","records":-5})"), ProtocolError);
  EXPECT_EQ(std::get<report::Ready>(report_of_program(R"({"type":"ready","turns":false})")).turns,
            false);
  EXPECT_EQ(std::get<report::Ready>(report_from(R"({"type":"ready"})")).turns, std::nullopt);
  EXPECT_EQ(to_line(Report{report::Ready{}}), R"({"type":"ready"})");
}

}  // namespace
}  // namespace asyncbench::run
