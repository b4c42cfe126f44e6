#include "measure/syscall_tally.hpp"

#include <linux/bpf.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "measure/readings.hpp"
#include "measure/syscall_names.hpp"

namespace asyncbench::measure {

namespace {

long bpf(bpf_cmd command, bpf_attr& attributes) {
  return ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
}

std::uint64_t address(const void* of) { return reinterpret_cast<std::uint64_t>(of); }

// ---- Instructions (Documentation/bpf/standardization/instruction-set.rst)

constexpr unsigned kStack = BPF_REG_10;

// All instructions are made here: the registers are fields of four bits.
bpf_insn instruction(unsigned code, unsigned to, unsigned from, std::int16_t offset,
                     std::int32_t number) {
  bpf_insn made{};
  made.code = static_cast<std::uint8_t>(code);
  made.dst_reg = to & 0xFU;
  made.src_reg = from & 0xFU;
  made.off = offset;
  made.imm = number;
  return made;
}

bpf_insn move(unsigned to, unsigned from) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_X, to, from, 0, 0);
}
bpf_insn set(unsigned to, std::int32_t value) {
  return instruction(BPF_ALU64 | BPF_MOV | BPF_K, to, 0, 0, value);
}
bpf_insn add(unsigned to, std::int32_t value) {
  return instruction(BPF_ALU64 | BPF_ADD | BPF_K, to, 0, 0, value);
}
bpf_insn load(unsigned size, unsigned to, unsigned base, std::int16_t offset) {
  return instruction(BPF_LDX | BPF_MEM | size, to, base, offset, 0);
}
bpf_insn store(unsigned size, unsigned base, std::int16_t offset, unsigned from) {
  return instruction(BPF_STX | BPF_MEM | size, base, from, offset, 0);
}
bpf_insn add_atomically(unsigned base, unsigned from) {
  return instruction(BPF_STX | BPF_ATOMIC | BPF_DW, base, from, 0, BPF_ADD);
}
bpf_insn skip(std::int16_t instructions) {
  return instruction(BPF_JMP | BPF_JA, 0, 0, instructions, 0);
}
bpf_insn skip_if(unsigned comparison, unsigned left, std::int32_t right,
                 std::int16_t instructions) {
  return instruction(BPF_JMP | comparison | BPF_K, left, 0, instructions, right);
}
bpf_insn call(bpf_func_id helper) { return instruction(BPF_JMP | BPF_CALL, 0, 0, 0, helper); }
bpf_insn leave() { return instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0); }

// A load of 64 bits is two instructions. `kind` is BPF_PSEUDO_MAP_FD, or 0 for a plain number.
void set_wide(std::vector<bpf_insn>& code, unsigned to, std::uint64_t value, unsigned kind = 0) {
  code.push_back(
      instruction(BPF_LD | BPF_DW | BPF_IMM, to, kind, 0, static_cast<std::int32_t>(value)));
  code.push_back(instruction(0, 0, 0, 0, static_cast<std::int32_t>(value >> 32U)));
}

// if (the caller is a thread of `process`, but not its first) ++counts[min(number, last)];
// The ids are those of this process's own pid namespace; in a container they differ from the
// kernel's.
std::vector<bpf_insn> counting_program(int map, const struct stat& pid_namespace, pid_t process,
                                       std::int32_t last) {
  constexpr std::int16_t kIds = -8;     // struct bpf_pidns_info: thread, process
  constexpr std::int16_t kIndex = -12;  // of the count
  std::vector<bpf_insn> code;
  const auto leave_if = [&code](unsigned comparison, unsigned left, std::int32_t right) {
    code.push_back(skip_if(comparison, left, right, 1));
    code.push_back(skip(2));
    code.push_back(set(BPF_REG_0, 0));
    code.push_back(leave());
  };
  code.push_back(load(BPF_DW, BPF_REG_6, BPF_REG_1, 8));  // the second argument: the number
  set_wide(code, BPF_REG_1, pid_namespace.st_dev);
  set_wide(code, BPF_REG_2, pid_namespace.st_ino);
  code.push_back(move(BPF_REG_3, kStack));
  code.push_back(add(BPF_REG_3, kIds));
  code.push_back(set(BPF_REG_4, sizeof(bpf_pidns_info)));
  code.push_back(call(BPF_FUNC_get_ns_current_pid_tgid));
  leave_if(BPF_JNE, BPF_REG_0, 0);
  code.push_back(load(BPF_W, BPF_REG_7, kStack, kIds));
  code.push_back(load(BPF_W, BPF_REG_8, kStack, kIds + 4));
  leave_if(BPF_JNE, BPF_REG_8, process);
  leave_if(BPF_JEQ, BPF_REG_7, process);
  code.push_back(skip_if(BPF_JLE, BPF_REG_6, last, 1));
  code.push_back(set(BPF_REG_6, last));
  code.push_back(store(BPF_W, kStack, kIndex, BPF_REG_6));
  set_wide(code, BPF_REG_1, static_cast<std::uint64_t>(map), BPF_PSEUDO_MAP_FD);
  code.push_back(move(BPF_REG_2, kStack));
  code.push_back(add(BPF_REG_2, kIndex));
  code.push_back(call(BPF_FUNC_map_lookup_elem));
  leave_if(BPF_JEQ, BPF_REG_0, 0);
  code.push_back(set(BPF_REG_1, 1));
  code.push_back(add_atomically(BPF_REG_0, BPF_REG_1));
  code.push_back(set(BPF_REG_0, 0));
  code.push_back(leave());
  return code;
}

Fd make_counts(unsigned numbers) {
  bpf_attr attributes{};
  attributes.map_type = BPF_MAP_TYPE_ARRAY;
  attributes.key_size = sizeof(std::uint32_t);
  attributes.value_size = sizeof(std::uint64_t);
  attributes.max_entries = numbers;
  attributes.map_flags = BPF_F_MMAPABLE;
  return Fd{static_cast<int>(bpf(BPF_MAP_CREATE, attributes))};
}

Fd load_program(const std::vector<bpf_insn>& code) {
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT;
  attributes.insns = address(code.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(code.size());
  attributes.license = address("Apache-2.0");
  return Fd{static_cast<int>(bpf(BPF_PROG_LOAD, attributes))};
}

Fd attach(const Fd& program) {
  bpf_attr attributes{};
  attributes.raw_tracepoint.name = address("sys_enter");
  attributes.raw_tracepoint.prog_fd = static_cast<std::uint32_t>(program.get());
  return Fd{static_cast<int>(bpf(BPF_RAW_TRACEPOINT_OPEN, attributes))};
}

std::string refusal(const char* operation) {
  const bool is_permission = errno == EPERM || errno == EACCES;
  return errno_text(operation) + (is_permission ? "; run as root, or with CAP_BPF and CAP_PERFMON"
                                                : "; needs Linux 5.7 with CONFIG_BPF_EVENTS");
}

constexpr std::size_t kBytesPerNumber = sizeof(std::uint64_t);

}  // namespace

SyscallCounts difference(const SyscallCounts& before, const SyscallCounts& after) {
  SyscallCounts between;
  for (const auto& [name, count] : after) {
    const auto earlier = before.find(name);
    const std::uint64_t came = count - (earlier != before.end() ? earlier->second : 0);
    if (came > 0) between[name] = came;
  }
  return between;
}

SyscallTally::SyscallTally() {
  load();
  if (link_ && !counts_this_process()) {
    link_.reset();
    reason_ =
        "the BPF program on sys_enter counted no call of this process; mount the /proc of its own "
        "pid namespace";
  }
}

SyscallTally::~SyscallTally() {
  link_.reset();
  if (counts_ != nullptr) ::munmap(counts_, kNumbers * kBytesPerNumber);
}

void SyscallTally::load() {
  map_ = make_counts(kNumbers);
  if (!map_) {
    reason_ = refusal("bpf(BPF_MAP_CREATE)");
    return;
  }
  void* const shared =
      ::mmap(nullptr, kNumbers * kBytesPerNumber, PROT_READ, MAP_SHARED, map_.get(), 0);
  if (shared == MAP_FAILED) {
    reason_ = errno_text("mmap of a BPF array");
    return;
  }
  counts_ = static_cast<std::uint64_t*>(shared);
  struct stat pid_namespace {};
  if (::stat("/proc/self/ns/pid", &pid_namespace) != 0) {
    reason_ = errno_text("stat /proc/self/ns/pid") + "; mount /proc";
    return;
  }
  program_ = load_program(counting_program(map_.get(), pid_namespace, ::getpid(), kNumbers - 1));
  if (!program_) {
    reason_ = refusal("bpf(BPF_PROG_LOAD)");
    return;
  }
  link_ = attach(program_);
  if (!link_) reason_ = refusal("bpf(BPF_RAW_TRACEPOINT_OPEN) sys_enter");
}

// Lets a second thread make one call, and looks whether it was counted.
bool SyscallTally::counts_this_process() const {
  const std::uint64_t before = count_of(SYS_getppid);
  std::thread([] { ::getppid(); }).join();
  return count_of(SYS_getppid) > before;
}

std::uint64_t SyscallTally::count_of(unsigned number) const {
  return std::atomic_ref(counts_[number]).load(std::memory_order_relaxed);
}

SyscallCounts SyscallTally::read() const {
  SyscallCounts counts;
  if (!available()) return counts;
  for (unsigned number = 0; number < kNumbers; ++number) {
    const std::uint64_t count = count_of(number);
    if (count > 0) counts[number == kNumbers - 1 ? "other" : syscall_name(number)] = count;
  }
  return counts;
}

std::uint64_t SyscallTally::missed() const {
  if (!available()) return 0;
  bpf_prog_info info{};
  bpf_attr attributes{};
  attributes.info.bpf_fd = static_cast<std::uint32_t>(program_.get());
  attributes.info.info = address(&info);
  attributes.info.info_len = sizeof info;
  return bpf(BPF_OBJ_GET_INFO_BY_FD, attributes) == 0 ? info.recursion_misses : 0;
}

}  // namespace asyncbench::measure
