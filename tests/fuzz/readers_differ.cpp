// Our reader of responses and libcurl's, over sockets: they say the same, except where
// docs/faults.md lists a difference.
#include "fuzz.hpp"
#include "tests/integration/two_readers.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asyncbench;
  const fuzz::Input input(data, size);
  const std::string response(input.rest);
  if (test::crashes_libcurl(response)) return 0;
  const auto method = input.how % 2 == 0 ? http::Method::get : http::Method::head;
  const std::vector<std::string> responses{response};
  const Outcome ours = test::our_outcomes(method, responses).at(0);
  const Outcome theirs = test::libcurl_outcomes(method, responses).at(0);
  if (ours == theirs || !test::divergence(response, ours, theirs).empty()) return 0;
  std::fprintf(stderr, "ours: %s, libcurl's: %s\n", std::string(name_of(ours)).c_str(),
               std::string(name_of(theirs)).c_str());
  fuzz::require(false, "our reader and libcurl's say the same");
  return 0;
}
