// The page's head: what was measured, and what weakens it.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

#include "analyze/notes.hpp"
#include "report/escape.hpp"
#include "report/format.hpp"
#include "report/page_sections.hpp"
#include "report/remarks.hpp"

namespace asyncbench::report {
namespace {

using result::Cell;

// "suite standard · AMD EPYC, 2 CPUs · Linux 6.18 · g++ 12.2.0 · commit cdb95eb · ..."
std::string identity_line(const result::Result& result) {
  std::vector<std::string> parts;
  const auto add = [&](const char* format, const std::string& value) {
    if (!value.empty()) parts.push_back(fmt::format(fmt::runtime(format), xml_text(value)));
  };
  add("suite <b>{}</b>", result.plan.suite);
  add("{}", result.environment.text_of("cpu"));
  add("{} CPUs", result.environment.text_of("cpus"));
  add("Linux {}", result.environment.text_of("kernel"));
  add("{}", result.environment.text_of("compiler"));
  add("commit {}", result.environment.text_of("git_commit").substr(0, 7));
  add("asyncbench {}", result.run.version);
  add("{}", result.run.started);
  parts.push_back(how_measured(result) + ", in random order");
  return fmt::format("<p class=\"identity\">{} · <a href=\"#method\">how measured</a></p>\n",
                     fmt::join(parts, " · "));
}

// The page's title where it shows several results.
std::string prefix_of(const PageInput& input, const Reported& reported) {
  return input.results.size() > 1 ? reported.label + ": " : "";
}

// Why figures are missing or do not compare.
std::vector<std::string> faults_of(const result::Result& result) {
  std::vector<std::string> faults;
  std::size_t failed = 0;
  std::int64_t invalid = 0;
  std::int64_t timed = 0;
  for (const Cell& cell : result.cells) {
    failed += cell.status == result::CellStatus::failed;
    if (!cell.summary) continue;
    timed += cell.summary->trials_timed;
    invalid += cell.summary->trials_timed - cell.summary->trials_valid;
  }
  if (!result.run.complete) faults.emplace_back("the run is incomplete");
  if (timed == 0) faults.emplace_back("nothing was measured");
  if (failed > 0)
    faults.push_back(fmt::format("{} of {} cells failed", failed, result.cells.size()));
  if (invalid > 0) faults.push_back(fmt::format("{} of {} trials were invalid", invalid, timed));
  return faults;
}

std::string faults_strip(const PageInput& input) {
  std::string list;
  for (const std::string& warning : input.warnings) {
    list += fmt::format("<li>figures of these results do not compare: they differ in {}</li>",
                        xml_text(warning));
  }
  for (const Reported& reported : input.results) {
    for (const std::string& fault : faults_of(*reported.result)) {
      list += fmt::format("<li>{}</li>", xml_text(prefix_of(input, reported) + fault));
    }
  }
  if (list.empty()) return "";
  return fmt::format(
      "<div class=\"validity bad\" role=\"status\"><b>Read with care:</b><ul>{}</ul></div>\n",
      list);
}

// A note that makes figures uncertain. generator_limited and peers_differ are not among them: the
// ranking takes account of those.
struct Doubt {
  std::string_view code;
  bool is_noise;  // of the machine: the intervals show what it does
};
constexpr std::array kDoubts = {
    Doubt{analyze::kThrottled, false},  Doubt{analyze::kDisturbed, true},
    Doubt{analyze::kStalled, true},     Doubt{analyze::kNonStationary, true},
    Doubt{analyze::kNotSteady, true},   Doubt{analyze::kErrors, false},
    Doubt{analyze::kNoRequests, false}, Doubt{analyze::kOverload, false},
    Doubt{analyze::kFewTrials, false},
};

// "in 37 of 108 cells something else used the CPUs": its place among the codes, and what to do.
struct Doubtful {
  std::string text;
  std::string_view advice;
  bool is_noise;
};

std::vector<Doubtful> doubts_of(const PageInput& input, const Reported& reported) {
  const result::Result& result = *reported.result;
  std::map<std::string_view, std::size_t> noted;
  for (const Cell& cell : result.cells) {
    if (!cell.summary) continue;
    for (const result::Note& note : cell.summary->notes) ++noted[note.code];
  }
  std::vector<Doubtful> doubts;
  for (const auto& [code, is_noise] : kDoubts) {
    if (!noted.contains(code)) continue;
    const analyze::NoteMeaning& known = *analyze::meaning_of(code);
    std::string meaning(known.meaning.substr(0, known.meaning.find_last_not_of('.') + 1));
    meaning[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(meaning[0])));
    doubts.push_back({fmt::format("{}in {} of {} cells {}", prefix_of(input, reported), noted[code],
                                  result.cells.size(), meaning),
                      known.advice, is_noise});
  }
  return doubts;
}

// One line, that of the first doubt; the others and what to do about each are folded away.
std::string doubts_strip(const PageInput& input) {
  std::vector<Doubtful> doubts;
  for (const Reported& reported : input.results) {
    std::ranges::copy(doubts_of(input, reported), std::back_inserter(doubts));
  }
  if (doubts.empty()) return "";
  std::stable_partition(doubts.begin(), doubts.end(),
                        [](const Doubtful& doubt) { return doubt.is_noise; });
  std::string list;
  for (const Doubtful& doubt : doubts) {
    list += fmt::format("<li>{}. {}</li>", xml_text(doubt.text), xml_text(doubt.advice));
  }
  const Doubtful& first = doubts.front();
  return fmt::format(
      "<details class=\"validity noise\"><summary><b>{}:</b> "
      "{}{}.</summary><ul>{}</ul></details>\n",
      first.is_noise ? "A noisy machine" : "Read with care", xml_text(first.text),
      first.is_noise ? "; the intervals show what that does to the figures" : "", list);
}

}  // namespace

std::string identity_section(const PageInput& input) {
  std::string out = "<header id=\"identity\">\n";
  for (const Reported& reported : input.results) out += identity_line(*reported.result);
  out += input.results.size() == 1 ? headlines(input.results.front())
                                   : "<h1>Which async strategy wins?</h1>\n";
  const std::string strips = faults_strip(input) + doubts_strip(input);
  out += strips.empty()
             ? "<p class=\"validity good\" role=\"status\">Every trial is valid, every request is "
               "accounted for, and nothing disturbed the machine.</p>\n"
             : strips;
  return out + "</header>\n";
}

}  // namespace asyncbench::report
