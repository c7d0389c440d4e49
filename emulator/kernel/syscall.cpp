#include "emulator/kernel/syscall.hpp"

#include <fmt/ranges.h>

#include <algorithm>
#include <vector>

#include "emulator/base/error.hpp"
#include "emulator/base/hex.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

/// x86-64 system call numbers end here for now (Linux 6.1: 450); the table is a flat array.
constexpr std::size_t kNumbers = 512;
using Table = std::array<const SyscallRow*, kNumbers>;

Table make_table() {
  Table table{};
  for (const auto& rows : {file_calls(), event_calls(), memory_calls(), thread_calls(),
                           signal_calls(), time_calls(), timer_calls(), process_calls()})
    for (const SyscallRow& row : rows) {
      RT0_CHECK(row.number < kNumbers, "a system call number beyond the table");
      RT0_CHECK(table[row.number] == nullptr, "two rows for one system call");
      table[row.number] = &row;
    }
  return table;
}

/// Calls that real programs make and the box does not answer, so that the notice can name them.
struct Unmodelled {
  u16 number;
  std::string_view name;
};
constexpr Unmodelled kUnmodelled[] = {
    {29, "shmget"},
    {30, "shmat"},
    {31, "shmctl"},
    {64, "semget"},
    {103, "syslog"},
    {134, "uselib"},
    {155, "pivot_root"},
    {159, "adjtimex"},
    {161, "chroot"},
    {165, "mount"},
    {166, "umount2"},
    {169, "reboot"},
    {216, "remap_file_pages"},
    {219, "restart_syscall"},
    {237, "mbind"},
    {238, "set_mempolicy"},
    {239, "get_mempolicy"},
    {240, "mq_open"},
    {248, "add_key"},
    {250, "keyctl"},
    {253, "inotify_init"},
    {254, "inotify_add_watch"},
    {272, "unshare"},
    {278, "vmsplice"},
    {294, "inotify_init1"},
    {298, "perf_event_open"},
    {300, "fanotify_init"},
    {303, "name_to_handle_at"},
    {308, "setns"},
    {310, "process_vm_readv"},
    {312, "kcmp"},
    {314, "sched_setattr"},
    {315, "sched_getattr"},
    {317, "seccomp"},
    {319, "memfd_create"},
    {321, "bpf"},
    {323, "userfaultfd"},
    {329, "pkey_mprotect"},
    {330, "pkey_alloc"},
    {425, "io_uring_setup"},
    {424, "pidfd_send_signal"},
    {434, "pidfd_open"},
    {438, "pidfd_getfd"},
    {444, "landlock_create_ruleset"},
    {449, "futex_waitv"},
};

// -- the strace line --

constexpr std::size_t kShownBytes = 32;

std::string quoted(std::span<const u8> bytes, bool cut) {
  std::string out = "\"";
  for (const u8 b : bytes) {
    if (b == '\n')
      out += "\\n";
    else if (b == '\t')
      out += "\\t";
    else if (b == '"' || b == '\\')
      out += fmt::format("\\{}", static_cast<char>(b));
    else if (b >= ' ' && b <= '~')
      out += static_cast<char>(b);
    else
      out += fmt::format("\\x{:02x}", b);
  }
  return out + (cut ? "\"..." : "\"");
}

std::string shown_bytes(const memory::AddressSpace& memory, Addr at, u64 size) {
  std::vector<u8> bytes(std::min<u64>(size, kShownBytes));
  if (!memory.peek(at, bytes)) return base::hex(at);
  return quoted(bytes, size > kShownBytes);
}

std::string shown_string(const memory::AddressSpace& memory, Addr at) {
  constexpr std::size_t kLongest = 256;
  if (at.value == 0) return "NULL";
  std::vector<u8> bytes;
  for (u8 b = 0; bytes.size() < kLongest; bytes.push_back(b)) {
    if (!memory.peek(at + bytes.size(), std::span(&b, 1))) return base::hex(at);
    if (b == 0) return quoted(bytes, false);
  }
  return quoted(bytes, true);
}

std::string shown_fd(i32 fd) {
  constexpr i32 kAtFdcwd = -100;
  return fd == kAtFdcwd ? "AT_FDCWD" : fmt::format("{}", fd);
}

/// One argument by its kind: fd, int, uint, size, signal, string, in and out (bytes, as many as the
/// next argument or the result says), mode; every other kind (hex, addr, ptr, flags …) as a hex
/// number.
std::string shown(const memory::AddressSpace& memory, std::string_view kind, const Args& args,
                  std::size_t i, const SysResult& result) {
  if (kind == "fd") return shown_fd(args.fd(i));
  if (kind == "int") return fmt::format("{}", args.as_int(i));
  if (kind == "uint") return fmt::format("{}", args.as_uint(i));
  if (kind == "size") return fmt::format("{}", args[i]);
  if (kind == "off") return fmt::format("{}", static_cast<i64>(args[i]));
  if (kind == "mode") return fmt::format("{:#o}", args.as_uint(i));
  if (kind == "signal") return signal_name(args.as_int(i));
  if (kind == "string" || kind == "path") return shown_string(memory, args.addr(i));
  if (kind == "in" && i + 1 < args.a.size()) return shown_bytes(memory, args.addr(i), args[i + 1]);
  if (kind == "out" && result.kind == SysResult::Kind::value)
    return shown_bytes(memory, args.addr(i), result.value);
  if ((kind == "ptr" || kind == "addr") && args[i] == 0) return "NULL";
  return base::hex(args[i]);
}

std::string shown_result(const SysResult& result) {
  switch (result.kind) {
    case SysResult::Kind::error:
      return fmt::format("-1 {}", name(result.error));
    case SysResult::Kind::blocked:
    case SysResult::Kind::none:
      return "?";
    case SysResult::Kind::value:
      break;
  }
  return result.value < 0x10000 ? fmt::format("{}", result.value) : base::hex(result.value);
}

}  // namespace

const SyscallRow* find_syscall(u64 number) {
  static const Table table = make_table();
  return number < kNumbers ? table[number] : nullptr;
}

std::string unmodelled_name(u64 number) {
  const auto it = std::ranges::find(kUnmodelled, number, &Unmodelled::number);
  return it == std::end(kUnmodelled) ? "" : fmt::format(" ({})", it->name);
}

std::vector<std::string> argument_texts(const memory::AddressSpace& memory, const SyscallRow& row,
                                        const Args& args, const SysResult& result) {
  std::vector<std::string> texts;
  std::string_view rest = row.parameters;
  for (std::size_t i = 0; !rest.empty() && i < args.a.size(); ++i) {
    const std::string_view parameter = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), parameter.size() + 1));
    const std::size_t colon = parameter.find(':');
    const std::string_view kind =
        colon == std::string_view::npos ? "hex" : parameter.substr(colon + 1);
    texts.push_back(shown(memory, kind, args, i, result));
  }
  return texts;
}

std::string strace_line(Kernel& kernel, const SyscallRow& row, const Args& args,
                        const SysResult& result) {
  const auto texts = argument_texts(kernel.memory(), row, args, result);
  return fmt::format("{}({}) = {}", row.name, fmt::join(texts, ", "), shown_result(result));
}

}  // namespace emulator::kernel
