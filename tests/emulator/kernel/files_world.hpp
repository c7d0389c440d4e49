/// A kernel whose files are looked at: system calls made one by one, with strings and structures
/// passed through a few pages of guest memory.
#pragma once

#include <array>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/kernel.hpp"
#include "tests/emulator/kernel/elf_builder.hpp"

namespace tests {

using namespace emulator;
using kernel::Errno;
using kernel::Kernel;
using kernel::Thread;
using kernel::ThreadState;

/// What RAX holds after a call failed.
constexpr u64 error(Errno e) { return ~u64{0} - static_cast<u64>(e) + 1; }
constexpr u64 error(int number) { return error(static_cast<Errno>(number)); }

/// Standard input comes from a list of pieces; output is kept.
class FakeHost : public kernel::Host {
 public:
  kernel::Result<u64> write_output(int fd, std::span<const u8> bytes) override {
    if (room == 0 && refusal) return *refusal;
    bytes = bytes.first(std::min<u64>(bytes.size(), room));
    room -= bytes.size();
    output[static_cast<std::size_t>(fd)].append(reinterpret_cast<const char*>(bytes.data()),
                                                bytes.size());
    return bytes.size();
  }
  kernel::Result<u64> read_input(std::span<u8> to) override {
    ++reads;
    if (input.empty()) return 0;
    const std::string piece = input.front().substr(0, to.size());
    input.front().erase(0, piece.size());
    if (input.front().empty()) input.erase(input.begin());
    std::memcpy(to.data(), piece.data(), piece.size());
    return piece.size();
  }
  std::array<std::string, 3> output;
  std::vector<std::string> input;
  int reads = 0;
  u64 room = ~u64{0};              // bytes that output takes
  std::optional<Errno> refusal{};  // what it answers then
};

enum CallNumber : u64 {
  kRead = 0,
  kWrite = 1,
  kOpen = 2,
  kClose = 3,
  kStat = 4,
  kFstat = 5,
  kLstat = 6,
  kPoll = 7,
  kLseek = 8,
  kIoctl = 16,
  kPread = 17,
  kReadv = 19,
  kWritev = 20,
  kAccess = 21,
  kPipe = 22,
  kSelect = 23,
  kDup = 32,
  kDup2 = 33,
  kSocket = 41,
  kSend = 44,
  kRecv = 45,
  kSocketpair = 53,
  kFcntl = 72,
  kTruncatePath = 76,
  kFtruncate = 77,
  kGetcwd = 79,
  kChdir = 80,
  kFchdir = 81,
  kRename = 82,
  kMkdir = 83,
  kRmdir = 84,
  kLink = 86,
  kUnlink = 87,
  kSymlink = 88,
  kReadlink = 89,
  kChmod = 90,
  kGetdents = 217,
  kEpollCtl = 233,
  kOpenat = 257,
  kEpollPwait = 281,
  kTimerfdCreate = 283,
  kFallocate = 285,
  kTimerfdSettime = 286,
  kEventfd2 = 290,
  kEpollCreate = 291,
  kDup3 = 292,
  kPipe2 = 293,
  kMemfd = 319,
  kStatx = 332,
  kUtimensat = 280,
  kCloseRange = 436,
};

constexpr u64 kCwd = static_cast<u64>(i64{-100});

struct FilesWorld {
  static constexpr u64 kScratch = 0x10000000, kScratchSize = 1 << 20,
                       kHole = kScratch + kScratchSize;
  struct Program {
    std::vector<u8> bytes;
    kernel::ElfImage image;
  };

  memory::AddressSpace memory{u64{64} << 20};
  FakeHost host;
  std::vector<std::string> notices;
  Kernel kernel;
  std::shared_ptr<Program> program = std::make_shared<Program>();

  explicit FilesWorld(std::vector<kernel::Mount> mounts = {})
      : kernel(config(mounts), memory, host) {
    kernel.on.notice = [this](const std::string& text) { notices.push_back(text); };
    program->bytes = ElfBuilder().build();
    program->image = kernel::parse_elf(program->bytes);
    kernel.load({program, &program->image});
    memory::Region scratch;
    scratch.end = kHole;
    scratch.protection = memory::kRead | memory::kWrite;
    memory.map(Addr(kScratch), kScratchSize, scratch);
  }

  static kernel::Config config(std::vector<kernel::Mount> mounts) {
    kernel::Config c;
    c.argv = {"hello", "there"};
    c.environment = {"A=1"};
    c.mounts = std::move(mounts);
    return c;
  }

  Thread& main() { return *kernel.threads().front(); }

  /// A string argument: lies in the guest's memory until the call returns.
  u64 text(const std::string& s) {
    const u64 at = next_;
    next_ += s.size() + 1;
    if (next_ > kScratch + 0x20000) throw std::runtime_error("too many strings in one call");
    put(at, s.c_str(), s.size() + 1);
    return at;
  }
  u64 argument(const char* s) { return text(s); }
  u64 argument(const std::string& s) { return text(s); }
  template <class T>
  u64 argument(T number) {
    return static_cast<u64>(number);
  }

  template <class... A>
  u64 call(u64 number, A... args) {
    return call_by(main(), number, args...);
  }
  template <class... A>
  u64 call_by(Thread& t, u64 number, A... args) {
    const std::array<u64, 6> a{argument(args)...};
    using enum cpu::Gpr;
    t.regs[rax] = number;
    t.regs[rdi] = a[0], t.regs[rsi] = a[1], t.regs[rdx] = a[2];
    t.regs[r10] = a[3], t.regs[r8] = a[4], t.regs[r9] = a[5];
    t.regs.rip = kText + 0x12;
    kernel.syscall(t);
    next_ = kScratch;
    return t.regs[rax];
  }
  bool waits() { return main().state == ThreadState::waiting; }
  /// Tries a waiting thread's call again, as the machine does when something changed.
  u64 retry() {
    if (!kernel.can_resume(main())) throw std::runtime_error("nothing to try again for");
    kernel.resume(main());
    return main().regs[cpu::rax];
  }

  void put(u64 at, const void* bytes, std::size_t size) {
    const std::span<const u8> from(static_cast<const u8*>(bytes), size);
    if (!memory.copy_out(Addr(at), from)) throw std::runtime_error("no guest memory there");
  }
  template <class T>
  void put(u64 at, const T& value) {
    put(at, &value, sizeof value);
  }
  template <class T>
  T get(u64 at) {
    T value{};
    const std::span<u8> to(reinterpret_cast<u8*>(&value), sizeof value);
    if (!memory.copy_in(Addr(at), to)) throw std::runtime_error("no guest memory there");
    return value;
  }
  std::string bytes(u64 at, u64 size) {
    std::string s(size, '\0');
    const std::span<u8> to(reinterpret_cast<u8*>(s.data()), size);
    if (!memory.copy_in(Addr(at), to)) throw std::runtime_error("no guest memory there");
    return s;
  }

  static constexpr u64 kBuffer = kScratch + 0x40000;

  u64 open(const std::string& path, u32 flags = 0, u32 mode = 0644) {
    return call(kOpen, path, flags, mode);
  }
  u64 write(u64 fd, const std::string& s) {
    put(kBuffer, s.data(), s.size());
    return call(kWrite, fd, kBuffer, s.size());
  }
  /// What a read brings, or "errno N".
  std::string read(u64 fd, u64 count = 4096) {
    const u64 got = call(kRead, fd, kBuffer, count);
    if (static_cast<i64>(got) < 0) return "errno " + std::to_string(-static_cast<i64>(got));
    return bytes(kBuffer, got);
  }
  std::string content(const std::string& path) {
    const u64 fd = open(path);
    if (static_cast<i64>(fd) < 0) return "errno " + std::to_string(-static_cast<i64>(fd));
    const std::string all = read(fd, 0x40000);
    call(kClose, fd);
    return all;
  }
  u64 make(const std::string& path, const std::string& s) {
    const u64 fd = open(path, kernel::kCreate | kernel::kWriteOnly | kernel::kTruncate);
    if (static_cast<i64>(fd) < 0) return fd;
    write(fd, s);
    return call(kClose, fd);
  }
  kernel::StatRecord status(const std::string& path, bool follow = true) {
    const u64 result = call(follow ? kStat : kLstat, path, kBuffer);
    if (result != 0)
      throw std::runtime_error("stat " + path + ": " + std::to_string(static_cast<i64>(result)));
    return get<kernel::StatRecord>(kBuffer);
  }
  /// The names of a directory in the order in which getdents64 gives them.
  std::vector<std::string> names(const std::string& path, u64 room = 4096) {
    std::vector<std::string> found;
    const u64 fd = open(path, kernel::kDirectory);
    while (const u64 size = call(kGetdents, fd, kBuffer, room)) {
      if (static_cast<i64>(size) < 0) throw std::runtime_error("getdents64 failed");
      for (u64 at = 0; at < size;) {
        const auto head = get<kernel::Dirent64Head>(kBuffer + at);
        found.push_back(bytes(kBuffer + at + sizeof head, head.reclen - sizeof head).c_str());
        at += head.reclen;
      }
    }
    call(kClose, fd);
    return found;
  }
  std::array<u64, 2> pipe(u32 flags = 0) {
    if (call(kPipe2, kBuffer, flags) != 0) throw std::runtime_error("pipe2 failed");
    return {get<u32>(kBuffer), get<u32>(kBuffer + 4)};
  }
  std::string link_text(const std::string& path) {
    const u64 got = call(kReadlink, path, kBuffer, 4096);
    return static_cast<i64>(got) < 0 ? "errno " + std::to_string(-static_cast<i64>(got))
                                     : bytes(kBuffer, got);
  }

 private:
  u64 next_ = kScratch;
};

}  // namespace tests
