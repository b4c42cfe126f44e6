// The options that say what is measured and how, of every subcommand that measures.
#pragma once

#include <memory>
#include <string>

#include "run/options.hpp"

namespace asyncbench::cli {

class App;

// Strategies, plugins, parameters of the work, URLs, the folder, and how trials are made.
class MeasuringOptions {
 public:
  MeasuringOptions();
  ~MeasuringOptions();

  // Adds the options to `app`, which uses this object until it has parsed. `defaults`: what the
  // command gives where its user does not; help shows it.
  void define(App& app, const run::GivenSettings& defaults);

  // What was typed. Throws CommandError and run::UsageError, which name the option.
  void apply(const App& app, run::RunOptions& options) const;

  const std::vector<std::string>& plugins() const;  // paths as given

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

// What --resume goes on with is in the journal: options beside it would be silently without effect.
// Throws CommandError.
void check_resume_alone(const App& app);

// "asyncbench-20261121T120000Z.json" in the current folder; `kind` ("search-") stands before the
// time.
std::string default_out(std::string_view kind = "");

}  // namespace asyncbench::cli
