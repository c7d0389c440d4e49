#include "tests/runtime_model/support/bench.hpp"

#include <stdexcept>

#include "runtime_model/golang/dwarf.hpp"

namespace tests {

namespace golang = runtime_model::golang;
namespace model = runtime_model::model;
using emulator::memory::kExec;
using emulator::memory::kRead;
using emulator::memory::kWrite;

namespace {

// As Go's linker and heap would have it: text, data, the first arena. Pages exist when touched.
constexpr u64 kText = 0x401000, kTextBytes = 1 << 20;
constexpr u64 kData = 0x600000, kDataBytes = 4 << 20;
constexpr u64 kObjects = 0x7f0000000000, kObjectBytes = 1 << 30;
constexpr u64 kHeap = 0xc000000000, kHeapBytes = 64 << 20;
constexpr u64 kStack = 0x7ffffff00000, kStackBytes = 1 << 20;
constexpr u64 kFunctionBytes = 256;
// runtime/malloc.go, for linux/amd64.
constexpr u64 kGoPage = 8192, kPagesPerArena = 8192, kArenas = 1 << 22;
constexpr u64 kArenaIndex = (kHeap + 0x8000'0000'0000) / kHeapBytes;

u64 aligned(u64 a, u64 to) { return (a + to - 1) / to * to; }

}  // namespace

Bench::Bench(int minor)
    : space_(u64{1} << 30),
      live_(space_),
      next_code_(kText),
      next_object_(kObjects),
      next_span_(kHeap) {
  const auto map = [this](u64 at, u64 bytes, u8 protection) {
    emulator::memory::Region region;
    region.end = at + bytes, region.protection = protection;
    space_.map(Addr(at), bytes, region);
  };
  map(kText, kTextBytes, kRead | kExec);
  map(kData, kDataBytes, kRead | kWrite);
  map(kObjects, kObjectBytes, kRead | kWrite);
  map(kHeap, kHeapBytes, kRead | kWrite);
  map(kStack, kStackBytes, kRead | kWrite);
  define("runtime.lock2"), define("runtime.unlock2");
  auto layouts = golang::Layouts::of_release(minor);
  golang::Globals globals;
  u64 at = kData;
  for (const auto name : golang::wanted_variables()) {
    const auto* type = layouts.variable(name);
    globals.add(name, Addr(at), "bench");
    at = aligned(at + (type != nullptr ? type->size : 64), 64);
  }
  guest_ = std::make_unique<model::Guest>(golang::GoRelease{1, minor, 0}, symbols_,
                                          std::move(layouts), std::move(globals));
  views_ = std::make_unique<golang::Views>(live_, guest_->tables);
  place_globals();
  const auto mark = [this](u64 word) {
    return [this, word](const std::vector<u64>& arguments) {
      if (load<u64>(Addr(arguments.at(0))) == word)
        throw std::runtime_error(word != 0 ? "locked twice" : "unlocked twice");
      store<u64>(Addr(arguments.at(0)), word);
      return std::vector<u64>{};
    };
  };
  native("runtime.lock2", mark(1));
  native("runtime.unlock2", mark(0));
}

Bench::~Bench() = default;

void Bench::place_globals() {
  const golang::G g = g0();
  const golang::M m = m0();
  g.stack().lo() = Addr(kStack), g.stack().hi() = Addr(kStack + kStackBytes);
  g.m() = m;
  m.g0() = g;
  views().allm() = m;
  registers_[emulator::cpu::rsp] = kStack + kStackBytes - 4096;
  registers_.fs_base() = m.tls().address().value + 8;
  set_g(g);
  const auto second_level = allocate(kArenas * 8);
  views().mheap_().arenas(0) = second_level;
  const auto* arena = guest_->layouts.find("runtime.heapArena");
  store<Addr>(second_level + kArenaIndex * 8, allocate(arena->size));
  p0_ = make_p();
  views().allp().data() = allocate(256 * 8);
  views().allp().len() = 1;
  views().allp().cap() = 256;
  views().allp(0) = p0_;
  m.p() = p0_;
  p0_.m() = m;
}

Addr Bench::allocate(u64 bytes) {
  const u64 at = aligned(next_object_, bytes >= kGoPage ? kGoPage : 64);
  next_object_ = at + bytes;
  return Addr(at);
}

golang::G Bench::make_g(u64 stack_bytes) {
  const golang::G g = views().g(allocate(guest_->layouts.find("runtime.g")->size));
  if (stack_bytes == 0) return g;
  const Addr lo = allocate(stack_bytes);
  g.stack().lo() = lo, g.stack().hi() = lo + stack_bytes;
  g.stackguard0() = lo + 928;
  return g;
}

golang::P Bench::make_p() {
  const golang::P p = views().p(allocate(guest_->layouts.find("runtime.p")->size));
  p.mcache() = allocate(guest_->layouts.find("runtime.mcache")->size);
  return p;
}

golang::Mspan Bench::make_span(u64 pages) {
  const golang::Mspan s = views().mspan(allocate(guest_->layouts.find("runtime.mspan")->size));
  s.startAddr() = Addr(next_span_);
  s.npages() = pages;
  s.state() = 2;  // mSpanManual
  const auto arena =
      views().at<golang::HeapArena>(load<Addr>(views().mheap_().arenas(0).get() + kArenaIndex * 8));
  for (u64 i = 0; i < pages; ++i) arena.spans(next_span_ / kGoPage % kPagesPerArena + i) = s;
  next_span_ += pages * kGoPage;
  return s;
}

void Bench::set_g(const golang::G& g) { store<Addr>(Addr(registers_.fs_base() - 8), g.address()); }

Addr Bench::define(std::string_view function, const std::vector<u8>& code) {
  const Addr at(next_code_);
  next_code_ += kFunctionBytes;
  functions_.push_back({function, at, at + kFunctionBytes, golang::Code::body});
  space_.poke(at, code);
  symbols_ = golang::SymbolTable::of(functions_);
  return at;
}

NativeCall Bench::call_of(const model::Request& request) {
  NativeCall call{std::string(request.function), {}};
  for (const auto& a : request.arguments) call.arguments.push_back(a.word);
  return call;
}

std::vector<u64> Bench::act(const NativeCall& call) {
  const auto does = natives_.find(call.function);
  if (does == natives_.end())
    throw std::runtime_error("the model calls " + call.function + ", which the bench lacks");
  auto results = does->second(call.arguments);
  results.resize(9);
  return results;
}

}  // namespace tests
