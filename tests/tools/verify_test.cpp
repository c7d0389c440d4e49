// Faults planted in the emulator's state: the comparison with the host must name the instruction.
#include "tools/verify/verifier.hpp"

#include "asm/embedded_program.hpp"
#include "emulator/base/error.hpp"
#include "tests/support/catch.hpp"

namespace {

using namespace rt0::verify;
using emulator::Addr;
using emulator::u64;
using emulator::u8;
using emulator::cpu::Effect;
using emulator::cpu::PlaceKind;
using emulator::cpu::Registers;
using emulator::kernel::Thread;
using emulator::machine::Machine;
using emulator::machine::Retired;

class SilentHost final : public emulator::kernel::Host {
 public:
  emulator::kernel::Result<u64> write_output(int, std::span<const u8> bytes) override {
    return bytes.size();
  }
  emulator::kernel::Result<u64> read_input(std::span<u8>) override { return 0; }
};

/// The built-in hello beside the host's CPU.
struct Lockstep {
  SilentHost host;
  Machine machine{emulator::machine::Settings{},
                  std::make_shared<const emulator::kernel::ElfImage>(
                      emulator::kernel::parse_elf(programs::hello())),
                  host};
  u64 planted_at = 0;

  std::optional<Divergence> run(u64 instructions, Options options = {}) {
    Verifier verifier(machine, std::move(options));
    machine.stop_at(instructions);
    auto found = verifier.check([&] { machine.run(); });
    counts = verifier.counts();
    forms = verifier.forms();
    return found;
  }
  /// The machine's own registers, which only a mutant may change.
  Registers& registers(const Thread& t) { return const_cast<Registers&>(machine.registers(t)); }

  Counts counts;
  std::vector<FormCount> forms;
};

bool skipped() {
  std::string why;
  if (const auto refusal = host_refusal({})) why = *refusal;
  if (programs::hello().empty()) why = "no Go toolchain, so no program is built in";
  if (why.empty()) {
    try {
      Lockstep().run(10);
    } catch (const emulator::base::UserError& e) {
      why = e.what();
    }
  }
  if (!why.empty()) WARN("skipped: " << why);
  return !why.empty();
}

/// Spoils the Nth execution of a mnemonic.
template <class Spoil>
Options plant(Lockstep& l, std::string_view mnemonic, u64 nth, Spoil spoil) {
  Options o;
  o.plant = [&l, mnemonic, nth, spoil, seen = u64{0}](const Thread& t, const Retired& r) mutable {
    if (emulator::decode::Decoder::name(r.facts->mnemonic) != mnemonic || ++seen != nth) return;
    l.planted_at = r.number;
    spoil(t, r);
  };
  return o;
}

const Effect* first_effect(const Retired& r, PlaceKind kind) {
  for (const Effect& e : r.effects)
    if (e.kind == kind) return &e;
  return nullptr;
}

constexpr u64 kEnough = 60'000;

}  // namespace

TEST_CASE("the start of hello is the same on the host and in the emulator") {
  if (skipped()) return;
  Lockstep l;
  CHECK_FALSE(l.run(30'000));
  CHECK(l.counts.compared > 29'000);
  CHECK(l.counts.given > 0);
  CHECK(l.forms.size() > 50);
  CHECK(l.forms.front().count >= l.forms.back().count);
}

TEST_CASE("a flag that the 1000th ADD gets wrong is found at that ADD") {
  if (skipped()) return;
  Lockstep l;
  const auto found = l.run(kEnough, plant(l, "add", 1000, [&](const Thread& t, const Retired&) {
                             Registers& r = l.registers(t);
                             r.set_rflags(r.rflags() ^ emulator::cpu::kAF);
                           }));
  REQUIRE(found);
  CHECK(found->step.number == l.planted_at);
  REQUIRE(found->differences.size() == 1);
  CHECK(found->differences[0].what == "AF");
  CHECK(found->last.size() == 20);
}

TEST_CASE("a product that IMUL gets wrong is found at that IMUL") {
  if (skipped()) return;
  Lockstep l;
  unsigned spoiled = 0;
  const auto found = l.run(200'000, plant(l, "imul", 5, [&](const Thread& t, const Retired& r) {
                             const Effect* e = first_effect(r, PlaceKind::gpr);
                             REQUIRE(e != nullptr);
                             spoiled = e->index;
                             l.registers(t).gpr(spoiled) += 2;
                           }));
  REQUIRE(found);
  CHECK(found->step.number == l.planted_at);
  REQUIRE(found->differences.size() == 1);
  CHECK(found->differences[0].what == emulator::cpu::gpr_name(spoiled));
}

TEST_CASE("a wrong byte of a store is found at that store") {
  if (skipped()) return;
  Lockstep l;
  Addr where;
  auto options = plant(l, "call", 100, [&](const Thread&, const Retired& r) {
    const Effect* e = first_effect(r, PlaceKind::memory_write);
    REQUIRE(e != nullptr);
    where = e->address + 3;
    const u8 wrong[] = {static_cast<u8>(reinterpret_cast<const u8*>(e->after.data())[3] ^ 0x10)};
    l.machine.memory().poke(where, wrong);
  });
  const auto found = l.run(kEnough, std::move(options));
  REQUIRE(found);
  CHECK(found->step.number == l.planted_at);
  REQUIRE(found->differences.size() == 1);
  CHECK(found->differences[0].what == fmt::format("memory at {:#x}", where.value));
}

TEST_CASE("a write that no instruction admits is found when all memory is compared") {
  if (skipped()) return;
  Lockstep l;
  auto options = plant(l, "add", 100, [&](const Thread& t, const Retired&) {
    const u8 wrong[] = {0x5a};
    l.machine.memory().poke(Addr(l.machine.registers(t)[emulator::cpu::rsp] - 2000), wrong);
  });
  options.all_memory_every = 1000;
  const auto found = l.run(kEnough, std::move(options));
  REQUIRE(found);
  CHECK(found->step.number - l.planted_at <= 1000);
  CHECK(found->found.find("all memory") != std::string::npos);
}

TEST_CASE("a vector register that nobody should have touched is found at once") {
  if (skipped()) return;
  Lockstep l;
  const auto found = l.run(kEnough, plant(l, "lea", 500, [&](const Thread& t, const Retired&) {
                             l.registers(t).ymm[9].bytes[31] ^= 1;
                           }));
  REQUIRE(found);
  CHECK(found->step.number == l.planted_at);
  REQUIRE(found->differences.size() == 1);
  CHECK(found->differences[0].what == "ymm9");
}
