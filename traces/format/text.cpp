#include "traces/format/text.hpp"

#include <fmt/format.h>

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

std::string shown_value(const MemEffect& effect, std::span<const u8> value) {
  if (!effect.valued) return fmt::format("({} bytes)", effect.size);
  const bool small =
      value.size() == 1 || value.size() == 2 || value.size() == 4 || value.size() == 8;
  if (small || value.size() == 16 || value.size() == 32) {
    std::array<u64, 4> words{};
    std::memcpy(words.data(), value.data(), value.size());
    return number(std::span(words).first((value.size() + 7) / 8));
  }
  if (value.size() <= kBytesShown) return fmt::format("{{{}}}", emulator::base::hex_bytes(value));
  return fmt::format("{{{} ... {} bytes}}", emulator::base::hex_bytes(value.first(kBytesShown)),
                     value.size());
}

void body(std::string& out, const Insn& e) {
  const std::string where = e.fn.empty() ? hex(e.pc) : fmt::format("{}+{}", plain(e.fn), e.off);
  add(out, "{:<{}} {:<{}}", where, kWhere, plain(e.text), kDisassembly);
  for (const RegWrite& write : e.regs())
    add(out, " {}={}", name(write.reg), number(std::span(write.value).first(words(write.reg))));
  for (const MemEffect& effect : e.memory())
    add(out, " [{}]{}{}", hex(effect.addr), effect.kind == Access::Write ? "=" : "->",
        shown_value(effect, e.value(effect)));
  if (e.more != 0) add(out, " and {} more", e.more);
  if (e.cycle) add(out, " @{}", *e.cycle);
  while (out.ends_with(' ')) out.pop_back();
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
