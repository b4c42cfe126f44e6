// A user's suite.
#include "fuzz.hpp"
#include "run/plan.hpp"
#include "run/suite.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asyncbench;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  fuzz::reads<run::UsageError>([&] {
    const run::Suite suite = run::parse_suite(text, "suite.toml");
    fuzz::require(!suite.cells.empty(), "a suite has cells");
    for (const run::SuiteEntry& entry : suite.cells) {
      for (const auto& [name, values] : entry.parameters) {
        fuzz::require(!values.empty(), "a parameter that is given has values");
      }
    }
  });
  return 0;
}
