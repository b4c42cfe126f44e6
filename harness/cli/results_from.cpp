#include "cli/results_from.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>

#include "analyze/comparison.hpp"
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

std::vector<std::string> differences_of(const std::vector<result::Result>& results) {
  std::vector<std::string> all;
  for (std::size_t i = 1; i < results.size(); ++i) {
    for (std::string& reason : analyze::incomparable(results[0], results[i])) {
      if (std::ranges::find(all, reason) == all.end()) all.push_back(std::move(reason));
    }
  }
  return all;
}

}  // namespace asyncbench::cli
