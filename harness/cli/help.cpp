#include "cli/help.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstdio>

#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "run/plan.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kPurpose = "which async I/O strategy should this program use?";

constexpr std::string_view kDescription =
    "It runs the same work under interchangeable strategies (threads, Asio, io_uring,\n"
    "libcurl), measures each in the same way, and says which wins and how sure\n"
    "that is.\n";

constexpr std::string_view kExamples =
    "  asyncbench doctor                  what will disturb measurements here\n"
    "  asyncbench run quick               every strategy, as client and as server\n"
    "  asyncbench run fetch --strategies uring,asio --connections 1,64\n"
    "  asyncbench search fetch --crossover uring,asio --over connections=1..1024\n"
    "  asyncbench profile fetch --strategies uring,asio    why one beats the other\n"
    "  asyncbench report asyncbench-20261121T120000Z.json --out report.html\n";

constexpr std::string_view kExitCodes =
    "  0 done   2 wrong usage or unusable input   4 invalid measurement\n"
    "  5 incomplete: some cells failed or a strategy that was named is unsupported\n"
    "  6 output could not be stored   7 internal error   129, 130, 143 interrupted\n";

using Entry = Definition::Entry;

struct Page {
  const Command* command;
  Definition definition;
};

std::string all_names(const Entry& entry, std::string_view separator) {
  return fmt::format("{}", fmt::join(entry.names, separator));
}

std::vector<Page> all_pages(Registry& registry) {
  std::vector<Page> pages;
  for (const Command& command : commands()) {
    pages.push_back({&command, definition_of(command, registry)});
  }
  return pages;
}

// Commands that hand on what they do not know take the options of run, too.
std::vector<Entry> accepted(const Page& page, const std::vector<Page>& pages) {
  std::vector<Entry> options = page.definition.options;
  if (!page.definition.takes_more) return options;
  const auto run =
      std::ranges::find(pages, "run", [](const Page& other) { return other.command->name; });
  for (const Entry& entry : run->definition.options) {
    if (std::ranges::find(options, entry.names.back(),
                          [](const Entry& own) { return own.names.back(); }) == options.end()) {
      options.push_back(entry);
    }
  }
  return options;
}

// What a first argument can be, where it is a name and not a file.
std::vector<std::string> positional_words(const Page& page) {
  std::vector<std::string> words;
  if (page.definition.positionals.find("WORKLOAD") != std::string::npos)
    words = run::workload_names();
  if (page.definition.positionals.find("SUITE") != std::string::npos) {
    for (const std::string& name : run::suite_names()) words.push_back(name);
  }
  return words;
}

std::string replaced(std::string_view text,
                     std::initializer_list<std::pair<char, std::string_view>> replacements) {
  std::string out;
  for (const char c : text) {
    const auto* const found =
        std::ranges::find(replacements, c, &std::pair<char, std::string_view>::first);
    if (found == replacements.end()) {
      out += c;
    } else {
      out += found->second;
    }
  }
  return out;
}

// Text that roff takes as it stands; a line that begins with a control character would be a
// request.
std::string roff(std::string_view text) {
  std::string out;
  bool line_starts = true;
  for (const char c : replaced(text, {{'\\', "\\e"}, {'-', "\\-"}})) {
    if (line_starts && (c == '.' || c == '\'')) out += "\\&";
    line_starts = c == '\n';
    out += c;
  }
  return out;
}

std::string roff_as_it_stands(std::string_view text) {
  while (text.ends_with('\n')) text.remove_suffix(1);
  return text.empty() ? "" : fmt::format(".PP\n.nf\n{}\n.fi\n", roff(text));
}

std::string man_page(const std::vector<Page>& pages) {
  std::string text = fmt::format(
      ".TH ASYNCBENCH 1 \"\" \"asyncbench {}\" \"User Commands\"\n"
      ".SH NAME\nasyncbench \\- {}\n"
      ".SH SYNOPSIS\n.B asyncbench\n.I COMMAND\n[\\fIOPTION\\fR...]\n"
      ".SH DESCRIPTION\n{}.SH COMMANDS\n",
      ASYNCBENCH_VERSION, roff(kPurpose), roff(kDescription));
  for (const Page& page : pages) {
    text += fmt::format(".SS \"{}\"\n{}\n", page.command->name, roff(page.definition.description));
    text += fmt::format(".PP\n.B asyncbench {}\n{} [OPTION...]\n", page.command->name,
                        roff(page.definition.positionals));
    std::string group = "Options";
    for (const Entry& entry : page.definition.options) {
      if (entry.group != group) text += fmt::format(".PP\n{}:\n", roff(group = entry.group));
      text += fmt::format(".TP\n\\fB{}\\fR \\fI{}\\fR\n{}\n", roff(all_names(entry, ", ")),
                          roff(entry.value), roff(entry.text));
    }
    if (page.definition.takes_more) {
      text += ".PP\nThe options of\n.B asyncbench run\nsay what is measured, and how.\n";
    }
    text += roff_as_it_stands(page.definition.footer);
  }
  return text + ".SH EXIT STATUS" + '\n' + roff_as_it_stands(kExitCodes) + ".SH EXAMPLES\n" +
         roff_as_it_stands(kExamples);
}

std::string bash_completion(const std::vector<Page>& pages) {
  std::vector<std::string_view> names;
  for (const Page& page : pages) names.push_back(page.command->name);
  std::string text = fmt::format(
      "# bash completion for asyncbench\n"
      "_asyncbench() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} words='{} --help --version'\n"
      "  if ((COMP_CWORD > 1)); then\n"
      "    words=\n"
      "    case ${{COMP_WORDS[1]}}$'\\n'$word in\n",
      fmt::join(names, " "));
  for (const Page& page : pages) {
    std::vector<std::string> options;
    for (const Entry& entry : accepted(page, pages)) options.push_back(all_names(entry, " "));
    text += fmt::format("      {}$'\\n'-*) words='{}' ;;\n", page.command->name,
                        fmt::join(options, " "));
    const std::vector<std::string> words = positional_words(page);
    if (words.empty()) continue;
    text += fmt::format("      {}$'\\n'*) ((COMP_CWORD == 2)) && words='{}' ;;\n",
                        page.command->name, fmt::join(words, " "));
  }
  return text +
         "    esac\n"
         "  fi\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$word\"))\n"
         "}\n"
         "# Where there is no word to offer, a file name is completed.\n"
         "complete -o default -F _asyncbench asyncbench\n";
}

bool is_path(const Entry& entry) {
  return entry.value == "FILE" || entry.value == "PATH" || entry.value == "PROGRAM";
}

// Inside of '...'.
std::string zsh_quoted(std::string_view text) {
  return replaced(text,
                  {{'\'', "'\\''"}, {'\\', "\\\\"}, {'[', "\\["}, {']', "\\]"}, {':', "\\:"}});
}

std::string zsh_completion(const std::vector<Page>& pages) {
  std::string text = "#compdef asyncbench\n\n_asyncbench() {\n  local -a commands=(\n";
  for (const Page& page : pages) {
    text += fmt::format("    '{}:{}'\n", page.command->name, zsh_quoted(page.command->summary));
  }
  text +=
      "  )\n"
      "  if ((CURRENT == 2)); then\n"
      "    _describe command commands\n"
      "    return\n"
      "  fi\n"
      "  local command=$words[2]\n"
      "  shift words\n"
      "  ((CURRENT--))\n"
      "  case $command in\n";
  for (const Page& page : pages) {
    text += fmt::format("    {})\n      _arguments \\\n", page.command->name);
    for (const Entry& entry : accepted(page, pages)) {
      std::string value;
      if (!entry.value.empty()) {
        value = fmt::format(":{}:{}", zsh_quoted(entry.value), is_path(entry) ? "_files" : "");
      }
      const std::string names = all_names(entry, " ");
      for (const std::string& name : entry.names) {
        text +=
            fmt::format("        '({}){}[{}]{}' \\\n", names, name, zsh_quoted(entry.text), value);
      }
    }
    const std::vector<std::string> words = positional_words(page);
    if (!words.empty()) text += fmt::format("        '1:what:({})' \\\n", fmt::join(words, " "));
    text += "        '*:file:_files'\n      ;;\n";
  }
  return text + "  esac\n}\n\n_asyncbench \"$@\"\n";
}

std::string fish_completion(const std::vector<Page>& pages) {
  const auto quoted = [](std::string_view text) {
    return fmt::format("'{}'", replaced(text, {{'\\', "\\\\"}, {'\'', "\\'"}}));
  };
  std::string text = "# fish completion for asyncbench\n";
  for (const Page& page : pages) {
    text += fmt::format("complete -c asyncbench -f -n __fish_use_subcommand -a {} -d {}\n",
                        page.command->name, quoted(page.command->summary));
  }
  for (const Page& page : pages) {
    const std::string of_command = fmt::format(
        "complete -c asyncbench -n '__fish_seen_subcommand_from {}'", page.command->name);
    for (const Entry& entry : accepted(page, pages)) {
      text += of_command;
      for (const std::string& name : entry.names) {
        text += name.starts_with("--") ? " -l " + name.substr(2) : " -s " + name.substr(1);
      }
      if (!entry.value.empty()) text += is_path(entry) ? " -r -F" : " -x";
      text += fmt::format(" -d {}\n", quoted(entry.text));
    }
    const std::vector<std::string> words = positional_words(page);
    if (!words.empty()) {
      text +=
          fmt::format("{} -a {}\n", of_command, quoted(fmt::format("{}", fmt::join(words, " "))));
    }
  }
  return text;
}

struct Format {
  const char* option;
  const char* description;
  std::string (*render)(const std::vector<Page>& pages);
};

constexpr std::array kFormats = {
    Format{"--man", "print the man page", man_page},
    Format{"--bash", "print bash's completions", bash_completion},
    Format{"--zsh", "print zsh's completions", zsh_completion},
    Format{"--fish", "print fish's completions", fish_completion},
};

}  // namespace

std::string overview() {
  std::string text =
      fmt::format("asyncbench: {}\n\n{}\nUsage: asyncbench COMMAND [OPTION...]\n\nCommands:\n",
                  kPurpose, kDescription);
  for (const Command& command : commands()) {
    text += fmt::format("  {:<19}{}\n", command.name, command.summary);
  }
  return text + fmt::format(
                    "\n  asyncbench COMMAND --help explains a command; --version says what "
                    "was built.\n\nExamples:\n{}\nExit codes:\n{}",
                    kExamples, kExitCodes);
}

ExitCode help_command(const Arguments& arguments, Registry& registry) {
  const auto app = make_app("help", "Explains a command, or prints what packages install.",
                            "Examples:\n"
                            "  asyncbench help run\n"
                            "  asyncbench help --bash >~/.local/share/bash-completion/completions/"
                            "asyncbench\n");
  std::string name;
  app->add_option("command", name, "the command to explain").option_text("COMMAND");
  std::array<bool, kFormats.size()> wanted{};
  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    add_switch(*app, kFormats[i].option, wanted[i], kFormats[i].description);
  }
  if (!parse(*app, arguments)) return ExitCode::done;

  for (std::size_t i = 0; i < kFormats.size(); ++i) {
    if (!wanted[i]) continue;
    put(kFormats[i].render(all_pages(registry)));
    return ExitCode::done;
  }
  if (!name.empty()) return command_named(name).run({"--help"}, registry);
  put_wrapped(overview());
  return ExitCode::done;
}

}  // namespace asyncbench::cli
