#include "core/op.hpp"

#include <array>

namespace asyncbench {

const char* name_of(OpKind kind) {
  static constexpr std::array<const char*, kOpKinds> kNames = {
      "begin", "connect",    "receive", "send",     "close",  "open",   "read",  "write",
      "sync",  "close_file", "sleep",   "exchange", "gather", "finish", "accept"};
  return kNames.at(static_cast<std::size_t>(kind));
}

}  // namespace asyncbench
