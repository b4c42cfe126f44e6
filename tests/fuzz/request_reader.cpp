// A server's reader of requests: however the network cuts them, they are read alike.
#include "http/request_reader.hpp"

#include "fuzz.hpp"

namespace asyncbench::fuzz {
namespace {

using http::RequestReader;
using State = RequestReader::State;

std::string read(const std::vector<std::vector<std::byte>>& pieces) {
  RequestReader reader(1 << 12);
  std::string log;
  for (const std::vector<std::byte>& piece : pieces) {
    for (std::span<const std::byte> rest = piece; !rest.empty();) {
      const RequestReader::Fed fed = reader.feed(rest);
      require(fed.taken <= rest.size(), "a reader takes what there is");
      require(fed.state == reader.state(), "both say the same state");
      rest = rest.subspan(fed.taken);
      if (fed.state == State::refused) {
        require(reader.refusal_status() >= 400 && *reader.refusal_detail() != '\0',
                "a refusal has a status and says why");
        return log + "refused";
      }
      if (fed.state == State::ready) {
        log.append(reader.method()).append(" ").append(reader.target());
        log += reader.http_1_1() ? " 1.1" : " 1.0";
        log += reader.keep_alive() ? " keep\n" : " close\n";
        reader.next();
      } else {
        require(fed.taken > 0, "a reader that wants more takes something");
        if (fed.state == State::body) reader.take_expects_continue();
      }
    }
  }
  return log + std::to_string(static_cast<int>(reader.state()));
}

}  // namespace
}  // namespace asyncbench::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asyncbench::fuzz;
  const Input input(data, size);
  require(read(whole(input.rest)) == read(pieces(input.rest, input.how)),
          "requests are read alike, however they are cut");
  return 0;
}
