/// A kernel with a small program loaded and no machine around it: tests make its system calls one
/// by one.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "emulator/kernel/abi.hpp"
#include "emulator/kernel/kernel.hpp"
#include "tests/emulator/kernel/elf_builder.hpp"

namespace tests {

using namespace emulator;
using kernel::Errno;
using kernel::Kernel;
using kernel::SigInfo;
using kernel::Thread;
using kernel::ThreadState;

/// A host that reaches nothing.
class NoHost : public kernel::Host {
 public:
  kernel::Result<u64> write_output(int, std::span<const u8> bytes) override { return bytes.size(); }
  kernel::Result<u64> read_input(std::span<u8>) override { return 0; }
};

constexpr u64 failed(Errno e) { return ~u64{0} - static_cast<u64>(e) + 1; }

/// An image together with the file that it borrows from.
struct LoadedFile {
  std::vector<u8> bytes;
  kernel::ElfImage image;
};

inline std::shared_ptr<const kernel::ElfImage> image_of(std::vector<u8> bytes) {
  auto file = std::make_shared<LoadedFile>();
  file->bytes = std::move(bytes);
  file->image = kernel::parse_elf(file->bytes);
  return {file, &file->image};
}

inline kernel::Config plain_config() {
  kernel::Config config;
  config.argv = {"hello"};
  return config;
}

struct World {
  static constexpr u64 kMemoryLimit = u64{64} << 20;
  memory::AddressSpace memory{kMemoryLimit};
  NoHost host;
  Kernel kernel;
  std::vector<std::string> notices;

  explicit World(kernel::Config config = plain_config(), const ElfBuilder& program = ElfBuilder())
      : kernel(std::move(config), memory, host) {
    kernel.on.notice = [this](const std::string& text) { notices.push_back(text); };
    kernel.load(image_of(program.build()));
  }

  Thread& main() { return *kernel.threads().front(); }

  /// Makes a system call and returns RAX. A call that blocks leaves the thread waiting.
  template <class... A>
  u64 call(Thread& t, u64 number, A... args) {
    const std::array<u64, 6> a{static_cast<u64>(args)...};
    using enum cpu::Gpr;
    t.regs[rax] = number;
    t.regs[rdi] = a[0], t.regs[rsi] = a[1], t.regs[rdx] = a[2];
    t.regs[r10] = a[3], t.regs[r8] = a[4], t.regs[r9] = a[5];
    t.regs.rip += 2;  // behind the SYSCALL instruction
    kernel.syscall(t);
    return t.regs[rax];
  }
  template <class... A>
  u64 call(u64 number, A... args) {
    return call(main(), number, args...);
  }

  /// What the machine does with a waiting thread before it lets it run.
  bool wake(Thread& t) {
    if (!kernel.can_resume(t)) return false;
    kernel.resume(t);
    kernel.deliver_signals(t);
    return t.state == ThreadState::runnable;
  }

  /// A page of guest memory to pass structures in.
  u64 page() { return call(9, 0, 0x1000, 3, 0x22, -1, 0); }

  template <class T>
  void put(u64 at, const T& value) {
    if (!memory.copy_out(Addr(at), value)) throw std::runtime_error("no guest memory there");
  }
  template <class T>
  T get(u64 at) {
    T value{};
    if (!memory.copy_in(Addr(at), value)) throw std::runtime_error("no guest memory there");
    return value;
  }

  Thread& new_thread(u64 stack = 0x7fff0000) {
    constexpr u64 kGoFlags = 0x50f00;  // CLONE_VM|FS|FILES|SIGHAND|SYSVSEM|THREAD
    const u64 tid = call(56, kGoFlags, stack, 0, 0, 0);
    return *kernel.find_thread(static_cast<i32>(tid));
  }

  /// Installs a handler at `handler` for a signal.
  u64 handle(int signal, u64 handler, u64 flags, u64 mask = 0) {
    constexpr u64 kRestorer = 0x04000000;
    const u64 at = page();
    put(at, kernel::SigactionT{handler, flags | kRestorer, 0x401100, mask});
    return call(13, signal, at, 0, 8);
  }
};

}  // namespace tests
