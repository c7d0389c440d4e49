#include "tools/rt0/gdb/registers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace rt0::gdb {
namespace {

using emulator::u32;
using emulator::cpu::Registers;
using emulator::kernel::Thread;

// Numbers, in the order of the description.
constexpr unsigned kRip = 16, kEflags = 17, kSegments = 18, kSt = 24, kX87Control = 32, kXmm = 40,
                   kMxcsr = 56, kOrigRax = 57, kFsBase = 58, kGsBase = 59, kYmmHigh = 60, kEnd = 76;

// What Linux gives a 64-bit process (arch/x86/include/asm/segment.h: __USER_CS, __USER_DS).
constexpr u64 kSelectors[] = {0x33, 0x2b, 0, 0, 0, 0};
// After FNINIT: control word, status, tag word (SDM vol. 1, 8.1); the rest zero.
constexpr u64 kX87[] = {0x37f, 0, 0xffff, 0, 0, 0, 0, 0};

/// gdb's order of the general registers.
constexpr emulator::cpu::Gpr kOrder[] = {
    emulator::cpu::rax, emulator::cpu::rbx, emulator::cpu::rcx, emulator::cpu::rdx,
    emulator::cpu::rsi, emulator::cpu::rdi, emulator::cpu::rbp, emulator::cpu::rsp,
    emulator::cpu::r8,  emulator::cpu::r9,  emulator::cpu::r10, emulator::cpu::r11,
    emulator::cpu::r12, emulator::cpu::r13, emulator::cpu::r14, emulator::cpu::r15};

std::vector<u8> bytes_of(u64 value, unsigned size) {
  std::vector<u8> bytes(size);
  std::memcpy(bytes.data(), &value, std::min<std::size_t>(size, sizeof value));
  return bytes;
}

std::vector<u8> half(const emulator::cpu::V256& v, unsigned which) {
  const auto from = v.bytes.begin() + 16 * which;
  return {from, from + 16};
}

/// -1 outside of a system call (Linux, pt_regs::orig_ax).
u64 original_rax(const Thread& t) { return t.in_syscall ? t.syscall_number : ~u64{0}; }

std::string one(std::string_view name, unsigned bits, std::string_view type) {
  return fmt::format("<reg name=\"{}\" bitsize=\"{}\" type=\"{}\"/>\n", name, bits, type);
}

std::string numbered(std::string_view name, std::string_view suffix, unsigned count, unsigned bits,
                     std::string_view type) {
  std::string text;
  for (unsigned i = 0; i < count; ++i)
    text += one(fmt::format("{}{}{}", name, i, suffix), bits, type);
  return text;
}

struct Bit {
  std::string_view name;
  unsigned bit;
};

std::string flags(std::string_view id, std::span<const Bit> bits) {
  std::string text = fmt::format("<flags id=\"{}\" size=\"4\">\n", id);
  for (const auto& [name, bit] : bits)
    text += fmt::format("<field name=\"{}\" start=\"{}\" end=\"{}\"/>\n", name, bit, bit);
  return text + "</flags>\n";
}

/// The names are those that gdb prints: RFLAGS (SDM vol. 1, 3.4.3) and MXCSR (10.2.3).
constexpr Bit kEflagsBits[] = {{"CF", 0},   {"", 1},    {"PF", 2},  {"AF", 4},  {"ZF", 6},
                               {"SF", 7},   {"TF", 8},  {"IF", 9},  {"DF", 10}, {"OF", 11},
                               {"NT", 14},  {"RF", 16}, {"VM", 17}, {"AC", 18}, {"VIF", 19},
                               {"VIP", 20}, {"ID", 21}};
constexpr Bit kMxcsrBits[] = {{"IE", 0},  {"DE", 1},  {"ZE", 2},  {"OE", 3}, {"UE", 4},
                              {"PE", 5},  {"DAZ", 6}, {"IM", 7},  {"DM", 8}, {"ZM", 9},
                              {"OM", 10}, {"UM", 11}, {"PM", 12}, {"FZ", 15}};

std::string core_feature() {
  std::string text =
      "<feature name=\"org.gnu.gdb.i386.core\">\n" + flags("i386_eflags", kEflagsBits);
  for (const std::string_view name : {"rax", "rbx", "rcx", "rdx", "rsi", "rdi"})
    text += one(name, 64, "int64");
  text += one("rbp", 64, "data_ptr") + one("rsp", 64, "data_ptr");
  for (unsigned i = 8; i < 16; ++i) text += one(fmt::format("r{}", i), 64, "int64");
  text += one("rip", 64, "code_ptr") + one("eflags", 32, "i386_eflags");
  for (const std::string_view name : {"cs", "ss", "ds", "es", "fs", "gs"})
    text += one(name, 32, "int32");
  text += numbered("st", "", 8, 80, "i387_ext");
  for (const std::string_view name :
       {"fctrl", "fstat", "ftag", "fiseg", "fioff", "foseg", "fooff", "fop"})
    text += one(name, 32, "int");
  return text + "</feature>\n";
}

std::string sse_feature() {
  constexpr struct {
    std::string_view id, type;
    unsigned count;
  } kLanes[] = {{"v4f", "ieee_single", 4}, {"v2d", "ieee_double", 2}, {"v16i8", "int8", 16},
                {"v8i16", "int16", 8},     {"v4i32", "int32", 4},     {"v2i64", "int64", 2}};
  std::string text = "<feature name=\"org.gnu.gdb.i386.sse\">\n";
  for (const auto& lane : kLanes)
    text += fmt::format("<vector id=\"{}\" type=\"{}\" count=\"{}\"/>\n", lane.id, lane.type,
                        lane.count);
  text += "<union id=\"vec128\">\n";
  constexpr std::string_view kFields[] = {"v4_float", "v2_double", "v16_int8",
                                          "v8_int16", "v4_int32",  "v2_int64"};
  for (std::size_t i = 0; i < std::size(kLanes); ++i)
    text += fmt::format("<field name=\"{}\" type=\"{}\"/>\n", kFields[i], kLanes[i].id);
  text +=
      "<field name=\"uint128\" type=\"uint128\"/>\n</union>\n" + flags("i386_mxcsr", kMxcsrBits);
  return text + numbered("xmm", "", 16, 128, "vec128") + one("mxcsr", 32, "i386_mxcsr") +
         "</feature>\n";
}

}  // namespace

std::string RegisterFile::description() const {
  std::string text =
      "<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n<target>\n"
      "<architecture>i386:x86-64</architecture>\n<osabi>GNU/Linux</osabi>\n" +
      core_feature() + sse_feature();
  text += "<feature name=\"org.gnu.gdb.i386.linux\">\n" + one("orig_rax", 64, "int") +
          "</feature>\n<feature name=\"org.gnu.gdb.i386.segments\">\n" + one("fs_base", 64, "int") +
          one("gs_base", 64, "int") + "</feature>\n";
  if (avx_)
    text += "<feature name=\"org.gnu.gdb.i386.avx\">\n" + numbered("ymm", "h", 16, 128, "uint128") +
            "</feature>\n";
  return text + "</target>\n";
}

unsigned RegisterFile::count() const { return avx_ ? kEnd : kYmmHigh; }

unsigned RegisterFile::size(unsigned n) {
  if (n <= kRip) return 8;
  if (n >= kSt && n < kX87Control) return 10;
  if ((n >= kXmm && n < kMxcsr) || n >= kYmmHigh) return 16;
  return n >= kOrigRax ? 8 : 4;
}

std::vector<u8> RegisterFile::get(unsigned n, const Registers& r, const Thread& t) const {
  const auto number = [n](u64 value) { return bytes_of(value, size(n)); };
  if (n < kRip) return number(r[kOrder[n]]);
  if (n == kRip) return number(r.rip);
  if (n == kEflags) return number(r.rflags());
  if (n < kSt) return number(kSelectors[n - kSegments]);
  if (n < kX87Control) return number(0);
  if (n < kXmm) return number(kX87[n - kX87Control]);
  if (n < kMxcsr) return half(r.ymm[n - kXmm], 0);
  if (n == kMxcsr) return number(r.mxcsr);
  if (n == kOrigRax) return number(original_rax(t));
  if (n == kFsBase) return number(r.fs_base());
  if (n == kGsBase) return number(r.slots[emulator::cpu::kSlotGsBase]);
  return half(r.ymm[n - kYmmHigh], 1);
}

bool RegisterFile::set(unsigned n, std::span<const u8> value, Registers& r, const Thread& t) const {
  if (n >= count() || value.size() != size(n)) return false;
  u64 number = 0;
  std::memcpy(&number, value.data(), std::min(value.size(), sizeof number));
  if (n < kRip) {
    r[kOrder[n]] = number;
  } else if (n == kRip) {
    r.rip = number;
  } else if (n == kEflags) {
    r.set_rflags(number);
  } else if (n >= kXmm && n < kMxcsr) {
    std::ranges::copy(value, r.ymm[n - kXmm].bytes.begin());
  } else if (n == kFsBase || n == kGsBase) {
    r.slots[n == kFsBase ? emulator::cpu::kSlotFsBase : emulator::cpu::kSlotGsBase] = number;
  } else if (n == kMxcsr && number <= 0xffff) {  // the other bits are reserved: #GP
    r.mxcsr = static_cast<u32>(number);
  } else if (n >= kYmmHigh) {
    std::ranges::copy(value, r.ymm[n - kYmmHigh].bytes.begin() + 16);
  } else if (n != kOrigRax) {
    // gdb writes orig_rax along with rip, so that no kernel restarts a call; here none would.
    return std::ranges::equal(value, get(n, r, t));
  }
  return true;
}

std::vector<u8> RegisterFile::all(const Registers& r, const Thread& t) const {
  std::vector<u8> bytes;
  for (unsigned n = 0; n < count(); ++n) {
    const auto one = get(n, r, t);
    bytes.insert(bytes.end(), one.begin(), one.end());
  }
  return bytes;
}

}  // namespace rt0::gdb
