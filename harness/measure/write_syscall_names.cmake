# Writes OUTPUT, the definition of kSyscalls: every number that the kernel's headers name, for the
# processor that COMPILER builds for.
cmake_minimum_required(VERSION 3.25)
file(WRITE "${OUTPUT}.h" "#include <asm/unistd.h>\n")
execute_process(COMMAND "${COMPILER}" -dM -E -x c++ "${OUTPUT}.h"
                OUTPUT_VARIABLE macros COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "#define __NR_[a-z][a-z0-9_]* " defines "${macros}")
list(SORT defines)
set(entries "")
foreach(define IN LISTS defines)
  string(REGEX REPLACE "#define __NR_([a-z0-9_]*) " "\\1" name "${define}")
  if(NOT name STREQUAL "syscalls")  # how many there are
    string(APPEND entries "    {__NR_${name}, \"${name}\"},\n")
  endif()
endforeach()
if(entries STREQUAL "")
  message(FATAL_ERROR "<asm/unistd.h> names no system call; install the kernel's headers (linux-libc-dev)")
endif()
file(CONFIGURE OUTPUT "${OUTPUT}" @ONLY CONTENT "\
#include <asm/unistd.h>

#include \"measure/syscall_names.hpp\"

namespace asyncbench::measure {

namespace {

constexpr NamedSyscall kTable[] = {
${entries}};

}  // namespace

const std::span<const NamedSyscall> kSyscalls = kTable;

}  // namespace asyncbench::measure
")
