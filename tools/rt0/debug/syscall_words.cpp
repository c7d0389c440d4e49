#include "tools/rt0/debug/syscall_words.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <vector>

#include "emulator/base/hex.hpp"

namespace rt0::debug {

using emulator::u64;
using emulator::kernel::Args;

namespace {

/// A name for a value of the bits in `mask`; all bits: the names exclude each other.
struct Word {
  u64 mask, value;
  std::string_view name;
};
constexpr u64 kAll = ~u64{0};

// Values: Linux's include/uapi, x86-64.
constexpr Word kProt[] = {
    {7, 0, "PROT_NONE"}, {1, 1, "PROT_READ"}, {2, 2, "PROT_WRITE"}, {4, 4, "PROT_EXEC"}};
constexpr Word kMap[] = {{3, 1, "MAP_SHARED"},
                         {3, 2, "MAP_PRIVATE"},
                         {0x10, 0x10, "MAP_FIXED"},
                         {0x20, 0x20, "MAP_ANONYMOUS"},
                         {0x4000, 0x4000, "MAP_NORESERVE"},
                         {0x8000, 0x8000, "MAP_POPULATE"},
                         {0x20000, 0x20000, "MAP_STACK"},
                         {0x40000, 0x40000, "MAP_HUGETLB"},
                         {0x100000, 0x100000, "MAP_FIXED_NOREPLACE"}};
constexpr Word kAdvice[] = {{kAll, 0, "MADV_NORMAL"},          {kAll, 1, "MADV_RANDOM"},
                            {kAll, 2, "MADV_SEQUENTIAL"},      {kAll, 3, "MADV_WILLNEED"},
                            {kAll, 4, "MADV_DONTNEED"},        {kAll, 8, "MADV_FREE"},
                            {kAll, 14, "MADV_HUGEPAGE"},       {kAll, 15, "MADV_NOHUGEPAGE"},
                            {kAll, 23, "MADV_POPULATE_WRITE"}, {kAll, 25, "MADV_COLLAPSE"}};
constexpr Word kClone[] = {{0x100, 0x100, "CLONE_VM"},
                           {0x200, 0x200, "CLONE_FS"},
                           {0x400, 0x400, "CLONE_FILES"},
                           {0x800, 0x800, "CLONE_SIGHAND"},
                           {0x4000, 0x4000, "CLONE_VFORK"},
                           {0x10000, 0x10000, "CLONE_THREAD"},
                           {0x40000, 0x40000, "CLONE_SYSVSEM"},
                           {0x80000, 0x80000, "CLONE_SETTLS"},
                           {0x100000, 0x100000, "CLONE_PARENT_SETTID"},
                           {0x200000, 0x200000, "CLONE_CHILD_CLEARTID"},
                           {0x1000000, 0x1000000, "CLONE_CHILD_SETTID"}};
constexpr Word kOpen[] = {{3, 0, "O_RDONLY"},
                          {3, 1, "O_WRONLY"},
                          {3, 2, "O_RDWR"},
                          {0x40, 0x40, "O_CREAT"},
                          {0x80, 0x80, "O_EXCL"},
                          {0x200, 0x200, "O_TRUNC"},
                          {0x400, 0x400, "O_APPEND"},
                          {0x800, 0x800, "O_NONBLOCK"},
                          {0x8000, 0x8000, "O_LARGEFILE"},
                          {0x10000, 0x10000, "O_DIRECTORY"},
                          {0x20000, 0x20000, "O_NOFOLLOW"},
                          {0x80000, 0x80000, "O_CLOEXEC"}};
constexpr Word kPipe[] = {{0x800, 0x800, "O_NONBLOCK"}, {0x80000, 0x80000, "O_CLOEXEC"}};
constexpr Word kEventfd[] = {
    {1, 1, "EFD_SEMAPHORE"}, {0x800, 0x800, "EFD_NONBLOCK"}, {0x80000, 0x80000, "EFD_CLOEXEC"}};
constexpr Word kEpollCreate[] = {{0x80000, 0x80000, "EPOLL_CLOEXEC"}};
constexpr Word kEpollOp[] = {
    {kAll, 1, "EPOLL_CTL_ADD"}, {kAll, 2, "EPOLL_CTL_DEL"}, {kAll, 3, "EPOLL_CTL_MOD"}};
constexpr Word kFutex[] = {{0x7f, 0, "FUTEX_WAIT"},           {0x7f, 1, "FUTEX_WAKE"},
                           {0x7f, 3, "FUTEX_REQUEUE"},        {0x7f, 4, "FUTEX_CMP_REQUEUE"},
                           {0x7f, 5, "FUTEX_WAKE_OP"},        {0x7f, 9, "FUTEX_WAIT_BITSET"},
                           {0x7f, 10, "FUTEX_WAKE_BITSET"},   {128, 128, "FUTEX_PRIVATE_FLAG"},
                           {256, 256, "FUTEX_CLOCK_REALTIME"}};
constexpr Word kArchPrctl[] = {{kAll, 0x1001, "ARCH_SET_GS"},
                               {kAll, 0x1002, "ARCH_SET_FS"},
                               {kAll, 0x1003, "ARCH_GET_FS"},
                               {kAll, 0x1004, "ARCH_GET_GS"}};
constexpr Word kMask[] = {
    {kAll, 0, "SIG_BLOCK"}, {kAll, 1, "SIG_UNBLOCK"}, {kAll, 2, "SIG_SETMASK"}};
constexpr Word kClock[] = {
    {kAll, 0, "CLOCK_REALTIME"},           {kAll, 1, "CLOCK_MONOTONIC"},
    {kAll, 2, "CLOCK_PROCESS_CPUTIME_ID"}, {kAll, 3, "CLOCK_THREAD_CPUTIME_ID"},
    {kAll, 4, "CLOCK_MONOTONIC_RAW"},      {kAll, 5, "CLOCK_REALTIME_COARSE"},
    {kAll, 6, "CLOCK_MONOTONIC_COARSE"},   {kAll, 7, "CLOCK_BOOTTIME"}};
constexpr Word kTimer[] = {
    {kAll, 0, "ITIMER_REAL"}, {kAll, 1, "ITIMER_VIRTUAL"}, {kAll, 2, "ITIMER_PROF"}};
constexpr Word kFcntl[] = {{kAll, 0, "F_DUPFD"}, {kAll, 1, "F_GETFD"},
                           {kAll, 2, "F_SETFD"}, {kAll, 3, "F_GETFL"},
                           {kAll, 4, "F_SETFL"}, {kAll, 1030, "F_DUPFD_CLOEXEC"}};
constexpr Word kWhence[] = {{kAll, 0, "SEEK_SET"}, {kAll, 1, "SEEK_CUR"}, {kAll, 2, "SEEK_END"}};
constexpr Word kLimit[] = {{kAll, 0, "RLIMIT_CPU"},     {kAll, 1, "RLIMIT_FSIZE"},
                           {kAll, 2, "RLIMIT_DATA"},    {kAll, 3, "RLIMIT_STACK"},
                           {kAll, 4, "RLIMIT_CORE"},    {kAll, 5, "RLIMIT_RSS"},
                           {kAll, 6, "RLIMIT_NPROC"},   {kAll, 7, "RLIMIT_NOFILE"},
                           {kAll, 8, "RLIMIT_MEMLOCK"}, {kAll, 9, "RLIMIT_AS"}};
constexpr Word kPrctl[] = {
    {kAll, 15, "PR_SET_NAME"}, {kAll, 16, "PR_GET_NAME"}, {kAll, 0x53564d41, "PR_SET_VMA"}};
constexpr Word kAt[] = {{0x100, 0x100, "AT_SYMLINK_NOFOLLOW"},
                        {0x200, 0x200, "AT_REMOVEDIR"},
                        {0x1000, 0x1000, "AT_EMPTY_PATH"}};
constexpr Word kRandom[] = {{1, 1, "GRND_NONBLOCK"}, {2, 2, "GRND_RANDOM"}};

struct Parameter {
  std::string_view call, name;  ///< an empty call: in every one
  std::span<const Word> words;
};
const std::array kParameters = {Parameter{"", "prot", kProt},
                                Parameter{"mmap", "flags", kMap},
                                Parameter{"madvise", "advice", kAdvice},
                                Parameter{"clone", "flags", kClone},
                                Parameter{"open", "flags", kOpen},
                                Parameter{"openat", "flags", kOpen},
                                Parameter{"pipe2", "flags", kPipe},
                                Parameter{"dup3", "flags", kPipe},
                                Parameter{"eventfd2", "flags", kEventfd},
                                Parameter{"epoll_create1", "flags", kEpollCreate},
                                Parameter{"epoll_ctl", "op", kEpollOp},
                                Parameter{"futex", "op", kFutex},
                                Parameter{"arch_prctl", "code", kArchPrctl},
                                Parameter{"rt_sigprocmask", "how", kMask},
                                Parameter{"", "clockid", kClock},
                                Parameter{"setitimer", "which", kTimer},
                                Parameter{"getitimer", "which", kTimer},
                                Parameter{"fcntl", "cmd", kFcntl},
                                Parameter{"lseek", "whence", kWhence},
                                Parameter{"", "resource", kLimit},
                                Parameter{"prctl", "option", kPrctl},
                                Parameter{"newfstatat", "flags", kAt},
                                Parameter{"unlinkat", "flags", kAt},
                                Parameter{"statx", "flags", kAt},
                                Parameter{"getrandom", "flags", kRandom}};

/// The names that make up a value, and what no name covers in hex; "" when there is none.
std::string words_of(std::span<const Word> words, u64 value) {
  std::vector<std::string> out;
  u64 covered = 0;
  for (const Word& w : words) {
    if ((value & w.mask) != w.value) continue;
    out.emplace_back(w.name);
    covered |= w.mask;
  }
  if (out.empty()) return {};
  if ((value & ~covered) != 0) out.push_back(emulator::base::hex(value & ~covered));
  return fmt::format("{}", fmt::join(out, "|"));
}

std::string words_of(std::string_view call, std::string_view parameter, u64 value) {
  for (const Parameter& p : kParameters)
    if ((p.call.empty() || p.call == call) && p.name == parameter) return words_of(p.words, value);
  return {};
}

}  // namespace

std::string system_call_text(const emulator::memory::AddressSpace& memory, u64 number,
                             const Args& args) {
  const auto* row = emulator::kernel::find_syscall(number);
  if (row == nullptr)
    return fmt::format("call {}{}", number, emulator::kernel::unmodelled_name(number));
  auto texts =
      emulator::kernel::argument_texts(memory, *row, args, emulator::kernel::SysResult::none());
  std::string_view rest = row->parameters;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const std::string_view parameter = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), parameter.size() + 1));
    const bool narrow = parameter.find(":int") != parameter.npos;  // the upper half says nothing
    const u64 value = narrow ? static_cast<emulator::u32>(args[i]) : args[i];
    const std::string words = words_of(row->name, parameter.substr(0, parameter.find(':')), value);
    if (!words.empty()) texts[i] = words;
  }
  return fmt::format("{}({})", row->name, fmt::join(texts, ", "));
}

std::string system_call_result(u64 rax) {
  constexpr u64 kMostErrors = 4095;
  if (rax >= 0 - kMostErrors)
    return fmt::format("-1 {}",
                       emulator::kernel::name(static_cast<emulator::kernel::Errno>(0 - rax)));
  return rax < 0x10000 ? fmt::format("{}", rax) : emulator::base::hex(rax);
}

}  // namespace rt0::debug
