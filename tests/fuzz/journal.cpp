// A run's journal. Each line of the input gets its checksum here, unless it begins with "!", since
// no fuzzer finds one.
#include "result/journal.hpp"

#include <fmt/format.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zlib.h>

#include "core/fd.hpp"
#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace asyncbench;
  std::string text;
  for (std::string_view rest(reinterpret_cast<const char*>(data), size); !rest.empty();) {
    const std::size_t feed = std::min(rest.find('\n'), rest.size());
    const std::string_view line = rest.substr(0, feed);
    if (line.starts_with('!')) {
      text += line.substr(1);
    } else {
      const auto* bytes = reinterpret_cast<const Bytef*>(line.data());
      text += fmt::format("{:08x} {}", ::crc32_z(0, bytes, line.size()), line);
    }
    if (feed < rest.size()) text += '\n';
    rest.remove_prefix(std::min(feed + 1, rest.size()));
  }
  const Fd file(::memfd_create("journal", MFD_CLOEXEC));
  const std::string path = fmt::format("/proc/self/fd/{}", file.get());
  result::write_all(file.get(), text, path);
  fuzz::reads<result::FormatError>([&] {
    const result::JournalContents contents = result::read_journal(path);
    fuzz::require(contents.whole_bytes + contents.torn_bytes == text.size(),
                  "every byte is read, or torn");
    fuzz::require(contents.order.size() == contents.records, "every trial has its place");
    std::size_t trials = 0;
    for (const result::Cell& cell : contents.result.cells) trials += cell.trials.size();
    fuzz::require(trials >= contents.records, "every record is a trial");
  });
  return 0;
}
