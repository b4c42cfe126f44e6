#include "programs/program_file.hpp"

#include <fmt/format.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <functional>
#include <sstream>

#include "workloads/all_workloads.hpp"
#include "workloads/names.hpp"
#include "workloads/values.hpp"

namespace asyncbench::programs {
namespace {

using workloads::UsageError;

constexpr std::array<std::pair<std::string_view, int>, 5> kSignals = {{{"SIGTERM", SIGTERM},
                                                                       {"SIGINT", SIGINT},
                                                                       {"SIGQUIT", SIGQUIT},
                                                                       {"SIGHUP", SIGHUP},
                                                                       {"SIGKILL", SIGKILL}}};

constexpr std::int64_t kMostWarmupRequests = 10'000'000;

// A shell that becomes the program, so that signals reach it.
std::vector<std::string> by_shell(const std::string& command) {
  return {"/bin/sh", "-c", "exec " + command};
}

bool is_name(std::string_view name) {
  const std::size_t colon = name.find(':');
  const auto is_word = [](std::string_view word) {
    return !word.empty() &&
           word.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_") == word.npos;
  };
  return is_word(name.substr(0, colon)) && (colon == name.npos || is_word(name.substr(colon + 1)));
}

std::string no_name(std::string_view text) {
  return fmt::format("\"{}\" is no name; use [a-z0-9_]+, and a variant after a colon", text);
}

// "./build/my-server.py" -> "my_server"; "orders/program.toml" -> "orders".
std::string name_from(const std::filesystem::path& path) {
  std::string name = path.filename() == kUsualFile ? path.parent_path().filename() : path.stem();
  for (char& c : name) {
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    if (!is_name(std::string_view(&c, 1))) c = '_';
  }
  return name.empty() ? "program" : name;
}

// One program's text being read: every error carries its place.
class Reader {
 public:
  Reader(const std::string& source, ProgramFile& file) : source_(source), file_(file) {}

  void read(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const auto found = kKeys.find(key.str());
      if (found == kKeys.end()) {
        std::vector<std::string> known;
        for (const auto& [name, unused] : kKeys) known.emplace_back(name);
        refuse(key.source(), workloads::unknown_name("key", key.str(), known));
      }
      try {
        found->second(*this, node);
      } catch (const Placed&) {
        throw;
      } catch (const UsageError& error) {
        refuse(node.source(), error.what());
      }
    }
    if (file_.command.empty() && file_.participant.empty()) {
      refuse(root.source(), "a program needs a command (a server) or a participant");
    }
    if (file_.command.empty() && file_.warmup_requests > 0) {
      refuse(root.source(), "warmup_requests are those of a server; a participant needs none");
    }
    if (file_.participant.empty() && !file_.workloads.empty()) {
      refuse(root.source(), "workloads are those of a participant; a server needs none");
    }
  }

 private:
  struct Placed : UsageError {
    using UsageError::UsageError;
  };

  using Take = std::function<void(Reader&, const toml::node&)>;

  [[noreturn]] void refuse(const toml::source_region& at, std::string_view what) const {
    throw Placed(fmt::format("{}:{}:{}: {}", source_, at.begin.line, at.begin.column, what));
  }

  std::string text_of(const toml::node& node) const {
    if (const auto* text = node.as_string()) return text->get();
    refuse(node.source(), "a string is wanted here");
  }

  static Take text(std::string ProgramFile::*member) {
    return [=](Reader& reader, const toml::node& node) {
      reader.file_.*member = reader.text_of(node);
    };
  }
  static Take text(std::string Runtime::*member) {
    return [=](Reader& reader, const toml::node& node) {
      reader.file_.runtime.*member = reader.text_of(node);
    };
  }
  static Take duration(Duration ProgramFile::*member) {
    return [=](Reader& reader, const toml::node& node) {
      reader.file_.*member = workloads::parse_duration(reader.text_of(node));
    };
  }

  void take_name(const toml::node& node) {
    file_.name = text_of(node);
    if (is_name(file_.name)) return;
    refuse(node.source(), no_name(file_.name));
  }

  // A string is read by a shell; an array is the program and its arguments.
  static Take command(std::vector<std::string> ProgramFile::*member) {
    return [=](Reader& reader, const toml::node& node) {
      std::vector<std::string>& words = reader.file_.*member;
      words = node.is_array() ? reader.texts_of(node) : by_shell(reader.text_of(node));
      if (words.empty()) reader.refuse(node.source(), "a command has at least one word");
    };
  }

  std::vector<std::string> texts_of(const toml::node& node) const {
    const toml::array* const array = node.as_array();
    if (array == nullptr) refuse(node.source(), "an array of strings is wanted here");
    std::vector<std::string> texts;
    for (const toml::node& each : *array) texts.push_back(text_of(each));
    return texts;
  }

  void take_workloads(const toml::node& node) {
    file_.workloads = texts_of(node);
    std::vector<std::string> known;
    for (const workloads::Workload* each : workloads::all_workloads()) {
      known.emplace_back(each->info().name);
    }
    for (const std::string& name : file_.workloads) {
      if (workloads::find_workload(name) != nullptr) continue;
      refuse(node.source(), workloads::unknown_name("workload", name, known));
    }
  }

  void take_environment(const toml::node& node) {
    const toml::table* const table = node.as_table();
    if (table == nullptr) refuse(node.source(), "a table is wanted here");
    for (const auto& [key, value] : *table) {
      file_.environment[std::string(key.str())] = text_of(value);
    }
  }

  void take_port(const toml::node& node) {
    const auto* const number = node.as_integer();
    if (number == nullptr || number->get() < 1 || number->get() > 65535) {
      refuse(node.source(), "a port is a number from 1 to 65535");
    }
    file_.port = static_cast<std::uint16_t>(number->get());
  }

  void take_target(const toml::node& node) {
    file_.target = text_of(node);
    if (!file_.target.starts_with('/')) refuse(node.source(), "a target begins with /");
  }

  void take_ready(const toml::node& node) {
    const std::string how = text_of(node);
    constexpr std::string_view kPrints = "prints ";
    if (how == "listens") {
      file_.ready = Ready::listens;
    } else if (how == "answers") {
      file_.ready = Ready::answers;
    } else if (how.starts_with(kPrints)) {
      file_.ready = Ready::prints;
      file_.prints = how.substr(kPrints.size());
    } else {
      refuse(node.source(),
             fmt::format("\"{}\": give \"listens\", \"answers\", or \"prints TEXT\"", how));
    }
  }

  void take_ready_within(const toml::node& node) {
    file_.ready_within = workloads::parse_duration(text_of(node));
    if (file_.ready_within <= kMostReadyWithin) return;
    refuse(node.source(),
           fmt::format("a program may take {} s at most until it serves",
                       std::chrono::duration_cast<std::chrono::seconds>(kMostReadyWithin).count()));
  }

  void take_warmup_requests(const toml::node& node) {
    const auto* const number = node.as_integer();
    if (number == nullptr || number->get() < 0 || number->get() > kMostWarmupRequests) {
      refuse(node.source(), fmt::format("a number from 0 to {}", kMostWarmupRequests));
    }
    file_.warmup_requests = static_cast<std::uint64_t>(number->get());
  }

  void take_stop(const toml::node& node) {
    const std::string name = text_of(node);
    for (const auto& [known, signal] : kSignals) {
      if (name != known) continue;
      file_.stop_signal = signal;
      return;
    }
    std::vector<std::string> known;
    for (const auto& [each, unused] : kSignals) known.emplace_back(each);
    refuse(node.source(), workloads::unknown_name("signal", name, known));
  }

  void take_folder(const toml::node& node) {
    const std::filesystem::path folder = text_of(node);
    file_.folder = folder.is_absolute() ? folder : file_.folder / folder;
  }

  inline static const std::map<std::string_view, Take> kKeys = {
      {"name", &Reader::take_name},
      {"summary", text(&ProgramFile::summary)},
      {"language", text(&ProgramFile::language)},
      {"library", text(&ProgramFile::library)},
      {"family", text(&ProgramFile::family)},
      {"command", command(&ProgramFile::command)},
      {"participant", command(&ProgramFile::participant)},
      {"workloads", &Reader::take_workloads},
      {"folder", &Reader::take_folder},
      {"environment", &Reader::take_environment},
      {"target", &Reader::take_target},
      {"port", &Reader::take_port},
      {"ready", &Reader::take_ready},
      {"ready_within", &Reader::take_ready_within},
      {"warmup_requests", &Reader::take_warmup_requests},
      {"stop", &Reader::take_stop},
      {"stop_within", duration(&ProgramFile::stop_within)},
      {"build", text(&ProgramFile::build)},
      {"check", text(&Runtime::check)},
      {"version", text(&Runtime::version)},
      {"package", text(&Runtime::package)},
  };

  const std::string& source_;
  ProgramFile& file_;
};

// Whether the server's command line or environment names it: "{port}".
bool names(const ProgramFile& file, std::string_view placeholder) {
  const auto has = [&](const std::string& text) { return text.find(placeholder) != text.npos; };
  return std::ranges::any_of(file.command, has) ||
         std::ranges::any_of(file.environment, [&](const auto& each) { return has(each.second); });
}

// An address has to get into a server somehow.
void check_address(const ProgramFile& file, const std::string& source) {
  if (file.command.empty()) return;
  const bool has_port = file.port || names(file, "{port}");
  if (has_port && file.takes_socket()) {
    throw UsageError(fmt::format(
        "{}: the program is told a port and a {{socket}}; it is asked at one of them: leave the "
        "other out",
        source));
  }
  if (has_port || file.takes_socket()) return;
  throw UsageError(fmt::format(
      "{}: nothing tells the program its port; write {{port}} where its command line "
      "or environment takes it, or {{socket}} where it takes the path of a Unix socket{}",
      source, source.ends_with(".toml") ? ", or port = 8080 if it is always the same" : ""));
}

}  // namespace

bool ProgramFile::takes_socket() const { return names(*this, "{socket}"); }

ProgramFile parse_program(std::string_view text, const std::string& source) {
  ProgramFile file;
  file.name = name_from(source);
  std::error_code error;
  file.folder = std::filesystem::absolute(std::filesystem::path(source).parent_path(), error);
  try {
    Reader(source, file).read(toml::parse(text, source));
  } catch (const toml::parse_error& failure) {
    const toml::source_position at = failure.source().begin;
    throw UsageError(
        fmt::format("{}:{}:{}: {}", source, at.line, at.column, failure.description()));
  }
  check_address(file, source);
  return file;
}

ProgramFile read_program(const std::filesystem::path& path) {
  errno = 0;
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  if (!in.is_open() || text.bad() || in.bad()) {
    throw UsageError(fmt::format("{}: {}; give a program file (.toml), or the command of a server",
                                 path.string(), std::strerror(errno != 0 ? errno : EISDIR)));
  }
  return parse_program(text.str(), path.string());
}

ProgramFile program_of_command(const std::string& command, const std::string& target) {
  ProgramFile file;
  file.name = name_from(command.substr(0, command.find(' ')));
  file.command = by_shell(command);
  file.folder = std::filesystem::current_path();
  file.target = target;
  if (!target.empty() && !target.starts_with('/')) {
    throw UsageError(fmt::format("target {}: begins with /", target));
  }
  check_address(file, command);
  return file;
}

ProgramFile participant_of_command(const std::string& name, const std::string& command) {
  ProgramFile file;
  file.name = name;
  file.participant = by_shell(command);
  file.folder = std::filesystem::current_path();
  if (is_name(name)) return file;
  throw UsageError(no_name(name));
}

std::string filled_in(std::string text, const std::map<std::string, std::string>& values) {
  for (const auto& [name, value] : values) {
    const std::string placeholder = "{" + name + "}";
    for (std::size_t at = text.find(placeholder); at != text.npos;
         at = text.find(placeholder, at + value.size())) {
      text.replace(at, placeholder.size(), value);
    }
  }
  return text;
}

std::vector<std::string> placeholders_of(std::string_view text) {
  std::vector<std::string> names;
  for (std::size_t open = text.find('{'); open != text.npos; open = text.find('{', open + 1)) {
    const std::size_t close = text.find('}', open);
    if (close == text.npos) break;
    names.emplace_back(text.substr(open + 1, close - open - 1));
  }
  return names;
}

}  // namespace asyncbench::programs
