#include "traces/format/text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "emulator/base/hex.hpp"

namespace traces::format {
namespace {

using emulator::base::hex;

constexpr std::size_t kWhere = 36, kDisassembly = 36;  ///< widths of columns
constexpr std::size_t kBytesShown = 16;

template <class... Args>
void add(std::string& out, fmt::format_string<Args...> text, Args&&... args) {
  fmt::format_to(std::back_inserter(out), text, std::forward<Args>(args)...);
}

/// `text` with its control characters (C0, DEL and C1) made visible.
std::string plain(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const auto next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    if (c < 0x20 || c == 0x7f)
      add(out, "\\x{:02x}", c);
    else if (c == 0xc2 && next >= 0x80 && next < 0xa0)
      add(out, "\\x{:02x}", next), ++i;
    else
      out += text[i];
  }
  return out;
}

void begin(std::string& out, const Stamp& stamp) {
  add(out, "{:>10} {:>4}  ", stamp.n, fmt::format("t{}", stamp.t));
}

std::string number(std::span<const u64> words) {
  while (words.size() > 1 && words.back() == 0) words = words.first(words.size() - 1);
  std::string out = hex(words.back());
  for (std::size_t i = words.size() - 1; i-- != 0;) add(out, "{:016x}", words[i]);
  return out;
}

bool is_number(std::size_t size) {
  return size == 1 || size == 2 || size == 4 || size == 8 || size == 16 || size == 32;
}

/// Bytes without spaces, lowest address first, and no more of them than tell what they are.
std::string shown_bytes(const MemEffect& effect, std::span<const u8> value) {
  if (!effect.valued) return "?";
  const bool one =
      effect.repeated && std::ranges::all_of(value, [&](u8 byte) { return byte == value[0]; });
  std::string out;
  for (const u8 byte : value.first(one ? 1 : std::min(value.size(), kBytesShown)))
    add(out, "{:02x}", byte);
  return effect.repeated || value.size() > kBytesShown ? out + "…" : out;
}

/// "[0x4be8b0]=0x1" for what a register can hold, else "[0x4be8b0, 8192 bytes]=00…".
void append(std::string& out, const MemEffect& effect, std::span<const u8> value) {
  const std::string_view way = effect.kind == Access::Write ? "=" : "->";
  if (!effect.valued || !is_number(effect.size))
    return add(out, " [{}, {} bytes]{}{}", hex(effect.addr), effect.size, way,
               shown_bytes(effect, value));
  std::array<u64, 4> words{};
  std::memcpy(words.data(), value.data(), value.size());
  add(out, " [{}]{}{}", hex(effect.addr), way,
      number(std::span(words).first((value.size() + 7) / 8)));
}

void append(std::string& out, const Changes& e) {
  for (const RegWrite& write : e.regs())
    add(out, " {}={}", name(write.reg), number(std::span(write.value).first(words(write.reg))));
  for (const MemEffect& effect : e.memory()) append(out, effect, e.value(effect));
  if (e.more != 0) add(out, " and {} more", e.more);
}

void body(std::string& out, const Insn& e) {
  const std::string where = e.fn.empty() ? hex(e.pc) : fmt::format("{}+{}", plain(e.fn), e.off);
  add(out, "{:<{}} {:<{}}", where, kWhere, plain(e.text), kDisassembly);
  append(out, e);
  if (e.cycle) add(out, " @{}", *e.cycle);
  while (out.ends_with(' ')) out.pop_back();
}

void body(std::string& out, const State& e) {
  add(out, "state   {}", plain(e.why));
  for (const Mapping& map : e.maps) {
    add(out, " {{{}, {} bytes", hex(map.addr), map.size);
    if (map.from_file != 0) add(out, " of the program from {}", hex(map.offset));
    add(out, "}}={}", map.protection.empty() ? "unmapped" : plain(map.protection));
  }
  append(out, e);
}

void body(std::string& out, const Call& e) { add(out, "call    {}", plain(e.fn)); }
void body(std::string& out, const Ret& e) { add(out, "ret     {}", plain(e.fn)); }

void body(std::string& out, const Step& e) {
  add(out, "step    m{} p{} {}  {}: {}", e.m, e.p, plain(goroutine_text(e)), plain(e.id),
      plain(e.text));
  if (!e.verdict.empty()) add(out, "  [{}]", plain(e.verdict));
  for (const auto& change : e.changes)
    add(out, "  {}: {} -> {}", plain(change.field), plain(change.before), plain(change.after));
}

void body(std::string& out, const Sys& e) {
  add(out, "sys     {}(", plain(e.name));
  for (const auto& arg : e.args) add(out, "{}{}", &arg == &e.args.front() ? "" : ", ", plain(arg));
  add(out, ") = {}", e.ret.empty() ? "?" : plain(e.ret));
}

void body(std::string& out, const Switch& e) {
  add(out, "switch  {} -> {}, stack {}", plain(e.from), plain(e.to), hex(e.stack));
}

void body(std::string& out, const Landmark& e) {
  add(out, "mark    {:<28} {}  {}", plain(e.fn), hex(e.pc), plain(e.text));
}

void body(std::string& out, const Signal& e) {
  add(out, "signal  {} (code {}) at {}", e.sig, e.code, hex(e.addr));
}

void body(std::string& out, const Thread& e) { add(out, "thread  t{} cloned t{}", e.t, e.child); }

void body(std::string& out, const Exit& e) {
  if (e.sig != 0)
    add(out, "exit    killed by signal {}", e.sig);
  else
    add(out, "exit    {}", e.code);
}

}  // namespace

void append_text(std::string& out, const Event& event) {
  begin(out, stamp(event));
  std::visit([&](const auto& e) { body(out, e); }, event);
  if (const auto& ns = stamp(event).ns) add(out, "  ({} ns)", *ns);
}

void append_text(std::string& out, const Header& header) {
  const auto& [program, machine] = std::tie(header.program, header.machine);
  add(out, "# {} trace of", name(header.level));
  for (const auto& arg : program.argv) add(out, " {}", plain(arg));
  add(out, ": {}, sha256 {}\n", program.go.empty() ? "Go release unknown" : plain(program.go),
      plain(program.sha256));
  add(out, "# cpu {}, {} cores, seed {}, quantum {}, core {}, runtime {}", plain(machine.cpu),
      machine.cores, machine.seed, machine.quantum, plain(machine.core), plain(header.runtime));
}

}  // namespace traces::format
