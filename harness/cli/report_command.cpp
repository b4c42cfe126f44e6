// `asyncbench report`: results -> one page, or text.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <optional>

#include "cli/output.hpp"
#include "cli/parse.hpp"
#include "cli/result_view.hpp"
#include "cli/results_from.hpp"
#include "report/format.hpp"
#include "report/page.hpp"
#include "report/report_csv.hpp"
#include "report/report_markdown.hpp"
#include "report/terminal.hpp"
#include "result/store.hpp"
#include "workloads/names.hpp"

namespace asyncbench::cli {
namespace {

constexpr std::string_view kFooter =
    "html is one file that needs no network and no other file: the answer as a table,\n"
    "charts, every figure, and how it was measured. Several results are shown side by\n"
    "side. The other formats print one result.\n"
    "\n"
    "Examples:\n"
    "  asyncbench report r.json --out report.html\n"
    "  asyncbench report after.json --baseline before.json --out report.html\n"
    "  asyncbench report r.json --format markdown >> $GITHUB_STEP_SUMMARY\n"
    "\n"
    "Exit codes: 0 written   2 wrong usage or unusable input   6 could not be stored";

struct Request {
  std::vector<std::string> paths;
  std::string baseline;
  std::string format = "html";
  std::string out;
  std::string bytes_max = fmt::format("{}", report::kCommentMax);
  bool force = false;
  ResultView view;
};

std::optional<Request> request_from(const Arguments& arguments) {
  const auto app = make_app(
      "report", "Turns results into a page: the answer first, then the pictures.", kFooter);
  Request request;
  app->add_option("results", request.paths, "what 'asyncbench run' wrote")
      .option_text("RESULT.json...");
  add_value(*app, "--format", request.format, "F", "html, markdown, terminal, csv");
  add_value(*app, "-o,--out", request.out, "FILE", "where to write it")
      .default_str("html: the result's name with .html; else standard output");
  add_value(*app, "--baseline", request.baseline, "FILE", "html: show also what changed since");
  add_value(*app, "--max-bytes", request.bytes_max, "N", "markdown: details beyond are cut");
  add_switch(*app, "--force", request.force,
             "a baseline that differs in kernel, CPU or definition");
  request.view.define_against(*app);
  request.view.define(*app);
  if (!parse(*app, arguments)) return std::nullopt;
  if (request.paths.empty()) {
    throw usage_error("no result file given", "for example: asyncbench report r.json");
  }
  return request;
}

std::string page_of(const Request& request, const std::vector<result::Result>& results) {
  report::PageInput input;
  for (const result::Result& result : results) {
    request.view.check_against(result);
    input.results.emplace_back(result, request.view.against);
  }
  input.warnings = differences_of(results, analyze::Peers::alike);
  std::ranges::move(build_remarks_of(results), std::back_inserter(input.warnings));
  if (request.baseline.empty()) return report::page(input);

  const result::Result baseline = result_from(request.baseline);
  const std::vector<std::string> reasons = analyze::incomparable(baseline, results[0]);
  if (!reasons.empty() && !request.force) {
    throw usage_error(fmt::format("the baseline cannot be compared: {}", fmt::join(reasons, "; ")),
                      "measure both alike, or use --force, which the page records");
  }
  for (const std::string& reason : reasons) input.warnings.push_back(reason + " (baseline)");
  for (const std::string& remark : build_remarks_of({baseline, results[0]})) {
    input.warnings.push_back(remark + " (baseline)");
  }
  const analyze::Comparison comparison = analyze::compare_results(baseline, results[0]);
  const report::Change change{.comparison = comparison,
                              .before = baseline,
                              .after = results[0],
                              .before_name = report::label_of(baseline),
                              .after_name = input.results[0].label,
                              .forced = {}};
  input.change = &change;
  return report::page(input);
}

std::size_t bytes_max(const Request& request) {
  std::size_t bytes = 0;
  const char* const end = request.bytes_max.data() + request.bytes_max.size();
  const auto [parsed, error] = std::from_chars(request.bytes_max.data(), end, bytes);
  if (error != std::errc{} || parsed != end || bytes == 0) {
    throw usage_error(fmt::format("--max-bytes: \"{}\" is no number of bytes", request.bytes_max),
                      "for example: --max-bytes 65536");
  }
  return bytes;
}

std::string text_of(const Request& request, const result::Result& result) {
  if (request.format == "markdown")
    return report::markdown(result,
                            {.bytes_max = bytes_max(request), .against = request.view.against});
  if (request.format == "csv") return report::csv(result);
  return request.view.text(
      result, request.view.compare(result),
      request.out.empty() ? report::terminal_of(STDOUT_FILENO) : report::Terminal{});
}

void write(const std::string& path, std::string_view text) {
  try {
    result::write_atomically(path, text);
  } catch (const result::StoreError& error) {
    throw CommandError(ExitCode::not_stored, error.what(), "");
  }
}

}  // namespace

ExitCode report_command(const Arguments& arguments, Registry&) {
  const auto request = request_from(arguments);
  if (!request) return ExitCode::done;
  const std::vector<std::string> kFormats = {"html", "markdown", "terminal", "csv"};
  if (std::ranges::find(kFormats, request->format) == kFormats.end()) {
    throw usage_error(workloads::unknown_name("format", request->format, kFormats), "");
  }
  const bool is_page = request->format == "html";
  if (!is_page && (request->paths.size() > 1 || !request->baseline.empty())) {
    throw usage_error(fmt::format("{} shows one result", request->format),
                      "give one result, or use --format html");
  }
  std::vector<result::Result> results;
  for (const std::string& path : request->paths) results.push_back(result_from(path));

  if (!is_page) {
    const std::string text = text_of(*request, results[0]);
    if (request->out.empty()) {
      put(text);
    } else {
      write(request->out, text);
    }
    return ExitCode::done;
  }
  std::error_code ignored;
  if (request->out.empty() && !std::filesystem::is_regular_file(request->paths[0], ignored)) {
    throw usage_error(fmt::format("{} is no file after which the page could be named",
                                  report::printable(request->paths[0])),
                      "give --out FILE");
  }
  const std::string out =
      request->out.empty() ? result::stem_of(request->paths[0]) + ".html" : request->out;
  const std::string page = page_of(*request, results);
  write(out, page);
  print_error("{}: {}, open it in a browser\n", report::printable(out),
              report::format_bytes(static_cast<double>(page.size())));
  return ExitCode::done;
}

}  // namespace asyncbench::cli
