#include "cli/parse.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "report/format.hpp"
#include "run/names.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::size_t kDescriptionColumn = 26;

// CLI11's own formatter neither wraps nor puts defaults where they are read.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string head = "  ";
    head += is_positional ? make_option_usage(option) : make_option_name(option, false);
    if (!is_positional && option->get_type_size() != 0) head += ' ' + option->get_type_name();
    std::string text = option->get_description();
    if (!option->get_default_str().empty()) {
      text += fmt::format(" (default {})", option->get_default_str());
    }
    std::string above;
    if (head.size() + 2 > kDescriptionColumn) above = std::exchange(head, "") + '\n';
    head.resize(kDescriptionColumn, ' ');
    return above + report::wrapped(text, head, kColumns);
  }

  std::string make_option_usage(const CLI::Option* option) const override {
    return option->get_option_text();
  }

  std::string make_description(const CLI::App* app) const override {
    return report::wrapped(app->get_description(), "", kColumns) + '\n';
  }

  std::string make_usage(const CLI::App* app, std::string name) const override {
    std::string line = "Usage: " + name;
    for (const CLI::Option* option : app->get_options()) {
      if (option->get_positional()) line += ' ' + make_option_usage(option);
    }
    return line + " [OPTION...]\n";
  }
};

std::vector<std::string> option_names(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::Option* option : app.get_options()) {
    if (option->nonpositional()) names.push_back("--" + option->get_lnames().front());
  }
  return names;
}

// The arguments that CLI11 could not place.
void refuse_leftovers(const CLI::App& app) {
  const std::string help = fmt::format("see '{} --help'", app.get_name());
  const std::vector<std::string> left = app.remaining();
  for (const std::string& argument : left) {
    if (argument.size() < 2 || argument[0] != '-') continue;
    const std::string name = argument.substr(0, argument.find('='));
    const std::string near = run::nearest_name(name, option_names(app));
    throw usage_error(fmt::format("unknown option \"{}\"", name),
                      near.empty() ? help : fmt::format("did you mean {}?", near));
  }
  if (!left.empty()) {
    throw usage_error(fmt::format("unexpected argument \"{}\"", left.front()), help);
  }
}

}  // namespace

std::unique_ptr<CLI::App> make_app(std::string_view name, std::string_view description,
                                   std::string_view footer) {
  auto app =
      std::make_unique<CLI::App>(std::string(description), fmt::format("asyncbench {}", name));
  app->formatter(std::make_shared<HelpFormatter>());
  app->set_help_flag("--help,-h", "print this and exit");
  app->footer(std::string(footer));
  // Collected, so that refuse_leftovers() can say what was probably meant.
  app->allow_extras();
  return app;
}

CLI::Option* add_value(CLI::App& app, const std::string& name, std::string& value,
                       std::string_view type, std::string_view description) {
  CLI::Option* const option = app.add_option(name, value, std::string(description));
  option->type_name(std::string(type));
  option->default_str(value);
  return option;
}

CLI::Option* add_switch(CLI::App& app, const std::string& name, bool& value,
                        std::string_view description) {
  return app.add_flag(name, value, std::string(description));
}

bool parse_known(CLI::App& app, const Arguments& arguments) {
  try {
    // CLI11 takes the arguments from the back.
    app.parse(Arguments(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    std::fputs(app.help().c_str(), stdout);
    return false;
  } catch (const CLI::ParseError& error) {
    // An unknown option explains a missing argument better than CLI11's message does.
    refuse_leftovers(app);
    throw usage_error(error.what(), fmt::format("see '{} --help'", app.get_name()));
  }
  return true;
}

bool parse(CLI::App& app, const Arguments& arguments) {
  if (!parse_known(app, arguments)) return false;
  refuse_leftovers(app);
  return true;
}

}  // namespace asyncbench::cli
