#include "report/junit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "report/escape.hpp"

namespace asyncbench::report {
namespace {

// The lines of a text, each made harmless; the line ends stay.
std::string xml_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    out += xml_text(text.substr(0, end)) + '\n';
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
  }
  return out;
}

std::string case_xml(const JunitCase& test) {
  static constexpr std::array<std::string_view, 4> kElements = {"", "failure", "error", "skipped"};
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\"",
                                xml_text(test.class_name), xml_text(test.name));
  if (test.seconds) out += fmt::format(" time=\"{:.3f}\"", *test.seconds);
  std::string inside;
  if (test.outcome != JunitCase::Outcome::passed) {
    inside +=
        fmt::format("      <{} message=\"{}\"/>\n",
                    kElements[static_cast<std::size_t>(test.outcome)], xml_text(test.message));
  }
  if (!test.output.empty()) {
    inside += fmt::format("      <system-out>{}</system-out>\n", xml_lines(test.output));
  }
  return inside.empty() ? out + "/>\n" : out + ">\n" + inside + "    </testcase>\n";
}

}  // namespace

std::string junit_xml(std::string_view suite, const std::vector<JunitCase>& cases) {
  const auto count = [&](JunitCase::Outcome outcome) {
    return std::ranges::count(cases, outcome, &JunitCase::outcome);
  };
  std::string out = fmt::format(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<testsuites>\n"
      "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\">\n",
      xml_text(suite), cases.size(), count(JunitCase::Outcome::failed),
      count(JunitCase::Outcome::error), count(JunitCase::Outcome::skipped));
  for (const JunitCase& test : cases) out += case_xml(test);
  return out + "  </testsuite>\n</testsuites>\n";
}

}  // namespace asyncbench::report
