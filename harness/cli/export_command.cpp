// `asyncbench export`: a result in the formats of other tools.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/results_from.hpp"
#include "report/escape.hpp"
#include "report/export.hpp"
#include "report/format.hpp"
#include "report/perfetto.hpp"
#include "report/profile_files.hpp"
#include "result/store.hpp"
#include "workloads/names.hpp"

namespace asyncbench::cli {
namespace {

using report::Exported;

constexpr std::string_view kFooter =
    "Formats:\n"
    "  google-benchmark         JSON of Google Benchmark, one entry a trial and\n"
    "                           aggregates: for its tools/compare.py\n"
    "  github-action-benchmark  JSON for its tools customBiggerIsBetter and\n"
    "                           customSmallerIsBetter: see --direction\n"
    "  bencher                  Bencher Metric Format\n"
    "  benchstat                Go's benchmark text, one line a trial\n"
    "  openmetrics              OpenMetrics 1.0 text, for Prometheus\n"
    "  junit                    JUnit XML, one test case a cell\n"
    "  hgrm                     HdrHistogram's percentiles of one cell, in ms\n"
    "  hlog                     HdrHistogram's log 1.3, one interval a trial\n"
    "  folded                   stacks of one cell's profile, for flamegraph.pl\n"
    "  folded-difference        the same of two cells, --against first, then --cell\n"
    "  speedscope               JSON for speedscope, one profile a cell\n"
    "  pprof                    the profile of one cell, for go tool pprof\n"
    "  perfetto                 slow requests as a timeline, for ui.perfetto.dev\n"
    "\n"
    "Only valid trials enter. What a format has no place for is left out, and said on\n"
    "standard error. With a format of one cell and several cells, --out names a\n"
    "folder, which gets a file a cell. Profiles are in results of asyncbench profile.\n"
    "\n"
    "Examples:\n"
    "  asyncbench export r.json --format google-benchmark --out r.gbench.json\n"
    "  asyncbench export r.json --format github-action-benchmark --direction bigger\n"
    "  asyncbench export r.json --format hgrm --out latencies/\n"
    "\n"
    "Exit codes: 0 written   2 wrong usage or unusable input   6 output could not be\n"
    "stored";

constexpr const char* kNoStacks = ": no valid profile trial has samples";
constexpr const char* kProfileFirst = "make one with asyncbench profile";

struct Options {
  std::string cell;       // empty: all
  std::string against;    // the cell before; empty: not said
  std::string direction;  // empty: not said
  std::string out;        // empty: standard output
};

Exported github_action_benchmark(const result::Result& result, const Options& options) {
  for (const auto& [name, direction] :
       {std::pair("bigger", report::Direction::bigger_is_better),
        std::pair("smaller", report::Direction::smaller_is_better)}) {
    if (options.direction == name) return report::github_action_benchmark(result, direction);
  }
  throw usage_error(options.direction.empty()
                        ? std::string("github-action-benchmark takes one direction a file")
                        : fmt::format("unknown direction '{}'", options.direction),
                    "give --direction bigger for customBiggerIsBetter, and --direction smaller for "
                    "customSmallerIsBetter");
}

// For formats that need nothing but the result.
template <Exported (*kExport)(const result::Result&)>
Exported plain(const result::Result& result, const Options&) {
  return kExport(result);
}

Exported profile_of_cells(const result::Result& result, const Options&) {
  std::vector<const result::Cell*> cells;
  Exported exported;
  for (const result::Cell& cell : result.cells) {
    if (report::has_stacks(cell)) {
      cells.push_back(&cell);
    } else {
      exported.left_out.push_back(cell.id + kNoStacks);
    }
  }
  if (cells.empty()) throw usage_error("no profile in this result", kProfileFirst);
  exported.text = report::speedscope(cells);
  return exported;
}

const result::Cell& cell_named(const result::Result& result, const std::string& id) {
  std::vector<std::string> ids;
  for (const result::Cell& cell : result.cells) {
    if (cell.id == id) return cell;
    ids.push_back(cell.id);
  }
  throw usage_error(workloads::unknown_name("cell in this result", id, ids), "");
}

Exported difference_of_cells(const result::Result& result, const Options& options) {
  if (options.cell.empty() || options.against.empty()) {
    throw usage_error("a difference is of two cells",
                      "name the one before with --against, and the one after with --cell");
  }
  const result::Cell& before = cell_named(result, options.against);
  const result::Cell& after = cell_named(result, options.cell);
  for (const result::Cell* cell : {&before, &after}) {
    if (!report::has_stacks(*cell)) throw usage_error(cell->id + kNoStacks, kProfileFirst);
  }
  return {.text = report::folded_difference(before, after), .left_out = {}};
}

// For formats of the profile of one cell.
template <std::string (*kExport)(const result::Cell&)>
Exported profile_of_cell(const result::Cell& cell) {
  if (!report::has_stacks(cell)) return {.text = "", .left_out = {cell.id + kNoStacks}};
  return {.text = kExport(cell), .left_out = {}};
}

Exported timeline_of_cells(const result::Result& result, const Options&) {
  std::string text = report::perfetto(result);
  if (text.empty()) throw usage_error("no trace of requests in this result", kProfileFirst);
  return {.text = std::move(text), .left_out = {}};
}

struct Format {
  std::string_view name;
  // Null: one document a cell, by `run_cell`, in files that end in `extension`.
  Exported (*run)(const result::Result& result, const Options& options) = nullptr;
  Exported (*run_cell)(const result::Cell& cell) = nullptr;
  std::string_view extension = "";
};

constexpr std::array kFormats = {
    Format{"google-benchmark", plain<report::google_benchmark>},
    Format{"github-action-benchmark", github_action_benchmark},
    Format{"bencher", plain<report::bencher>},
    Format{"benchstat", plain<report::benchstat>},
    Format{"openmetrics", plain<report::openmetrics>},
    Format{"junit", plain<report::junit>},
    Format{"hgrm", nullptr, report::hgrm, ".hgrm"},
    Format{"hlog", plain<report::hlog>},
    Format{"folded", nullptr, profile_of_cell<report::folded>, ".folded"},
    Format{"folded-difference", difference_of_cells},
    Format{"speedscope", profile_of_cells},
    Format{"pprof", nullptr, profile_of_cell<report::pprof>, ".pb.gz"},
    Format{"perfetto", timeline_of_cells},
};

const Format& format_named(const std::string& name) {
  std::vector<std::string> names;
  for (const Format& format : kFormats) {
    if (format.name == name) return format;
    names.emplace_back(format.name);
  }
  if (name.empty()) {
    throw usage_error("no format given",
                      fmt::format("give --format one of: {}", fmt::join(names, ", ")));
  }
  throw usage_error(workloads::unknown_name("format", name, names), "");
}

void keep_only(result::Result& result, const std::string& id) {
  if (id.empty()) return;
  cell_named(result, id);
  std::erase_if(result.cells, [&](const result::Cell& cell) { return cell.id != id; });
}

void say_left_out(const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    complain("left out: " + line);
  }
}

void write(const std::string& path, const std::string& text) {
  try {
    if (path.empty()) return put(text);
    result::write_atomically(path, text);
  } catch (const result::StoreError& error) {
    throw CommandError(ExitCode::not_stored, error.what(), "");
  }
}

// "fetch+strategy=uring+connections=64.hgrm": a file name that every file system takes.
std::string file_name_of(const result::Cell& cell, std::size_t index, std::string_view extension) {
  std::string name = report::percent_encoded(cell.id, "+=\\<>\"|?*");
  std::ranges::replace(name, '/', '+');
  std::ranges::replace(name, ':', '=');
  // File systems end names at 255 bytes.
  constexpr std::size_t kLongest = 200;
  if (name.size() > kLongest) name = fmt::format("{}~{}", name.substr(0, kLongest), index);
  return name.append(extension);
}

// One document a cell: a single one as any other, several as files in a folder.
void export_cells(const result::Result& result, const Format& format, const Options& options) {
  std::vector<std::pair<std::string, std::string>> files;  // name, text
  std::vector<std::string> left_out;
  for (std::size_t i = 0; i < result.cells.size(); ++i) {
    Exported one = format.run_cell(result.cells[i]);
    std::ranges::move(one.left_out, std::back_inserter(left_out));
    if (!one.text.empty()) {
      files.emplace_back(file_name_of(result.cells[i], i, format.extension), std::move(one.text));
    }
  }
  if (files.empty()) {
    throw usage_error(left_out.empty() ? "the result has no cell"
                                       : fmt::format("nothing to export: {}", left_out.front()),
                      "");
  }
  std::error_code ignored;  // what cannot be looked at cannot be written either
  if (options.out.ends_with('/')) std::filesystem::create_directories(options.out, ignored);
  const bool is_folder = std::filesystem::is_directory(options.out, ignored);
  if (files.size() > 1 && !is_folder) {
    throw usage_error(fmt::format("{} holds one cell, and here are {}", format.name, files.size()),
                      "choose one with --cell, or name a folder with --out: FOLDER/");
  }
  for (const auto& [name, text] : files) {
    write(is_folder ? (std::filesystem::path(options.out) / name).string() : options.out, text);
  }
  say_left_out(left_out);
}

}  // namespace

ExitCode export_command(const Arguments& arguments, Registry&) {
  const auto app = make_app("export", "Writes a result in the format of another tool.", kFooter);
  std::string path;
  std::string format_name;
  Options options;
  app->add_option("result", path, "what 'asyncbench run' or 'profile' wrote")
      .option_text("RESULT.json");
  add_value(*app, "--format", format_name, "NAME", "one of those below");
  add_value(*app, "--cell", options.cell, "ID", "only this cell of the result");
  add_value(*app, "--against", options.against, "ID", "folded-difference: the cell before");
  add_value(*app, "--direction", options.direction, "bigger|smaller",
            "github-action-benchmark: figures of which more, or less, is better");
  add_value(*app, "--out", options.out, "FILE", "where to write").default_str("standard output");
  if (!parse(*app, arguments)) return ExitCode::done;
  const Format& format = format_named(format_name);
  if (path.empty()) {
    throw usage_error(
        "no result file given",
        fmt::format("for example: asyncbench export r.json --format {}", format.name));
  }

  result::Result result = result_from(path);
  // A difference needs both of its cells.
  if (options.against.empty()) keep_only(result, options.cell);
  if (format.run == nullptr) {
    export_cells(result, format, options);
    return ExitCode::done;
  }
  const Exported exported = format.run(result, options);
  write(options.out, exported.text);
  say_left_out(exported.left_out);
  return ExitCode::done;
}

}  // namespace asyncbench::cli
