/// Timelines of small programs in machine code and of real Go programs, and a number that stands
/// for all that a machine's state is.
#pragma once

#include <algorithm>
#include <fstream>
#include <iterator>
#include <string>

#include "emulator/machine/timeline.hpp"
#include "tests/emulator/kernel/kernel_world.hpp"

namespace tests {

using Code = std::vector<u8>;

inline Code operator+(Code a, const Code& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// Keeps what the guest prints; has `input` to read, in pieces of `piece` bytes.
class TapeHost final : public kernel::Host {
 public:
  kernel::Result<u64> write_output(int fd, std::span<const u8> bytes) override {
    (fd == 1 ? out : err).append(bytes.begin(), bytes.end());
    return bytes.size();
  }
  kernel::Result<u64> read_input(std::span<u8> to) override {
    ++reads;
    const std::size_t n = std::min({to.size(), piece, input.size()});
    std::copy_n(input.begin(), n, to.begin());
    input.erase(0, n);
    return n;
  }
  std::string out, err, input;
  std::size_t piece = 4096;
  int reads = 0;
};

/// Takes two writes, a part of the third, and then has no room until somebody makes some.
class FullHost final : public kernel::Host {
 public:
  kernel::Result<u64> write_output(int, std::span<const u8> bytes) override {
    ++writes;
    if (writes > 3 && !room) return kernel::Errno::enospc;
    return writes == 3 ? 1 : bytes.size();
  }
  kernel::Result<u64> read_input(std::span<u8>) override { return u64{0}; }
  int writes = 0;
  bool room = false;
};

inline std::shared_ptr<const kernel::ElfImage> image_of_code(const Code& code) {
  auto bytes = ElfBuilder().build();
  if (code.size() > kTextSize) throw std::runtime_error("too much code");
  std::copy(code.begin(), code.end(), bytes.begin() + 0x1000);
  return image_of(std::move(bytes));
}

inline std::shared_ptr<const kernel::ElfImage> image_of_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) throw std::runtime_error("cannot open " + path);
  return image_of(std::vector<u8>(std::istreambuf_iterator<char>(file), {}));
}

/// FNV-1a over words and bytes.
class Sum {
 public:
  template <class T>
  void add(const T& value) {
    static_assert(std::is_integral_v<T> || std::is_enum_v<T>);
    mix(static_cast<u64>(value));
  }
  void add(std::span<const u8> bytes) {
    add(bytes.size());
    for (; bytes.size() >= 8; bytes = bytes.subspan(8)) {
      u64 word = 0;
      std::memcpy(&word, bytes.data(), 8);
      mix(word);
    }
    for (const u8 b : bytes) mix(b);
  }
  u64 value() const { return sum_; }

 private:
  void mix(u64 word) { sum_ = (sum_ ^ word) * 0x9e3779b97f4a7c15 + (sum_ >> 29); }
  u64 sum_ = 0xcbf29ce484222325;
};

inline void add_registers(Sum& sum, const cpu::Registers& r) {
  for (const u64 slot : r.slots) sum.add(slot);
  sum.add(r.rip), sum.add(r.rflags()), sum.add(r.mxcsr);
  for (const auto& v : r.ymm) sum.add(std::span<const u8>(v.bytes));
}

inline void add_threads(Sum& sum, const machine::Machine& m) {
  for (const auto& t : m.kernel().threads()) {
    if (t->state == ThreadState::dead) continue;
    sum.add(t->tid), sum.add(t->state), sum.add(t->in_syscall), sum.add(t->syscall_number);
    add_registers(sum, m.registers(*t));
    const kernel::Wait& w = t->wait;
    sum.add(w.kind), sum.add(w.key), sum.add(w.bitset), sum.add(w.set), sum.add(w.order);
    sum.add(w.deadline ? w.deadline->value : -1), sum.add(w.woken), sum.add(w.timed_out);
    sum.add(t->mask), sum.add(t->pending.size()), sum.add(u64{t->instructions});
    for (const auto& s : t->pending) sum.add(s.signal), sum.add(s.code), sum.add(s.value);
  }
}

/// Of registers of all threads, memory, mappings, and what of the kernel can be seen.
inline u64 state_of(const machine::Machine& m) {
  Sum sum;
  sum.add(m.retired()), sum.add(m.turn()), sum.add(m.now().value);
  add_threads(sum, m);
  const Kernel& k = m.kernel();
  sum.add(k.now().value), sum.add(k.events()), sum.add(k.brk.end.value);
  sum.add(k.exit ? k.exit->as_shell_status() : -1), sum.add(k.queued_signals());
  for (const auto& [start, region] : m.memory().regions())
    sum.add(start), sum.add(region.end), sum.add(region.protection);
  m.memory().for_each_page([&sum](u64 page, std::span<const u8, base::kPageSize> bytes) {
    sum.add(page), sum.add(std::span<const u8>(bytes));
  });
  return sum.value();
}

inline const Code kExit7 = {0xbf, 7,    0, 0, 0,        // mov edi, 7
                            0xb8, 0xe7, 0, 0, 0,        // mov eax, 231 (exit_group)
                            0x0f, 0x05};                // syscall
inline const Code kCountTo1000 = {0xb9, 0xe8, 3, 0, 0,  // mov ecx, 1000
                                  0xff, 0xc9,           // dec ecx
                                  0x75, 0xfc};          // jnz -4
/// mov [kData], ecx
inline const Code kStoreCount = {0x89, 0x0c, 0x25, 0, 0x20, 0x40, 0};
/// write(1, kData, 4)
inline const Code kPrint = {0xb8, 1,    0,    0,    0,    0xbf, 1, 0, 0, 0,    0xbe,
                            0,    0x20, 0x40, 0x00, 0xba, 4,    0, 0, 0, 0x0f, 0x05};
/// ecx from 5 down: each is stored and printed. Nine instructions a round, from position 1 on:
/// the store, five to print, then the counter comes back from memory and goes down.
inline const Code kPrintCounts = Code{0xb9, 5, 0, 0, 0} + kStoreCount + kPrint +
                                 Code{0x8b, 0x0c, 0x25, 0, 0x20, 0x40, 0,  // mov ecx, [kData]
                                      0xff, 0xc9,                          // dec ecx
                                      0x75, 0xd8};                         // jnz: to the store
constexpr u64 kRound = 9;

struct Trip {
  TapeHost host;
  machine::Timeline timeline;
  explicit Trip(const Code& code, machine::Settings s = {}, machine::TimelineSettings limits = {})
      : timeline((s.kernel.argv = {"guest"}, std::move(s)), image_of_code(code), host, limits) {}
  u64 rip() { return timeline.machine().kernel().threads().front()->regs.rip; }
  u64 reg(cpu::Gpr r) { return timeline.machine().kernel().threads().front()->regs[r]; }
};

inline machine::Conditions at(u64 address) {
  machine::Conditions c;
  c.addresses = {address};
  return c;
}
inline machine::Conditions watch(u64 address, u64 size, machine::WatchKind kind) {
  machine::Conditions c;
  c.memory.push_back({{Addr(address), size}, kind, std::nullopt});
  return c;
}

}  // namespace tests
