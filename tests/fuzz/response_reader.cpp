// A client's reader of responses: however the network cuts them, they are read alike.
#include "http/response_reader.hpp"

#include "fuzz.hpp"

namespace asyncbench::fuzz {
namespace {

using http::ResponseReader;
using State = ResponseReader::State;

struct Collected final : http::BodyReceiver {
  void body(std::span<const std::byte> part) override {
    text.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  std::string text;
};

// Reads one response after the other, as far as the connection is kept.
std::string read(const std::vector<std::vector<std::byte>>& pieces, http::Method method) {
  ResponseReader reader({.max_body_bytes = 1 << 12});
  Collected body;
  http::BodyCheck check;
  std::string log;
  const auto begin = [&] {
    body.text.clear();
    check.begin_unchecked(&body);
    reader.begin(method, check);
  };
  const auto say = [&](State state) {
    log += std::string(name_of(reader.outcome())) + " ";
    if (state != State::done) return;
    require(reader.status() >= 200 && reader.status() < 600, "a response has a status");
    require(body.text.size() == check.length(), "what is counted is what was handed on");
    log += std::to_string(reader.status()) + (reader.keep_alive() ? " keep " : " close ");
    log += body.text + "\n";
  };
  begin();
  for (const std::vector<std::byte>& piece : pieces) {
    for (std::span<const std::byte> rest = piece; !rest.empty();) {
      const ResponseReader::Fed fed = reader.feed(rest);
      require(fed.taken <= rest.size(), "a reader takes what there is");
      rest = rest.subspan(fed.taken);
      if (fed.state == State::reading) {
        require(rest.empty(), "a reader that wants more takes all");
        continue;
      }
      say(fed.state);
      if (fed.state == State::failed || !reader.keep_alive()) return log;
      begin();
    }
  }
  const State state = reader.end_of_stream();
  require(state != State::reading, "nothing follows the end of a stream");
  say(state);
  return log;
}

}  // namespace
}  // namespace asyncbench::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asyncbench;
  const fuzz::Input input(data, size);
  const auto method = input.how % 2 == 0 ? http::Method::get : http::Method::head;
  fuzz::require(fuzz::read(fuzz::whole(input.rest), method) ==
                    fuzz::read(fuzz::pieces(input.rest, input.how), method),
                "responses are read alike, however they are cut");
  return 0;
}
