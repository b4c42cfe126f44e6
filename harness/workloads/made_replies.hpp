// Replies that are made once for all connections of a server.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "core/time.hpp"

namespace asyncbench::workloads {

// A whole reply, head and body. It never changes.
struct MadeReply {
  std::string bytes;
  Time valid_until;  // then its Date is over
};

// The origin's plain replies to one target differ in their Date alone. Each connection holds the
// one that it sends, and comes here once a second: what all of them send stays in the processor's
// caches, and no connection has a copy of its own. Thread-safe.
class MadeReplies {
 public:
  // The reply to `target` that is valid at `at`. Where there is none, `make` makes it.
  std::shared_ptr<const MadeReply> get(std::string_view target, Time at,
                                       const std::function<MadeReply()>& make);

 private:
  static constexpr std::size_t kTargetsMax = 64;

  std::mutex mutex_;
  std::map<std::string, std::shared_ptr<const MadeReply>, std::less<>> replies_;  // by target
};

}  // namespace asyncbench::workloads
