// To be preloaded: adds seconds to the wall clock, which others change while the program runs.
// CLOCK_REALTIME alone is set by people and NTP; the kernel's timers here run by CLOCK_MONOTONIC.
//
// ASYNCBENCH_CLOCK_STEP names a file that holds the seconds: eight bytes, in the machine's order.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <time.h>

static const volatile int64_t* step;
static int (*real_clock_gettime)(clockid_t, struct timespec*);

__attribute__((constructor)) static void map_step(void) {
  real_clock_gettime = (int (*)(clockid_t, struct timespec*))dlsym(RTLD_NEXT, "clock_gettime");
  const char* const name = getenv("ASYNCBENCH_CLOCK_STEP");
  const int fd = name == NULL ? -1 : open(name, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return;
  void* const mapped = mmap(NULL, sizeof *step, PROT_READ, MAP_SHARED, fd, 0);
  if (mapped != MAP_FAILED) step = mapped;
}

int clock_gettime(clockid_t clock, struct timespec* time) {
  if (real_clock_gettime == NULL) map_step();
  const int result = real_clock_gettime(clock, time);
  const int is_wall = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;
  if (result == 0 && is_wall && step != NULL) time->tv_sec += *step;
  return result;
}

int gettimeofday(struct timeval* restrict time_of_day, void* restrict zone) {
  (void)zone;
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  time_of_day->tv_sec = now.tv_sec;
  time_of_day->tv_usec = now.tv_nsec / 1000;
  return 0;
}

time_t time(time_t* where) {
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) != 0) return -1;
  if (where != NULL) *where = now.tv_sec;
  return now.tv_sec;
}
