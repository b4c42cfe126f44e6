// Foreign text made harmless in the languages of other programs.
#pragma once

#include <string>
#include <string_view>

namespace asyncbench::report {

// For text and attribute values in double quotes, of XML and of HTML. Characters that XML 1.0
// cannot hold become "?".
std::string xml_text(std::string_view text);

// For Markdown as GitHub and GitLab read it: no markup, no HTML, no mention of a person, no
// reference to an issue. On one line.
std::string markdown_text(std::string_view text);

// For names that end at white space or punctuation: visible ASCII without `%` and what `reserved`
// names stays, every other byte becomes %XX, as in URLs. Different texts stay different.
std::string percent_encoded(std::string_view text, std::string_view reserved);

}  // namespace asyncbench::report
