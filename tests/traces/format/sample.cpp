#include "tests/traces/format/sample.hpp"

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace sample {

u64 Random::next() {
  u64 z = state_ += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

Header header() {
  Header h;
  h.level = Level::Instruction;
  h.program = {std::string(64, 'a'), "abc/def", "go1.17.6", {"hello", "-v", "\xff\"\n"}};
  h.machine = {"x86-64-v3", 4, 7, 10000, "none"};
  h.runtime = "check";
  return h;
}

namespace {

constexpr std::array<std::string_view, 5> kNames = {"runtime.rt0_go", "runtime.mstart", "main.main",
                                                    "", "type..eq.[2]string"};
constexpr std::array<std::string_view, 6> kTexts = {
    "mov rbx, rsi", "ret", "call 0x455e20", "vpaddb ymm0, ymm1, ymm2", "", "lea \"odd\" \xc3\xa4"};

Insn odd_insn(Random& random, const Stamp& at) {
  Insn insn;
  const u64 which = random.below(3) == 0 ? random.next() : random.below(40);
  insn.begin(at.n, at.t, Addr(0x455000 + which));
  insn.ns = at.ns;
  insn.fn = kNames[which % kNames.size()];
  insn.off = which;
  insn.text = kTexts[random.below(8) == 0 ? random.below(kTexts.size()) : which % kTexts.size()];
  const u64 regs = random.below(20) == 0 ? random.below(40) : random.below(4);
  for (u64 i = 0; i < regs; ++i) {
    const std::array<u64, 4> value = {random.next() >> random.below(64), random.next(),
                                      random.below(2), 0};
    const u64 reg = random.below(4) == 0 ? 32 + random.below(32) : random.below(20);
    insn.set(static_cast<Reg>(reg), std::span(value).first(words(static_cast<Reg>(reg))));
  }
  const u64 effects = random.below(30) == 0 ? random.below(50) : random.below(3);
  constexpr std::array<u32, 10> kSizes = {1, 2, 4, 8, 8, 16, 32, 3, 100, 0};
  for (u64 i = 0; i < effects; ++i) {
    std::vector<u8> value(kSizes[random.below(kSizes.size())]);
    for (u8& byte : value) byte = static_cast<u8>(random.below(3) == 0 ? 0 : random.next());
    const auto kind = static_cast<Access>(random.below(2));
    const Addr addr(0xc000000000 + (random.below(5) == 0 ? random.next() : random.below(64)));
    if (random.below(16) == 0)
      insn.add_memory_unvalued(kind, addr, static_cast<u32>(random.next()));
    else if (random.below(16) == 0)
      insn.add_memory_repeated(kind, addr, static_cast<u32>(random.below(100'000)), random.next());
    else
      insn.add_memory(kind, addr, value);
  }
  if (random.below(5) == 0) insn.cycle = random.next() >> random.below(64);
  if (random.below(50) == 0) insn.more = random.next();
  return insn;
}

std::string odd_text(Random& random) {
  std::string out;
  for (u64 i = random.below(12); i != 0; --i) {
    constexpr std::array<std::string_view, 6> kPieces = {"g1",   "\xee\xbe\x80", "\"",
                                                         "\xff", "\xe2\x86\x92", "\n"};
    out += random.below(2) == 0 ? std::string(1, static_cast<char>(random.next()))
                                : std::string(kPieces[random.below(kPieces.size())]);
  }
  return out;
}

State odd_state(Random& random, const Stamp& at) {
  State state;
  static_cast<Stamp&>(state) = at;
  state.why = odd_text(random);
  for (u64 i = random.below(3); i != 0; --i)
    state.maps.push_back({Addr(random.next() >> 17), 8192 + random.below(99999),
                          random.below(2) == 0 ? "" : "rw-", random.below(2) == 0,
                          random.below(2) * 4096, 1 + random.below(4096)});
  state.set(Reg::rax, random.next());
  state.add_memory_repeated(Access::Write, Addr(random.next()), 4096, random.next());
  return state;
}

Event odd_event(Random& random, const Stamp& at) {
  switch (random.below(10)) {
    case 0:
      return Call{at, kNames[random.below(kNames.size())]};
    case 1:
      return Ret{at, kNames[random.below(kNames.size())]};
    case 2:
      return Step{at,
                  static_cast<i64>(random.next()),
                  -1,
                  0,
                  odd_text(random),
                  odd_text(random),
                  {{odd_text(random), "0x0", odd_text(random)}}};
    case 3:
      return Sys{at, odd_text(random), {odd_text(random), "0x1"}, odd_text(random)};
    case 4:
      return Switch{at, "g0", odd_text(random), Addr(random.next())};
    case 5:
      return Landmark{at, odd_text(random), Addr(random.next()), odd_text(random)};
    case 6:
      return Signal{at, 11, static_cast<i32>(random.next()), Addr(random.next())};
    case 7:
      return Thread{at, static_cast<u32>(random.next())};
    case 8:
      return odd_state(random, at);
    default:
      return Exit{at, static_cast<i32>(random.below(256)), static_cast<i32>(random.below(3))};
  }
}

}  // namespace

std::vector<Event> every_kind() {
  Insn insn;
  insn.begin(5, 1, Addr(0x455e23));
  insn.fn = "runtime.rt0_go", insn.off = 3, insn.text = "mov rbx, rsi";
  insn.set(Reg::rbx, 0x7ffc00000010);
  insn.set(ymm(3), std::array<u64, 4>{1, 2, 3, 4});
  const std::array<u8, 8> word = {0x34, 0x12};
  insn.add_memory(Access::Write, Addr(0x7ffc00000008), word);
  insn.cycle = 17;
  Insn bare;
  bare.begin(6, 1, Addr(0x10));
  bare.ns = -5;
  return {insn,
          bare,
          Call{{6, 1}, "runtime.check"},
          Ret{{7, 1, 70}, "runtime.check"},
          Step{{8, 1},
               0,
               0,
               1,
               "newproc1/gobuf",
               "prepare the gobuf",
               {{"g1.sched.pc", "0x0", "runtime.goexit+1"}}},
          Sys{{9, 1, 90}, "arch_prctl", {"ARCH_SET_FS", "0x5a1b70"}, "0x0"},
          Sys{{10, 1}, "exit_group", {"0"}, ""},
          Switch{{11, 1}, "g0", "g1", Addr(0xc000040000)},
          Landmark{{12, 1, 120}, "runtime.schedinit", Addr(0x431000), "the scheduler is set up"},
          Signal{{13, 2}, 11, 1, Addr(0)},
          Thread{{14, 1}, 2},
          Exit{{15, 1}, 3},
          Exit{{15, 1, 150}, 0, 9}};
}

std::vector<Event> random_events(u64 seed, std::size_t count) {
  Random random(seed);
  std::vector<Event> events;
  Stamp at{random.below(3), 1, std::nullopt};
  for (std::size_t i = 0; i < count; ++i) {
    if (random.below(10) == 0)
      at.t = random.below(10) == 0 ? static_cast<u32>(random.next())
                                   : 1 + static_cast<u32>(random.below(5));
    at.n += random.below(20) == 0 ? random.below(1000) : 1;
    if (random.below(8) == 0)
      at.ns = static_cast<i64>(random.next());
    else
      at.ns.reset();
    if (random.below(5) != 0)
      events.emplace_back(odd_insn(random, at));
    else
      events.emplace_back(odd_event(random, at));
  }
  return events;
}

Program::Program(u64 seed) : random_(seed) {
  const std::size_t functions = 200, size = 24;
  for (u32 i = 0; i < functions * size; ++i) {
    Code& code = code_.emplace_back();
    code.fn = "main.function" + std::to_string(i / size);
    code.off = 4 * (i % size);
    code.pc = 0x401000 + 128 * (i / size) + code.off;
    code.kind = static_cast<u32>(random_.below(8));
    code.reg = static_cast<u32>(random_.below(16)), code.base = static_cast<u32>(random_.below(16));
    if (i % size == size - 1) code.kind = 8;
    code.target = static_cast<u32>(random_.below(functions) * size);
    code.text = "op" + std::to_string(code.kind) + " r" + std::to_string(code.reg) + ", [r" +
                std::to_string(code.base) + "+" + std::to_string(8 * random_.below(20)) + "]";
  }
  for (u64& r : gpr_) r = 0xc000000000 + 8 * random_.below(1 << 16);
}

void Program::step(Insn& insn) {
  const Code& code = code_[at_++];
  insn.begin(++n_, 1, Addr(code.pc));
  insn.fn = code.fn, insn.off = code.off, insn.text = code.text;
  const auto set = [&](u32 reg, u64 value) { insn.set(gpr(reg), gpr_[reg] = value); };
  const auto memory = [&](Access kind, u64 addr, u64 value) {
    insn.add_memory(kind, Addr(addr), std::span(reinterpret_cast<const u8*>(&value), 8));
  };
  const auto flags = [&] { insn.set(Reg::rflags, flags_ = 0x202 | (random_.next() & 0x8d5)); };
  switch (code.kind) {
    case 0:
      set(code.reg, gpr_[code.base]);
      break;
    case 1:
      set(code.reg, gpr_[code.reg] + 8), flags();
      break;
    case 2: {
      const u64 value = random_.next() >> 32;
      memory(Access::Read, gpr_[code.base] + code.off, value), set(code.reg, value);
      break;
    }
    case 3:
      memory(Access::Write, gpr_[code.base] + code.off, gpr_[code.reg]);
      break;
    case 4:
      flags();
      break;
    case 5:
      set(code.reg, random_.next() >> 20), flags();
      break;
    case 6:
      break;
    case 7:
      if (stack_.size() < 40 && random_.below(4) == 0) {
        set(4, gpr_[4] - 8), memory(Access::Write, gpr_[4], code.pc + 4);
        stack_.push_back(at_), at_ = code.target;
      }
      break;
    default:
      if (stack_.empty()) {
        at_ = code.target;
        break;
      }
      memory(Access::Read, gpr_[4], code_[stack_.back()].pc), set(4, gpr_[4] + 8);
      at_ = stack_.back(), stack_.pop_back();
  }
}

TempFile::TempFile(const std::string& name)
    : path_((std::filesystem::temp_directory_path() /
             ("rt0-" + std::to_string(getpid()) + "-" + name))
                .string()) {}

TempFile::~TempFile() { std::remove(path_.c_str()); }

std::string TempFile::bytes() const {
  std::ifstream in(path_, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

void TempFile::put(std::string_view bytes) const {
  std::remove(
      path_.c_str());  // a new file each time: some file systems flush one that was truncated
  std::ofstream(path_, std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

void write_trace(Form form, const std::string& path, const std::vector<Event>& events) {
  const auto writer = make_writer(form, path, header());
  for (const Event& event : events) writer->write(event);
  writer->close();
}

std::string trace_bytes(Form form, const std::vector<Event>& events) {
  const TempFile file("bytes");
  write_trace(form, file.path(), events);
  return file.bytes();
}

std::vector<Event> rest(Reader& reader) {
  std::vector<Event> events;
  while (const Event* event = reader.next()) events.push_back(*event);
  return events;
}

}  // namespace sample
