#include "cli/parse.hpp"

#include <CLI/CLI.hpp>

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "cli/output.hpp"
#include "report/format.hpp"
#include "workloads/names.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::size_t kDescriptionColumn = 26;

// While definition_of() calls a command: where its definition goes.
Definition* wanted_definition = nullptr;

// What help says of an option.
std::string text_of(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_default_str().empty()) {
    text += fmt::format(" (default {})", option.get_default_str());
  }
  return text;
}

// CLI11's own formatter neither wraps nor puts defaults where they are read.
class HelpFormatter : public CLI::Formatter {
 public:
  std::string make_option(const CLI::Option* option, bool is_positional) const override {
    std::string head = "  ";
    head += is_positional ? make_option_usage(option) : make_option_name(option, false);
    if (!is_positional && option->get_type_size() != 0) head += ' ' + option->get_type_name();
    const std::string text = text_of(*option);
    std::string above;
    if (head.size() + 2 > kDescriptionColumn) above = std::exchange(head, "") + '\n';
    head.resize(kDescriptionColumn, ' ');
    return above + report::wrapped(text, head, columns());
  }

  std::string make_option_usage(const CLI::Option* option) const override {
    return option->get_option_text();
  }

  std::string make_description(const CLI::App* app) const override {
    return report::wrapped(app->get_description(), "", columns()) + '\n';
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
    const std::string near = workloads::nearest_name(name, option_names(app));
    throw usage_error(fmt::format("unknown option \"{}\"", name),
                      near.empty() ? help : fmt::format("did you mean {}?", near));
  }
  if (!left.empty()) {
    throw usage_error(fmt::format("unexpected argument \"{}\"", left.front()), help);
  }
}

Definition read_definition(const CLI::App& app, bool takes_more) {
  Definition definition{
      .description = app.get_description(), .footer = app.get_footer(), .takes_more = takes_more};
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_positional()) {
      if (!definition.positionals.empty()) definition.positionals += ' ';
      definition.positionals += option->get_option_text();
      continue;
    }
    Definition::Entry& entry = definition.options.emplace_back(
        Definition::Entry{.names = {},
                          .group = option->get_group(),
                          .value = option->get_type_size() == 0 ? "" : option->get_type_name(),
                          .text = text_of(*option)});
    for (const std::string& name : option->get_snames()) entry.names.push_back("-" + name);
    for (const std::string& name : option->get_lnames()) entry.names.push_back("--" + name);
  }
  return definition;
}

bool parse(CLI::App& app, const Arguments& arguments, bool takes_more) {
  if (wanted_definition != nullptr) {
    *wanted_definition = read_definition(app, takes_more);
    return false;
  }
  try {
    // CLI11 takes the arguments from the back.
    app.parse(Arguments(arguments.rbegin(), arguments.rend()));
  } catch (const CLI::CallForHelp&) {
    put_wrapped(app.help());
    return false;
  } catch (const CLI::ParseError& error) {
    // An unknown option explains a missing argument better than CLI11's message does.
    refuse_leftovers(app);
    throw usage_error(error.what(), fmt::format("see '{} --help'", app.get_name()));
  }
  if (!takes_more) refuse_leftovers(app);
  return true;
}

}  // namespace

Option Option::default_str(const std::string& text) {
  option_->default_str(text);
  return *this;
}

Option Option::description(const std::string& text) {
  option_->description(text);
  return *this;
}

Option Option::group(const std::string& name) {
  option_->group(name);
  return *this;
}

Option Option::option_text(const std::string& text) {
  option_->option_text(text);
  return *this;
}

Option Option::type_name(const std::string& name) {
  option_->type_name(name);
  return *this;
}

Option Option::allow_extra_args(bool allow) {
  option_->allow_extra_args(allow);
  return *this;
}

std::size_t Option::count() const { return option_->count(); }

App::App(std::string_view name, std::string_view description, std::string_view footer)
    : app_(std::make_unique<CLI::App>(std::string(description),
                                      fmt::format("asyncbench {}", name))) {
  app_->formatter(std::make_shared<HelpFormatter>());
  app_->set_help_flag("--help,-h", "print this and exit");
  app_->footer(std::string(footer));
  // Collected, so that refuse_leftovers() can say what was probably meant.
  app_->allow_extras();
}

App::~App() = default;

Option App::add_option(const std::string& name, std::string& value,
                       const std::string& description) {
  return Option(*app_->add_option(name, value, description));
}

Option App::add_option(const std::string& name, std::vector<std::string>& values,
                       const std::string& description) {
  return Option(*app_->add_option(name, values, description));
}

Option App::get_option(const std::string& name) const { return Option(*app_->get_option(name)); }

std::size_t App::count(const std::string& name) const { return app_->count(name); }

std::vector<std::string> App::parse_order() const {
  std::vector<std::string> names;
  for (const CLI::Option* option : app_->parse_order()) names.push_back(option->get_name());
  return names;
}

std::vector<std::string> App::remaining() const { return app_->remaining(); }

std::unique_ptr<App> make_app(std::string_view name, std::string_view description,
                              std::string_view footer) {
  return std::make_unique<App>(name, description, footer);
}

Option add_value(App& app, const std::string& name, std::string& value, std::string_view type,
                 std::string_view description) {
  Option option = app.add_option(name, value, std::string(description));
  option.type_name(std::string(type));
  option.default_str(value);
  return option;
}

Option add_switch(App& app, const std::string& name, bool& value, std::string_view description) {
  return Option(*app.definition().add_flag(name, value, std::string(description)));
}

bool parse(App& app, const Arguments& arguments) {
  return parse(app.definition(), arguments, false);
}

bool parse_known(App& app, const Arguments& arguments) {
  return parse(app.definition(), arguments, true);
}

Definition definition_of(const Command& command, Registry& registry) {
  Definition definition;
  const struct Wanted {
    explicit Wanted(Definition* wanted) { wanted_definition = wanted; }
    ~Wanted() { wanted_definition = nullptr; }
  } wanted(&definition);
  command.run({}, registry);
  return definition;
}

}  // namespace asyncbench::cli
