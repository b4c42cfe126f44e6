#include "base.hpp"

#include <cerrno>
#include <cstring>
#include <memory>
#include <string>

#include "core/strategy.hpp"

namespace asyncbench::libevent {

bool Event::assign(event_base* base, int fd, short what, event_callback_fn callback, void* of) {
  event_assign(&event_, base, fd, static_cast<short>(what | EV_PERSIST), callback, of);
  if (event_add(&event_, nullptr) != 0) return false;
  what_ = what;
  return true;
}

void Event::remove() {
  if (what_ != 0) event_del(&event_);
  what_ = 0;
}

// No locks, for other threads never call it; no reading of the environment. The clock is not looked
// at either, since nothing here is a timeout of libevent's (see Loop::arm()). The change list turns
// what happens to a descriptor between two waits into one epoll_ctl(2): a connected socket's change
// from room to bytes is one instead of two. It asks that descriptors be no duplicates.
Base::Base() {
  const std::unique_ptr<event_config, decltype(&event_config_free)> config(event_config_new(),
                                                                           &event_config_free);
  if (config) {
    event_config_set_flag(config.get(), EVENT_BASE_FLAG_NOLOCK | EVENT_BASE_FLAG_IGNORE_ENV |
                                            EVENT_BASE_FLAG_NO_CACHE_TIME |
                                            EVENT_BASE_FLAG_EPOLL_USE_CHANGELIST);
    event_config_require_features(config.get(), EV_FEATURE_ET | EV_FEATURE_O1);
  }
  base_ = config ? event_base_new_with_config(config.get()) : nullptr;
  if (base_ != nullptr) return;
  throw StrategyError(std::string("event_base_new_with_config: ") + strerrorname_np(errno) +
                      "; raise the limit of open files (ulimit -n) or ask for fewer threads");
}

Base::~Base() { event_base_free(base_); }

}  // namespace asyncbench::libevent
