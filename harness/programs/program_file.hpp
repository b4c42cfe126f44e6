// What a program file says: how a program of the user's, in any language, is started, and what it
// does: it serves, or it speaks the participant protocol.
#pragma once

#include <csignal>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"

namespace asyncbench::programs {

// Of a file with this name, the program has that of its folder.
inline constexpr std::string_view kUsualFile = "program.toml";

// The longest that a program may take until it serves.
inline constexpr Duration kMostReadyWithin = std::chrono::minutes(2);

// How one knows that the program serves.
enum class Ready : std::uint8_t {
  listens,  // its port accepts a connection
  answers,  // it answers a GET of its target with a status of 2xx
  prints,   // it has printed a certain text
};

// Where a runtime is looked for: shell commands, run by /bin/sh.
struct Runtime {
  std::string check;    // exits with 0 where the program can run; empty: everywhere
  std::string version;  // prints the version; empty: not known
  std::string package;  // what to install otherwise
};

// Commands and texts may name {port} or {socket} (the path of a Unix socket to listen on),
// {threads}, {folder} (of the file) and {build} (a folder of the program's own that `build` fills).
struct ProgramFile {
  std::string name;     // [a-z0-9_]+, a variant after a colon
  std::string summary;  // one line
  std::string language;
  std::string library;
  std::string family;                // empty: its language, or "programs"
  std::vector<std::string> command;  // of a server: a program and its arguments
  // The same of one that speaks docs/participant-protocol.md, and what it can take part in; empty:
  // whatever it is asked.
  std::vector<std::string> participant;
  std::vector<std::string> workloads;
  std::filesystem::path folder;  // where it is started; that of the file, or the current one
  std::map<std::string, std::string> environment;
  // What is asked for, by a path that may name the work's parameters ({body_bytes}). Empty: the
  // paths of the embedded origin, /bytes/N and /delay/T/bytes/N.
  std::string target;
  std::optional<std::uint16_t> port;  // empty: a free one, which the command takes as {port}
  Ready ready = Ready::listens;
  std::string prints;  // Ready::prints: the text
  Duration ready_within = std::chrono::seconds(30);
  std::uint64_t warmup_requests = 0;  // that a server answers before it counts as ready
  int stop_signal = SIGTERM;
  Duration stop_within = std::chrono::seconds(1);  // then SIGKILL
  std::string build;                               // a shell command; empty: nothing to build
  Runtime runtime;

  // Whether the server listens on a Unix socket.
  bool takes_socket() const;
};

// Both throw UsageError: "FILE:LINE:COLUMN: what is wrong".
ProgramFile parse_program(std::string_view text, const std::string& source);
ProgramFile read_program(const std::filesystem::path& path);

// A program given by a command line, as a shell would read it: a server ("./server --port {port}"),
// or one that speaks the participant protocol. Throws UsageError.
ProgramFile program_of_command(const std::string& command, const std::string& target);
ProgramFile participant_of_command(const std::string& name, const std::string& command);

// The text with its placeholders, "{name}", replaced. Those that `values` lacks stay as they are.
std::string filled_in(std::string text, const std::map<std::string, std::string>& values);

// The names of the placeholders of the text, in their order.
std::vector<std::string> placeholders_of(std::string_view text);

}  // namespace asyncbench::programs
