// The lines between the runner and its participants: what can be read is written as it was.
#include "run/messages.hpp"

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asyncbench;
  const std::string_view line(reinterpret_cast<const char*>(data), size);
  fuzz::reads<run::ProtocolError>([&] {
    const std::string written = run::to_line(run::order_from(line));
    fuzz::require(fuzz::reads<run::ProtocolError>([&] {
                    fuzz::require(run::to_line(run::order_from(written)) == written,
                                  "an order that is read and written stays the same");
                  }),
                  "an order that was written can be read");
  });
  fuzz::reads<run::ProtocolError>([&] {
    const std::string written = run::to_line(run::report_from(line));
    fuzz::require(fuzz::reads<run::ProtocolError>([&] {
                    fuzz::require(run::to_line(run::report_from(written)) == written,
                                  "a report that is read and written stays the same");
                  }),
                  "a report that was written can be read");
  });
  return 0;
}
