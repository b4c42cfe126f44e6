// The command line of one subcommand: definition, help within 80 columns, and errors that read like
// ours. CLI11 does the parsing. parse.cpp alone includes it, because its header costs more to
// compile than most commands do.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.hpp"

namespace CLI {
class App;
class Option;
}  // namespace CLI

namespace asyncbench::cli {

// An option of an App, which owns it: a handle to copy. What changes the definition returns the
// handle, so that calls can be chained.
class Option {
 public:
  explicit Option(CLI::Option& option) : option_(&option) {}

  Option default_str(const std::string& text);  // what help shows as the default
  Option description(const std::string& text);
  Option group(const std::string& name);        // the heading in help
  Option option_text(const std::string& text);  // what help shows for a positional
  Option type_name(const std::string& name);    // what help shows for the value
  Option allow_extra_args(bool allow);          // several values after one name
  std::size_t count() const;                    // how often it was given

 private:
  CLI::Option* option_;
};

class App {
 public:
  App(std::string_view name, std::string_view description, std::string_view footer);
  ~App();

  // `value` is written when the arguments are parsed. A name without dashes is a positional.
  Option add_option(const std::string& name, std::string& value, const std::string& description);
  Option add_option(const std::string& name, std::vector<std::string>& values,
                    const std::string& description);
  Option get_option(const std::string& name) const;

  // After parse(): how often the option was given, every option in the order in which they were
  // given, and the arguments that no definition took.
  std::size_t count(const std::string& name) const;
  std::vector<std::string> parse_order() const;
  std::vector<std::string> remaining() const;

  CLI::App& definition() const { return *app_; }

 private:
  std::unique_ptr<CLI::App> app_;
};

// "asyncbench NAME" with --help. `footer` is printed as it stands: examples, exit codes.
std::unique_ptr<App> make_app(std::string_view name, std::string_view description,
                              std::string_view footer);

// An option with one value, kept as text. Help shows `type` for the value ("TIME"), and what
// `value` holds now, if anything, as the default.
Option add_value(App& app, const std::string& name, std::string& value, std::string_view type,
                 std::string_view description);

Option add_switch(App& app, const std::string& name, bool& value, std::string_view description);

// False when help was asked for and has been printed, or in definition_of(). Throws CommandError
// (exit 2) for anything that the definition does not allow; for an unknown option it names the
// nearest known one.
bool parse(App& app, const Arguments& arguments);

// The same, but what the definition does not know stays in app.remaining(), for another one.
bool parse_known(App& app, const Arguments& arguments);

// What --help shows of a command, for other formats.
struct Definition {
  struct Entry {
    std::vector<std::string> names;  // with their dashes, the short ones first
    std::string group;
    std::string value;  // "FILE"; empty for a switch
    std::string text;   // with the default
  };
  std::string description;
  std::string positionals;  // "RESULT.json..."
  std::vector<Entry> options;
  std::string footer;
  bool takes_more = false;  // parse_known: what another definition knows
};

// Calls the command for its definition alone. Nothing runs, as after --help.
Definition definition_of(const Command& command, Registry& registry);

}  // namespace asyncbench::cli
