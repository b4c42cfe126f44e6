// The page without its content, made from harness/report/page/template.html by CMake.
#pragma once

#include <string_view>

namespace asyncbench::report {

// Holds each marker of page/README.md once.
std::string_view page_template();

}  // namespace asyncbench::report
