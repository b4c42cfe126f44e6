// The options that say what is measured and how, of every subcommand that measures.
#pragma once

#include <memory>
#include <string>

#include "cli/command.hpp"
#include "run/options.hpp"

namespace asyncbench::cli {

class App;

// Strategies, plugins, parameters of the work, URLs, the folder, how trials are made, and the file
// of the result.
class MeasuringOptions {
 public:
  explicit MeasuringOptions(std::string command);  // "search"
  ~MeasuringOptions();

  // Adds the options to `app`, which uses this object until it has parsed. `defaults`: what the
  // command gives where its user does not; help shows it.
  void define(App& app, const run::GivenSettings& defaults);

  // Adds --out, after the command's own options. `content`: what FILE gets.
  void define_output(App& app, std::string_view content = "result; the journal is FILE.journal");

  // What was typed, and `arguments` as the command that the result stores. Throws CommandError and
  // run::UsageError, which name the option.
  void apply(const App& app, const Arguments& arguments, run::RunOptions& options) const;

  // What --plugin and --program name, for load_programs(). Throws CommandError for a program file
  // that is refused.
  std::vector<std::string> plugins() const;

 private:
  struct Typed;
  std::unique_ptr<Typed> typed_;
};

// Runs `read`, whose UsageError gets the option's name.
template <class Read>
auto named(std::string_view option, Read read) {
  try {
    return read();
  } catch (const run::UsageError& error) {
    throw run::UsageError(std::string(option) + ": " + error.what());
  }
}

// Adds --resume, which goes on with `what` ("the search").
void add_resume(App& app, std::string& resume, std::string_view what);

// What --resume goes on with is in the journal: options beside it would be silently without effect.
// Throws CommandError.
void check_resume_alone(const App& app);

}  // namespace asyncbench::cli
