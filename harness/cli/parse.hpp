// The command line of one subcommand, on CLI11: definition, help within 80 columns, and errors that
// read like ours. Included by the subcommands' .cpp files alone.
#pragma once

#include <CLI/CLI.hpp>

#include <memory>
#include <string>
#include <string_view>

#include "cli/command.hpp"

namespace asyncbench::cli {

// "asyncbench NAME" with --help. `footer` is printed as it stands: examples, exit codes.
std::unique_ptr<CLI::App> make_app(std::string_view name, std::string_view description,
                                   std::string_view footer);

// An option with one value, kept as text. Help shows `type` for the value ("TIME"), and what
// `value` holds now, if anything, as the default.
CLI::Option* add_value(CLI::App& app, const std::string& name, std::string& value,
                       std::string_view type, std::string_view description);

CLI::Option* add_switch(CLI::App& app, const std::string& name, bool& value,
                        std::string_view description);

// False when help was asked for and has been printed. Throws CommandError (exit 2) for anything
// that the definition does not allow; for an unknown option it names the nearest known one.
bool parse(CLI::App& app, const Arguments& arguments);

// The same, but what the definition does not know stays in app.remaining(), for another one.
bool parse_known(CLI::App& app, const Arguments& arguments);

}  // namespace asyncbench::cli
