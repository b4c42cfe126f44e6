#include "report/profile_files.hpp"

#include <gmock/gmock.h>
#include <zlib.h>

#include <nlohmann/json.hpp>

#include "report/format.hpp"
#include "report/profile_text.hpp"
#include "report/protobuf.hpp"
#include "tests/unit/report/profiled_cell.hpp"

namespace asyncbench::report {
namespace {

using nlohmann::json;
using result::Cell;
using result::Trial;
using testing::ElementsAre;
using testing::HasSubstr;

TEST(Folded, HasPicosecondsPerRequestOfEachStack) {
  EXPECT_EQ(folded(profiled_cell("uring", 3, 2)),
            "asyncbench;asyncbench::uring::Loop::run;[libc.so.6] 2000000\n"
            "asyncbench;asyncbench::uring::Loop::run;tcp_sendmsg_[k] 3000000\n");
}

TEST(Folded, OfADifferenceHasBothFigures) {
  EXPECT_EQ(folded_difference(profiled_cell("asio", 5, 0), profiled_cell("uring", 3, 2)),
            "asyncbench;asyncbench::uring::Loop::run;[libc.so.6] 0 2000000\n"
            "asyncbench;asyncbench::uring::Loop::run;tcp_sendmsg_[k] 5000000 3000000\n");
}

TEST(Speedscope, HasAProfileForEachCellWithSamples) {
  const Cell asio = profiled_cell("asio", 5, 0);
  const Cell none = profiled_cell("none", 0, 0);
  const Cell uring = profiled_cell("uring", 3, 2);
  const json file = json::parse(speedscope({&asio, &none, &uring}));
  EXPECT_EQ(file["shared"]["frames"].size(), 4U);
  ASSERT_EQ(file["profiles"].size(), 2U);
  const json& profile = file["profiles"][1];
  EXPECT_EQ(profile["type"], "sampled");
  EXPECT_EQ(profile["unit"], "nanoseconds");
  EXPECT_EQ(profile["endValue"], 5000);
  EXPECT_EQ(profile["weights"], json({2000, 3000}));
  std::vector<std::string> names;
  for (const json& frame : profile["samples"][0]) {
    names.push_back(file["shared"]["frames"][frame.get<std::size_t>()]["name"]);
  }
  EXPECT_THAT(names, ElementsAre("asyncbench", "asyncbench::uring::Loop::run", "[libc.so.6]"));
}

std::string unzipped(const std::string& packed) {
  std::string bytes(65536, '\0');
  z_stream stream{};
  EXPECT_EQ(inflateInit2(&stream, 15 + 16), Z_OK);
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
  stream.avail_in = static_cast<uInt>(packed.size());
  stream.next_out = reinterpret_cast<Bytef*>(bytes.data());
  stream.avail_out = static_cast<uInt>(bytes.size());
  EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
  bytes.resize(stream.total_out);
  inflateEnd(&stream);
  return bytes;
}

TEST(Protobuf, IsWrittenAsTheEncodingGuideHasIt) {
  ProtobufMessage inner;
  inner.integer(1, 150);
  EXPECT_EQ(inner.bytes(), "\x08\x96\x01");
  ProtobufMessage outer;
  outer.message(3, inner);
  outer.text(2, "testing");
  outer.packed(6, std::vector<std::uint64_t>{3, 270, 86942});
  EXPECT_EQ(outer.bytes(),
            "\x1a\x03\x08\x96\x01"
            "\x12\x07"
            "testing"
            "\x32\x06\x03\x8e\x02\x9e\xa7\x05");
}

TEST(Pprof, IsAGzippedProfileWithItsTypesAndFunctions) {
  const std::string bytes = unzipped(pprof(profiled_cell("uring", 3, 2)));
  for (const char* text : {"samples", "cpu_per_1000_requests", "nanoseconds", "tcp_sendmsg",
                           "asyncbench::uring::Loop::run", "[libc.so.6]", "[kernel]"}) {
    EXPECT_THAT(bytes, HasSubstr(text));
  }
  // The stack of thread, run and send, the leaf first: 3 samples, 3 ms, 3 ms per 1000 requests.
  EXPECT_THAT(bytes, HasSubstr(std::string("\x0a\x03\x04\x02\x01", 5)));
}

result::Result result_of(std::vector<Cell> cells) {
  result::Result result;
  result.cells = std::move(cells);
  return result;
}

TEST(ProfileText, PutsStrategiesSideBySide) {
  const result::Result result =
      result_of({profiled_cell("asio", 900, 0), profiled_cell("uring", 300, 200)});
  ASSERT_TRUE(has_profile(result));
  EXPECT_EQ(profile_text(result),
            "fetch: where a request's CPU goes\n"
            "\n"
            "ns per request                     uring                asio\n"
            "libc, libstdc++              200000  40%              0   0%\n"
            "TCP send                     300000  60%         900000 100%\n"
            "all samples                  500000              900000\n"
            "CPU account                  500000              900000\n"
            "\n"
            "uring spends 500.00us of CPU per request, 0.56 [0.50, 0.62] times asio's\n"
            "900.00us: it saves 600.00us in TCP send, and pays 200.00us in libc, libstdc++.\n"
            "Named are differences beyond 95 % intervals over all categories together.\n"
            "\n"
            "sampled    cpu-clock at 1000 Hz; samples: uring 500 of 1 trials, asio 900 of 1\n"
            "           trials\n"
            "sum        within 3 %: the samples' sum against the account: uring +0.0%, asio\n"
            "           +0.0%\n"
            "no name    within 5 %: samples that no symbol names, in the program and the\n"
            "           kernel: uring 0% (libraries 40%), asio 0% (libraries 0%)\n"
            "lost       none\n"
            "its cost   too noisy to tell whether within 2 %: a request takes 1.01 (2 of 6\n"
            "           pairs) times the time with it\n"
            "\n");
}

TEST(ProfileText, SaysWhatIsMissingAndStaysWithinEightyColumns) {
  Cell denied = profiled_cell("asio", 900, 0);
  denied.trials[1].profile->on_cpu.reset();
  denied.trials[1].profile->unreadable = {
      {"on_cpu", "perf_event_open cpu-clock: Permission denied; run as root\x1b[31m"}};
  Cell lossy = profiled_cell("uring", 90, 30);
  lossy.trials[1].profile->on_cpu->lost = 40;
  const std::string text = profile_text(result_of({denied, lossy}));
  EXPECT_THAT(text, HasSubstr("asio: on_cpu: perf_event_open cpu-clock: Permission denied"));
  EXPECT_THAT(text, HasSubstr("uring 40 of 160: the ring was full"));
  EXPECT_THAT(text, testing::Not(HasSubstr("\x1b")));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) EXPECT_LE(display_width(line), 80U) << line;
  EXPECT_FALSE(has_profile(result_of({})));
  EXPECT_EQ(profile_text(result_of({})), "");
}

}  // namespace
}  // namespace asyncbench::report
