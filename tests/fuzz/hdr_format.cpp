// Encoded histograms: "t" and their text, or anything else and what their zlib stream holds, which
// is packed here, since no fuzzer finds a checksum.
#include "measure/hdr_format.hpp"

#include <zlib.h>

#include "fuzz.hpp"
#include "measure/histogram.hpp"

namespace asyncbench::fuzz {
namespace {

std::string packed(std::string_view plain) {
  std::vector<unsigned char> bytes(8 + compressBound(static_cast<uLong>(plain.size())));
  uLongf size = static_cast<uLongf>(bytes.size() - 8);
  compress2(bytes.data() + 8, &size, reinterpret_cast<const Bytef*>(plain.data()),
            static_cast<uLong>(plain.size()), Z_BEST_SPEED);
  bytes.resize(8 + size);
  const std::uint32_t cookie = 0x1c849314;
  for (unsigned i = 0; i < 4; ++i) {
    bytes[i] = static_cast<unsigned char>(cookie >> (24 - 8 * i));
    bytes[4 + i] = static_cast<unsigned char>(size >> (24 - 8 * i));
  }
  return measure::to_base64(bytes);
}

}  // namespace
}  // namespace asyncbench::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asyncbench;
  const fuzz::Input input(data, size);
  const std::string text = input.how == 't' ? std::string(input.rest) : fuzz::packed(input.rest);
  fuzz::reads<measure::HdrFormatError>([&] {
    const measure::HdrCounts read = measure::decode_hdr(text, 5'000);
    std::uint64_t total = 0;
    std::vector<std::uint64_t> counts(5'000);
    for (const measure::HdrCount& count : read.counts) {
      counts.at(count.index) = count.count;
      total += count.count;
    }
    fuzz::require(total <= measure::kMaxHdrTotal, "the counts have a sum");
    const auto again = measure::decode_hdr(measure::encode_hdr(read.range, counts), 5'000);
    fuzz::require(again.counts == read.counts, "counts that are read and written stay the same");
  });
  fuzz::reads<measure::HdrFormatError>([&] {
    const auto histogram = measure::Histogram::decode(text);
    const auto again =
        measure::Histogram::decode(histogram.encode(), histogram.below(), histogram.above());
    fuzz::require(again.count() == histogram.count() && again.mean() == histogram.mean(),
                  "a histogram that is read and written stays the same");
  });
  return 0;
}
