#include "cli/results_from.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "analyze/summary.hpp"
#include "cli/command.hpp"
#include "measure/hdr_format.hpp"
#include "report/format.hpp"
#include "result/store.hpp"

namespace asyncbench::cli {

result::Result result_from(const std::string& path) {
  try {
    result::Parsed parsed = result::load(path);
    for (const std::string& field : parsed.ignored) {
      fmt::print(stderr, "asyncbench: {}: unknown field {} ignored: a newer version wrote it\n",
                 report::printable(path), report::printable(field));
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

}  // namespace asyncbench::cli
