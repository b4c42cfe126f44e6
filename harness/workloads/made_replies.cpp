#include "workloads/made_replies.hpp"

namespace asyncbench::workloads {

std::shared_ptr<const MadeReply> MadeReplies::get(std::string_view target, Time at,
                                                  const std::function<MadeReply()>& make) {
  const std::lock_guard lock(mutex_);
  auto found = replies_.find(target);
  if (found == replies_.end()) {
    if (replies_.size() == kTargetsMax) replies_.clear();
    found = replies_.emplace(target, nullptr).first;
  }
  if (!found->second || at >= found->second->valid_until) {
    found->second = std::make_shared<const MadeReply>(make());
  }
  return found->second;
}

}  // namespace asyncbench::workloads
