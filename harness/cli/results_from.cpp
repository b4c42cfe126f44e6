#include "cli/results_from.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "analyze/summary.hpp"
#include "cli/command.hpp"
#include "cli/output.hpp"
#include "measure/hdr_format.hpp"
#include "report/format.hpp"
#include "result/store.hpp"

namespace asyncbench::cli {

result::Result result_from(const std::string& path) {
  try {
    result::Parsed parsed = result::load(path);
    for (const std::string& field : parsed.ignored) {
      complain(fmt::format("{}: unknown field {} ignored: a newer version wrote it", path, field));
    }
    analyze::summarize(parsed.result);
    return std::move(parsed.result);
  } catch (const result::FormatError& error) {
    throw usage_error(error.what(), "");
  } catch (const result::StoreError& error) {
    throw usage_error(error.what(), "");
  } catch (const measure::HdrFormatError& error) {
    throw usage_error(fmt::format("{}: a histogram cannot be read: {}", path, error.what()),
                      "measure again");
  }
}

namespace {

// What there is to say of the first and each other one, none twice.
std::vector<std::string> with_first(const std::vector<result::Result>& results, const auto& said) {
  std::vector<std::string> all;
  for (std::size_t i = 1; i < results.size(); ++i) {
    for (std::string& line : said(results[0], results[i])) {
      if (std::ranges::find(all, line) == all.end()) all.push_back(std::move(line));
    }
  }
  return all;
}

}  // namespace

std::vector<std::string> differences_of(const std::vector<result::Result>& results,
                                        analyze::Peers peers) {
  return with_first(results, [&](const result::Result& first, const result::Result& other) {
    return analyze::incomparable(first, other, peers);
  });
}

std::vector<std::string> build_remarks_of(const std::vector<result::Result>& results) {
  return with_first(results, [](const result::Result& first, const result::Result& other) {
    return analyze::build_remarks(analyze::ingredients_of(first.environment),
                                  analyze::ingredients_of(other.environment));
  });
}

}  // namespace asyncbench::cli
