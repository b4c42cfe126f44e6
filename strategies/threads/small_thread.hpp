// The attributes of the threads here.
#pragma once

#include <pthread.h>

#include <cstddef>

namespace asyncbench::threads {

// A blocking call needs little stack; small ones are cheap to map, so that 10,000 fit. Sanitizers
// enlarge frames.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr std::size_t kStackBytes = 512 * 1024;
#else
inline constexpr std::size_t kStackBytes = 64 * 1024;
#endif

class SmallThread {
 public:
  // PTHREAD_CREATE_JOINABLE or PTHREAD_CREATE_DETACHED.
  explicit SmallThread(int detach_state) {
    pthread_attr_init(&attributes_);
    pthread_attr_setdetachstate(&attributes_, detach_state);
    pthread_attr_setstacksize(&attributes_, kStackBytes);
  }
  ~SmallThread() { pthread_attr_destroy(&attributes_); }
  SmallThread(const SmallThread&) = delete;
  SmallThread& operator=(const SmallThread&) = delete;
  const pthread_attr_t* get() const { return &attributes_; }

 private:
  pthread_attr_t attributes_;
};

}  // namespace asyncbench::threads
