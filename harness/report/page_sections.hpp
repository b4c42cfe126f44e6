// What the page is made of. Internal to the page.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "report/location_json.hpp"
#include "report/page.hpp"

namespace asyncbench::report {

// The page without its content, made from page/template.html by CMake. It holds each marker of
// page/README.md once.
std::string_view page_template();

// Each contrast of a group with a reference, as page/README.md has it: by the reference's name.
Json against_json(const Reported& reported, std::size_t group);
// The figures that it is of, in their order.
std::vector<analyze::FigureName> shown_figures(const analyze::GroupComparison& group);

// Six digits are more than anybody can use, and a third of the bytes. Null for what is not finite.
Json rounded(double value);

// What the charts draw of a cell's profile, as page/README.md has it; null without a profile.
Json profile_json(const result::Cell& cell);

// The body's sections in their order. Each is "" where there is nothing to say.
std::string identity_section(const PageInput& input);
std::string change_section(const PageInput& input);
std::string answer_section(const PageInput& input);
std::string sweeps_section(const PageInput& input);
std::string why_section(const PageInput& input);
std::string outcomes_section(const PageInput& input);
std::string method_section(const PageInput& input);

// <section id=...> with its heading and the sentence that says what is seen.
std::string section(const std::string& id, const std::string& title, const std::string& lead,
                    const std::string& content);

// Whether something valid is known of more than one strategy.
bool any_comparison(const Reported& reported);

// Whether strategies took turns.
bool any_turns(const Reported& reported);

// A subheading that names the result; "" where the page has one alone.
std::string result_heading(const PageInput& input, const Reported& reported);

// "connections 64, body 12B", as HTML: the parameters in which the workload's groups differ, or
// all.
std::string parameters_html(const Reported& reported, const result::Cell& cell, bool all);

// <span class="sure clear">clear</span>, of a word of sureness_of() or several
std::string sureness_html(std::string_view sureness);

// "uring: unsupported" and the like need the state's name; it is a class, too.
std::string state_of(const result::Cell& cell);

// The figures that some of the cells has and that say anything: not those that are 0 in all of
// them.
std::vector<analyze::Figure> telling_figures(std::span<const result::Cell* const> cells);

// ` data-against="epoll" hidden`: of what is said against a reference. All but the first choice's
// is hidden until the reader chooses.
std::string against_attribute(const Reported& reported, const Against& against);

// <h1>, the answer in one line, for each reference.
std::string headlines(const Reported& reported);

// What to do, in few words: "take readiness loops or io_uring", "no answer".
std::string advice(const Answer& answer);

// How many rows a table shows before the rest is folded away.
inline constexpr std::size_t kRowsShown = 40;

// A table of these rows (each "<tr>...</tr>"), those beyond `most` in a <details>.
std::string folded_table(const std::string& classes, const std::string& head,
                         const std::vector<std::string>& rows, std::size_t most = kRowsShown);

}  // namespace asyncbench::report
