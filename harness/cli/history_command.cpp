// `asyncbench history`: many results -> how the strategies' ratios moved from commit to commit.
#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "analyze/history.hpp"
#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/results_from.hpp"
#include "measure/hdr_format.hpp"
#include "report/format.hpp"
#include "report/history_page.hpp"
#include "report/history_text.hpp"
#include "result/store.hpp"
#include "workloads/names.hpp"
#include "workloads/values.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "Results stand in the order in which their runs started. Of a folder, the files\n"
    "that end in .json or .json.gz are read. Each line is a figure of a strategy as\n"
    "ratio to the reference strategy in the same run; lines begin anew where machine,\n"
    "kernel or plan differ.\n"
    "\n"
    "Examples:\n"
    "  asyncbench history results/ --out history.html\n"
    "  asyncbench history 2026-*.json.gz --figure cpu_per_request_ns --all\n"
    "  asyncbench history results/ --against epoll --format json\n"
    "\n"
    "Exit codes: 0 done, whatever changed   2 wrong usage or unusable input\n"
    "5 a file of a folder could not be read, the others were   6 could not be stored";

struct Request {
  std::vector<std::string> paths;
  std::string against;
  std::string figure;
  std::string relevant = "3%";
  std::string format = "terminal";
  std::string out;
  bool all = false;
};

// What is to be read, and the files among it that a folder brought.
struct Files {
  std::vector<std::string> named;
  std::vector<std::string> found;
};

bool is_result_name(const std::string& name) {
  return name.ends_with(".json") || name.ends_with(".json.gz");
}

Files files_at(const std::vector<std::string>& paths) {
  namespace fs = std::filesystem;
  Files files;
  for (const std::string& path : paths) {
    std::error_code error;
    if (!fs::is_directory(path, error)) {
      files.named.push_back(path);
      continue;
    }
    std::vector<std::string> found;
    for (fs::directory_iterator entry(path, error), end; !error && entry != end;
         entry.increment(error)) {
      std::error_code ignored;  // what cannot be looked at is no regular file
      if (is_result_name(entry->path().filename()) && entry->is_regular_file(ignored)) {
        found.push_back(entry->path());
      }
    }
    if (error) {
      throw usage_error(fmt::format("{}: {}", path, error.message()), "check the folder");
    }
    if (found.empty()) {
      throw usage_error(path + ": no file there ends in .json or .json.gz",
                        "give the folder in which results are kept");
    }
    std::ranges::sort(found);
    std::ranges::move(found, std::back_inserter(files.found));
  }
  return files;
}

analyze::HistoryEntry entry_from(const std::string& path, const Request& request) {
  const result::Result result = result_from(path);
  return analyze::entry_of(result, path, request.figure);
}

// Where the folder's files that cannot be read are left out with a warning, `whole` becomes false.
std::vector<analyze::HistoryEntry> entries_from(const Request& request, bool& whole) {
  std::vector<analyze::HistoryEntry> entries;
  const Files files = files_at(request.paths);
  for (const std::string& path : files.named) entries.push_back(entry_from(path, request));
  for (const std::string& path : files.found) {
    try {
      entries.push_back(entry_from(path, request));
    } catch (const CommandError& error) {
      complain(fmt::format("left out: {}", error.what()));
      whole = false;
    }
  }
  if (entries.empty()) throw usage_error("none of these files is a result", "see above");
  return entries;
}

// A name that nothing has would silently give an empty history.
void check_names(const Request& request, const std::vector<analyze::HistoryEntry>& entries) {
  std::set<std::string> strategies;
  std::set<std::string> figures;
  for (const analyze::HistoryEntry& entry : entries) {
    for (const auto& cell : entry.cells) strategies.insert(cell.strategy);
    figures.insert(entry.measured.begin(), entry.measured.end());
  }
  if (!request.against.empty() && !strategies.contains(request.against)) {
    throw usage_error(workloads::unknown_name("strategy in these results", request.against,
                                              {strategies.begin(), strategies.end()}),
                      "");
  }
  if (!request.figure.empty() && !figures.contains(request.figure)) {
    throw usage_error(workloads::unknown_name("figure in these results", request.figure,
                                              {figures.begin(), figures.end()}),
                      "");
  }
}

double margin_of(const Request& request) {
  const double margin = workloads::parse_share(request.relevant);
  if (margin < 0.001 || margin > 0.9) {
    throw usage_error(fmt::format("--relevant {}: must be between 0.1% and 90%", request.relevant),
                      "for example: --relevant 3%");
  }
  return margin;
}

bool shows_utf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value == nullptr || *value == '\0') continue;
    const std::string_view locale = value;
    return locale.find("UTF-8") != locale.npos || locale.find("utf8") != locale.npos;
  }
  return false;
}

void write_page(const std::string& path, const analyze::History& history) {
  const std::string page = report::history_page(history);
  try {
    result::write_atomically(path, page);
  } catch (const result::StoreError& error) {
    throw CommandError(ExitCode::not_stored, error.what(), "");
  }
  print_error("{}: {}, open it in a browser\n", report::printable(path),
              report::format_bytes(static_cast<double>(page.size())));
}

}  // namespace

ExitCode history_command(const Arguments& arguments, Registry& registry) {
  const auto app = make_app("history",
                            "Says how the strategies' figures moved from commit to commit, and "
                            "since which commit they differ.",
                            kFooter);
  Request request;
  app->add_option("results", request.paths, "what 'asyncbench run' wrote, or folders of it")
      .option_text("RESULT...");
  add_value(*app, "--against", request.against, "NAME", "the reference strategy")
      .default_str("thread_per_connection, else the first of list");
  add_value(*app, "--figure", request.figure, "NAME", "this figure alone, as results name it")
      .default_str("system calls, context switches, CPU, throughput, p99");
  add_value(*app, "--relevant", request.relevant, "SHARE", "a smaller change is none");
  add_value(*app, "--format", request.format, "F", "terminal, json");
  add_value(*app, "-o,--out", request.out, "FILE", "write a page with charts, too");
  add_switch(*app, "--all", request.all, "terminal: print every line, not just what changed");
  if (!parse(*app, arguments)) return ExitCode::done;
  const std::vector<std::string> kFormats = {"terminal", "json"};
  if (std::ranges::find(kFormats, request.format) == kFormats.end()) {
    throw usage_error(workloads::unknown_name("format", request.format, kFormats), "");
  }
  if (request.paths.empty()) {
    throw usage_error("no result given", "for example: asyncbench history results/");
  }
  analyze::HistoryOptions options{
      .against = request.against, .margin = margin_of(request), .strategies = {}};
  for (const auto& strategy : registry.all()) options.strategies.push_back(strategy->info().name);

  bool whole = true;
  std::vector<analyze::HistoryEntry> entries = entries_from(request, whole);
  check_names(request, entries);
  const analyze::History history = analyze::history_of(std::move(entries), options);
  const std::string text =
      request.format == "json"
          ? report::history_json(history)
          : report::history_text(history,
                                 {.width = columns(), .all = request.all, .utf8 = shows_utf8()});
  put(text);
  flush_out();
  if (!request.out.empty()) write_page(request.out, history);
  return whole ? ExitCode::done : ExitCode::incomplete;
}

}  // namespace asyncbench::cli
