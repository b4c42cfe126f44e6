// The chunked coding: however the network cuts it, it is read alike, within its limit.
#include "http/chunked_body.hpp"

#include "fuzz.hpp"

namespace asyncbench::fuzz {
namespace {

constexpr std::uint64_t kMaxBodyBytes = 1 << 12;

struct Collected final : http::BodyReceiver {
  void body(std::span<const std::byte> part) override {
    text.append(reinterpret_cast<const char*>(part.data()), part.size());
  }
  std::string text;
};

std::string read(const std::vector<std::vector<std::byte>>& pieces) {
  using State = http::ChunkedBody::State;
  Collected body;
  http::BodyCheck check;
  check.begin_unchecked(&body);
  http::ChunkedBody chunks;
  chunks.begin(kMaxBodyBytes, &check);
  std::size_t taken = 0;
  for (const std::vector<std::byte>& piece : pieces) {
    if (chunks.state() != State::reading) break;
    const http::ChunkedBody::Fed fed = chunks.feed(piece);
    require(fed.taken <= piece.size(), "a reader takes what there is");
    require(fed.state != State::reading || fed.taken == piece.size(),
            "a reader that wants more takes all");
    require(fed.state == chunks.state(), "both say the same state");
    taken += fed.taken;
  }
  require(body.text.size() <= kMaxBodyBytes, "no more content than the limit");
  std::string log(name_of(outcome_of(chunks.state())));
  if (chunks.state() == State::done) log += " " + std::to_string(taken) + " " + body.text;
  return log;
}

}  // namespace
}  // namespace asyncbench::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asyncbench::fuzz;
  const Input input(data, size);
  require(read(whole(input.rest)) == read(pieces(input.rest, input.how)),
          "chunks are read alike, however they are cut");
  return 0;
}
