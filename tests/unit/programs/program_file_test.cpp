#include "programs/program_file.hpp"

#include <gmock/gmock.h>

#include "workloads/values.hpp"

namespace asyncbench::programs {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;
using testing::ThrowsMessage;
using workloads::UsageError;

TEST(ProgramFile, SaysHowAServerIsStartedAndAsked) {
  const ProgramFile file = parse_program(R"(
name = "orders:new"
summary = "the orders service"
language = "Go"
command = ["./orders", "--port", "{port}"]
environment = {GOMAXPROCS = "{threads}"}
target = "/items?size={body_bytes}"
ready = "prints listening on"
ready_within = "5s"
warmup_requests = 2000
stop = "SIGINT"
stop_within = "500ms"
)",
                                         "/srv/orders.toml");
  EXPECT_EQ(file.name, "orders:new");
  EXPECT_THAT(file.command, ElementsAre("./orders", "--port", "{port}"));
  EXPECT_EQ(file.folder, "/srv");
  EXPECT_EQ(file.environment.at("GOMAXPROCS"), "{threads}");
  EXPECT_EQ(file.ready, Ready::prints);
  EXPECT_EQ(file.prints, "listening on");
  EXPECT_EQ(file.ready_within, 5s);
  EXPECT_EQ(file.warmup_requests, 2000U);
  EXPECT_FALSE(file.takes_socket());
  EXPECT_EQ(file.stop_signal, SIGINT);
  EXPECT_EQ(file.stop_within, 500ms);
}

TEST(ProgramFile, ItsNameIsTheFilesUnlessItSaysAnother) {
  EXPECT_EQ(parse_program(R"(command = "./a {port}")", "/srv/My-Server.toml").name, "my_server");
}

TEST(ProgramFile, ACommandIsReadByAShellThatItReplaces) {
  const ProgramFile file = program_of_command("./server --port {port}", "/health");
  EXPECT_EQ(file.name, "server");
  EXPECT_THAT(file.command, ElementsAre("/bin/sh", "-c", "exec ./server --port {port}"));
  EXPECT_EQ(file.target, "/health");
}

TEST(ProgramFile, MayListenOnAUnixSocketInsteadOfAPort) {
  EXPECT_TRUE(parse_program(R"(command = "./a {socket}")", "a.toml").takes_socket());
  EXPECT_TRUE(
      parse_program("command = \"./a\"\nenvironment = {LISTEN = \"unix:{socket}\"}", "a.toml")
          .takes_socket());
  EXPECT_TRUE(program_of_command("./server {socket}", "/").takes_socket());
}

TEST(ProgramFile, MayNameAParticipantAndItsWorkloads) {
  const ProgramFile file = parse_program(R"(
participant = ["python3", "client.py"]
workloads = ["fetch", "echo"]
)",
                                         "/srv/mine.toml");
  EXPECT_THAT(file.command, testing::IsEmpty());
  EXPECT_THAT(file.participant, ElementsAre("python3", "client.py"));
  EXPECT_THAT(file.workloads, ElementsAre("fetch", "echo"));
  EXPECT_EQ(participant_of_command("mine", "./client --fast").name, "mine");
  EXPECT_THROW(participant_of_command("My client", "./client"), UsageError);
}

void expect_refusal(const std::string& text, const std::string& place, const std::string& says) {
  EXPECT_THAT([&] { parse_program(text, "a.toml"); },
              ThrowsMessage<UsageError>(AllOf(StartsWith("a.toml:" + place), HasSubstr(says))))
      << text;
}

TEST(ProgramFile, EveryFaultHasItsPlace) {
  const std::string command = "command = \"a {port}\"\n";
  expect_refusal(command + "comand = 1", "2:1: ", "did you mean command?");
  expect_refusal(command + "summary = 1", "2:11: ", "a string is wanted here");
  expect_refusal(command + "port = 70000", "2:8: ", "from 1 to 65535");
  expect_refusal(command + "name = \"My Server\"", "2:8: ", "is no name");
  expect_refusal(command + "target = \"health\"", "2:10: ", "begins with /");
  expect_refusal(command + "ready = \"soon\"", "2:9: ", "prints TEXT");
  expect_refusal(command + "stop = \"SIGSTOP\"", "2:8: ", "signal");
  expect_refusal(command + "ready_within = \"1h\"", "2:16: ", "120 s at most");
  expect_refusal(command + "ready_within = \"soon\"", "2:16: ", "soon");
  expect_refusal(command + "environment = 1", "2:15: ", "a table");
  expect_refusal("command = []", "1:11: ", "one word");
  expect_refusal("command = ", "1:", "");
  expect_refusal("summary = \"x\"", "1:", "needs a command");
  expect_refusal("participant = \"a\"\nworkloads = [\"fech\"]", "2:13: ", "did you mean fetch?");
  expect_refusal("participant = \"a\"\nworkloads = \"fetch\"", "2:13: ", "an array of strings");
  expect_refusal("participant = []", "1:15: ", "one word");
  expect_refusal(command + "workloads = [\"fetch\"]", "1:1: ", "are those of a participant");
  expect_refusal(command + "warmup_requests = -1", "2:19: ", "a number from 0");
  expect_refusal("participant = \"a\"\nwarmup_requests = 9", "1:1: ", "are those of a server");
  expect_refusal("command = \"./server\"", "", "write {port}");
  expect_refusal("command = \"./server {port} {socket}\"", "", "leave the other out");
  expect_refusal("command = \"./server {socket}\"\nport = 80", "", "leave the other out");
}

TEST(ProgramFile, PlaceholdersAreFilledIn) {
  EXPECT_EQ(filled_in("-p {port} -t {threads} {other}", {{"port", "80"}, {"threads", "2"}}),
            "-p 80 -t 2 {other}");
  EXPECT_THAT(placeholders_of("/a/{body_bytes}?d={server_delay_ms}"),
              ElementsAre("body_bytes", "server_delay_ms"));
}

}  // namespace
}  // namespace asyncbench::programs
