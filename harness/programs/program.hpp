// A program of the user's as a strategy: it is compared like one, and does its I/O by itself.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/strategy.hpp"
#include "programs/program_file.hpp"
#include "workloads/workload.hpp"

namespace asyncbench::programs {

// How a program is named to a participant, in one argument.
struct ProgramSpec {
  std::string name;          // empty: the file's own
  std::string file;          // absolute; empty: a command
  std::string command;       // as typed
  std::string target;        // of a command
  bool participant = false;  // the command speaks the participant protocol; it has a name

  std::string text() const;
  // Whether the text is that of a program, rather than the path of a plugin.
  static bool is_one(std::string_view text) { return text.starts_with('{'); }
  // Throws UsageError.
  static ProgramSpec from(const std::string& text);
};

class ProgramProcess;

class Program final : public Strategy {
 public:
  // Throws UsageError: a program file that cannot be read.
  explicit Program(const ProgramSpec& spec);
  explicit Program(ProgramFile file);
  ~Program() override;

  const StrategyInfo& info() const override { return info_; }
  const ProgramFile& file() const { return file_; }

  // Whether the runtime is there. Looked for once.
  Support host_support() const override;

  // Whether it can play the role in the work here.
  Support plays(workloads::Role role, std::string_view workload,
                const workloads::Parameters& parameters) const;

  // Whether it plays that role by itself, as a participant (ProgramFile::participant), rather than
  // as a server that is started and asked.
  bool takes_part(workloads::Role role, std::string_view workload) const;

  // What it is by its file: "server", "client" (it takes part by itself) or "server and client".
  std::string_view kind() const;

  // Builds it, where there is something to build. Throws UsageError.
  void prepare() const;

  // Starts the server, and warms it up with requests of this work, as the side that listens; throws
  // StrategyError. The caller's thread must outlive it.
  std::unique_ptr<workloads::Side> start(const workloads::Work& work, unsigned threads);

  // Waits until the job is to stop, and ends the program.
  void run(Job& job) override;

 private:
  ProgramFile file_;
  mutable StrategyInfo info_;
  mutable std::once_flag looked_;
  mutable Support support_;
  std::unique_ptr<ProgramProcess> process_;
};

// The program that a strategy is; null: it is none.
Program* as_program(Strategy* strategy);
const Program* as_program(const Strategy* strategy);

// Adds the program to the registry. Throws UsageError.
void load_program(const std::string& spec, Registry& registry);

}  // namespace asyncbench::programs
