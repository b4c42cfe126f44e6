// A stored result: what can be read is stored again as it was, and every report takes it.
#include "result/json.hpp"

#include "analyze/summary.hpp"
#include "fuzz.hpp"
#include "measure/hdr_format.hpp"
#include "report/export.hpp"
#include "report/report_csv.hpp"
#include "report/report_markdown.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asyncbench;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::reads<result::FormatError>([&] {
    result::Result result = result::parse(text).result;
    const std::string stored = result::serialize(result);
    fuzz::require(fuzz::reads<result::FormatError>([&] {
                    fuzz::require(result::serialize(result::parse(stored).result) == stored,
                                  "a result that is read and stored stays the same");
                  }),
                  "what was stored can be read");
    // Histograms are decoded when figures are made of them.
    if (!fuzz::reads<measure::HdrFormatError>([&] { analyze::summarize(result); })) return;
    report::google_benchmark(result);
    report::bencher(result);
    report::benchstat(result);
    report::openmetrics(result);
    report::junit(result);
    report::hlog(result);
    report::csv(result);
    report::markdown(result);
    for (const result::Cell& cell : result.cells) report::hgrm(cell);
  });
  return 0;
}
