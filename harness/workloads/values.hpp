// Values with units, lists and ranges, as users and suites write them.
// Every parse function throws UsageError that names the text and shows what would be right.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "core/time.hpp"
#include "load/arrivals.hpp"
#include "load/stages.hpp"

namespace asyncbench::workloads {

// Wrong usage or unusable input. The text is one line: what is wrong and what would be right.
class UsageError : public std::invalid_argument {
 public:
  using std::invalid_argument::invalid_argument;
};

// A server's delay before it answers.
struct Delay {
  Duration mean{0};
  bool exponential = false;

  bool operator==(const Delay&) const = default;
};

// When what was written is made durable, with fdatasync(2).
struct Sync {
  bool at_end = false;      // once, after the last write
  std::uint64_t every = 0;  // after so many writes of a task; 0: not

  bool operator==(const Sync&) const = default;
};

// Which results have their content verified.
enum class Verify : std::uint8_t {
  all,     // length and content of every one
  sample,  // length always; content of the first of a connection or file, and of every 64th
  none,    // length alone, of what the harness itself serves or writes; of a foreign server nothing
};

// Whether that includes the content of the `nth` result (from 0) of a connection or file.
bool verifies(Verify verify, std::uint64_t nth);

// "5s", "10ms", "1.5s", "250us", "100ns", "2m", "0".
Duration parse_duration(std::string_view text);

// "12", "16k", "1m", "1g": binary units.
std::uint64_t parse_size(std::string_view text);

// A plain decimal number.
std::uint64_t parse_count(std::string_view text);

// A number from 0 to 1: "0.1" or "10%".
double parse_share(std::string_view text);

// "10ms" or "exp:10ms".
Delay parse_delay(std::string_view text);

// "none", "end" or "every:64".
Sync parse_sync(std::string_view text);

// "closed", "constant:5000" or "poisson:5000"; without a rate where stages have it.
load::ArrivalSpec parse_arrivals(std::string_view text);

// "10s:1000,20s:1000..5000": so long at that rate per second, or from one to the other. Empty:
// none.
load::Stages parse_stages(std::string_view text);

// "on" or "off".
bool parse_switch(std::string_view text);

// "all", "sample" or "none".
Verify parse_verify(std::string_view text);

// The parts of `text` between separators, empty ones too.
std::vector<std::string_view> split(std::string_view text, char separator);

// "a,b,c" to its items, without empty ones.
std::vector<std::string> split_list(std::string_view text, char separator = ',');

// "1,8,64" item by item; "1..1024*2" is 1, 2, 4 ... 1024 and "10..50+10" is 10, 20 ... 50. Units
// apply where `parse` reads them ("1k..64k*2").
std::vector<std::uint64_t> parse_numbers(std::string_view text,
                                         std::uint64_t (*parse)(std::string_view));

// Canonical texts: the greatest unit that divides the duration ("1500ms"), "exp:10ms", "0.1".
std::string to_text(Duration duration);
std::string to_text(const Delay& delay);
std::string to_text(const Sync& sync);
std::string to_text(const load::Stages& stages);
std::string to_text(Verify verify);
std::string share_text(double share);

[[noreturn]] void refuse_value(std::string_view text, std::string_view wanted);

}  // namespace asyncbench::workloads
