#include "runtime_model/golang/names.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "emulator/base/hex.hpp"

namespace runtime_model::golang {

using emulator::base::hex;

namespace {

// A list of the guest's is followed so far at most: its memory may hold anything.
constexpr u64 kMostObjects = u64{1} << 22;
// Go's runtime/malloc.go on linux/amd64: heapArenaBytes, arenaBaseOffset; and pageSize.
constexpr u64 kArenaBytes = u64{64} << 20, kArenaBase = 0xffff800000000000, kHeapPage = 8192;
constexpr u8 kSpanInUse = 1;      // runtime/mheap.go, mSpanInUse
constexpr u64 kStackBounds = 16;  // stack.lo and stack.hi, where every g begins

/// What cannot be read has no name: whatever the memory throws, it is no error here.
template <class Read>
auto tried(Read read) -> decltype(read()) {
  try {
    return read();
  } catch (...) {
    return {};
  }
}

/// A type that only keeps others from reading its word without care.
bool is_box(const StructLayout& type) {
  return type.name.find("atomic.") != type.name.npos || type.name == "runtime.mSpanStateBox";
}

/// Behind what is a word itself, as Go and C would say it: its value and a number would be a sum.
std::string at_offset(std::string name, u64 offset, bool is_word = false) {
  return offset == 0 ? name : fmt::format("{}{}+{:#x}", is_word ? "&" : "", name, offset);
}

}  // namespace

Names::Names(const Views& rt, const Layouts& layouts, const Globals& globals,
             const SymbolTable& symbols)
    : rt_(rt), layouts_(layouts), symbols_(symbols), globals_(globals) {
  add_globals(globals);
  refresh();
}

void Names::add(Addr at, std::string_view go_type, Object object) {
  const StructLayout* type = layouts_.find(go_type);
  if (at == Addr() || type == nullptr) return;
  object.type = layouts_.field(*type, "")->type;
  objects_.insert_or_assign(at, std::move(object));
}

/// Structures go by their own name, "sched", single words by their full one, "runtime.ncpu".
void Names::add_globals(const Globals& globals) {
  for (const auto& global : globals.entries()) {
    const auto type = layouts_.variable_type(global.name);
    if (!type || layouts_.type(*type).size == 0) continue;
    std::string name(global.name);
    const auto kind = layouts_.type(*type).kind;
    const bool many = kind == golang::Kind::structure || kind == golang::Kind::array;
    if (many && name.starts_with("runtime.")) name = name.substr(8);
    objects_[global.address] = Object{Kind::variable, *type, 0, {}, std::move(name)};
  }
  const auto m0 = globals.address("runtime.m0");
  if (m0) add(*m0, "runtime.m", {Kind::m, 0, 0, *m0});
  if (const auto g0 = globals.address("runtime.g0")) {
    add(*g0, "runtime.g", {Kind::m_g0, 0, 0, m0.value_or(Addr())});
    gs_.push_back(*g0);
    first_g0_ = *g0;
  }
}

void Names::refresh() {
  stacks_fresh_ = false;
  tried([&] { return add_ms(), true; });
  tried([&] { return add_ps(), true; });
  tried([&] { return add_gs(), true; });
  tried([&] { return add_spans(), true; });
}

void Names::add_m(const M& m) {
  const auto id = static_cast<u64>(m.id().get());
  add(m.address(), "runtime.m", {Kind::m, 0, id, m.address()});
  for (const auto& [g, kind] :
       {std::pair(m.g0().get(), Kind::m_g0), {m.gsignal().get(), Kind::m_gsignal}}) {
    if (g == Addr() || objects_.contains(g)) continue;
    add(g, "runtime.g", {kind, 0, id, m.address()});
    gs_.push_back(g);
    map_stack(g);
    if (id == 0 && first_g0_ == Addr()) first_g0_ = m.g0().get();
  }
}

/// New Ms are put in front of the list (proc.go, mcommoninit).
void Names::add_ms() {
  M m = rt_.allm();
  for (u64 i = 0; m && i < kMostObjects; ++i, m = m.alllink()) {
    const bool known = objects_.contains(m.address()) && i > 0;
    add_m(m);
    if (known) break;
  }
}

/// Ps never go away, but their caches come and go (proc.go, procresize).
void Names::add_ps() {
  const auto all = rt_.allp();
  for (u64 i = 0; i < std::min<u64>(all.len(), kMostObjects); ++i) {
    const P p = all[i];
    if (!p) continue;
    add(p.address(), "runtime.p", {Kind::p, 0, i});
    add(p.mcache().get(), "runtime.mcache", {Kind::p_mcache, 0, i});
  }
  if (all.len() == 0) add(rt_.mcache0().get(), "runtime.mcache", {Kind::mcache0, 0});
}

/// allgs only grows (proc.go, allgadd).
void Names::add_gs() {
  const auto all = rt_.allgs();
  for (const u64 count = std::min<u64>(all.len(), kMostObjects); gs_seen_ < count; ++gs_seen_) {
    const Addr g = all[gs_seen_].get();
    add(g, "runtime.g", {Kind::g, 0});
    gs_.push_back(g);
    map_stack(g);
  }
}

/// allspans only grows; a freed mspan stays in it and is used again (mheap.go, recordspan).
void Names::add_spans() {
  const auto all = rt_.mheap_().allspans();
  for (const u64 count = std::min<u64>(all.len(), kMostObjects); spans_seen_ < count; ++spans_seen_)
    add(all[spans_seen_].get(), "runtime.mspan", {Kind::span, 0});
}

/// No name is printed that calls something else now: where the short one would, Go's own way to say
/// what lies at an address is left. (A g has no number before newproc1 gives it one; gfput keeps
/// it.) Nothing of an M that has ended: its memory may be anything by now.
std::string Names::object_name(Addr at, const Object& object) const {
  using K = ObjectName::Kind;
  const auto text = [](K kind, u64 number) { return ObjectName{kind, number}.text(); };
  const auto of_m = [&](const char* what, Addr now) {
    return now == at ? fmt::format("{}.{}", text(K::m, object.number), what) : std::string();
  };
  if (object.owner != Addr() &&
      !tried([&] { return static_cast<u64>(rt_.m(object.owner).id()) == object.number; }))
    return {};
  std::string name = tried([&]() -> std::string {
    switch (object.kind) {
      case Kind::variable:
        return object.name;
      case Kind::m:
        return text(K::m, object.number);
      case Kind::m_g0:
        if (globals_.address("runtime.g0") == at && rt_.m0().g0() != at) return "g0";
        return of_m("g0", rt_.m(object.owner).g0());
      case Kind::m_gsignal:
        return of_m("gsignal", rt_.m(object.owner).gsignal());
      case Kind::p:
        return rt_.allp(object.number).get() == at ? text(K::p, object.number) : std::string();
      case Kind::p_mcache:
        return rt_.allp(object.number)->mcache() == at ? text(K::p, object.number) + ".mcache"
                                                       : std::string();
      case Kind::mcache0:
        return rt_.mcache0() == at ? "mcache0" : "";
      case Kind::span: {
        const Addr start = rt_.mspan(at).startAddr();
        return span_of(start).address() == at ? text(K::span, start.value) : std::string();
      }
      case Kind::g:
        break;
    }
    const i64 goid = rt_.g(at).goid();
    return goid == 0 ? std::string() : text(K::g, static_cast<u64>(goid));
  });
  if (!name.empty()) return name;
  const std::string& type = layouts_.type(object.type).name;
  return type == "runtime.g" ? text(K::g_at, at.value) : fmt::format("(*{})({})", type, hex(at));
}

std::string Names::object(Addr address) const {
  const auto it = objects_.find(address);
  return it == objects_.end() ? std::string() : object_name(it->first, it->second);
}

NamedPlace Names::place(Addr address) {
  auto it = objects_.upper_bound(address);
  if (it != objects_.begin()) {
    --it;
    const u64 offset = address - it->first;
    if (offset < layouts_.type(it->second.type).size) {
      std::string name = object_name(it->first, it->second);
      // Who asks for the bounds of a stack may have seen them change.
      if (offset < kStackBounds && layouts_.type(it->second.type).name == "runtime.g")
        map_stack(it->first);
      if (!name.empty()) return inside(std::move(name), it->second.type, offset);
    }
  }
  std::string text = code_name(address);
  if (text.empty()) text = on_stack(address);
  if (text.empty()) text = in_span(address);
  if (!text.empty()) return {std::move(text), 0, {}, {}};
  const DataSymbol* data = symbols_.data_at(address);
  if (data == nullptr) return {hex(address), 0, {}, {}};
  return {at_offset(std::string(data->name), address - data->address, data->size <= 8), 0, {}, {}};
}

/// Follows the layout down to the word at `offset`. Atomic types and embedded gLists have no names
/// of their own in Go's code either.
NamedPlace Names::inside(std::string name, TypeId type, u64 offset) const {
  NamedPlace out{std::move(name), type, {}, {}};
  for (;;) {
    const StructLayout& t = layouts_.type(out.type);
    if (t.kind == golang::Kind::array && layouts_.type(t.element).size != 0) {
      const u64 size = layouts_.type(t.element).size;
      out.name += fmt::format("[{}]", offset / size);
      offset %= size;
      out.type = t.element;
    } else if (t.kind == golang::Kind::structure) {
      auto member = std::ranges::upper_bound(t.members, offset, {}, &Member::offset);
      if (member == t.members.begin()) break;
      --member;
      if (member->name == "_") break;  // there may be several
      if (offset - member->offset >= layouts_.type(member->type).size) break;
      offset -= member->offset;
      out.type = member->type;
      if (is_box(t) || member->name == "gList") continue;
      out.name += "." + member->name;
      out.owner = t.name;
      out.field = member->name;
    } else {
      break;
    }
  }
  const auto kind = layouts_.type(out.type).kind;
  if (kind == golang::Kind::slice || kind == golang::Kind::string) {
    constexpr const char* kWords[] = {".ptr", ".len", ".cap"};
    out.name += kWords[std::min<u64>(offset / 8, 2)];
    out.type = 0;
    out.field = kWords[std::min<u64>(offset / 8, 2)];
    offset %= 8;
  }
  const auto word = layouts_.type(out.type).kind;
  out.name = at_offset(std::move(out.name), offset,
                       word != golang::Kind::structure && word != golang::Kind::array);
  return out;
}

bool Names::holds(Addr g, Addr address) const {
  return tried([&] {
    const Stack stack = rt_.g(g).stack();
    return stack.lo() <= address && address < stack.hi();
  });
}

void Names::map_stack(Addr g) {
  tried([&] {
    const Addr lo = rt_.g(g).stack().lo();
    if (lo != Addr()) stacks_[lo] = g;
    return true;
  });
}

void Names::map_stacks() {
  stacks_.clear();
  for (const Addr g : gs_) map_stack(g);
  stacks_fresh_ = true;
}

/// By the distance from the upper end, which does not change when the stack grows.
std::string Names::on_stack_of(Addr g, Addr address) const {
  if (!holds(g, address)) return {};
  return tried([&] {
    return fmt::format("{}.stack.hi-{:#x}", object(g), rt_.g(g).stack().hi().get() - address);
  });
}

/// There are few addresses for which all stacks have to be looked at: the first thread's is the
/// only one outside of the heap, and what the heap has given out for objects is no stack.
std::string Names::on_stack(Addr address) {
  const bool outside = tried([&] { return heap_arena_of(address); }) == Addr();
  if (outside) return first_g0_ == Addr() ? std::string() : on_stack_of(first_g0_, address);
  if (tried([&] { return span_of(address).state() == kSpanInUse; })) return {};
  for (int round = 0; round < 2; ++round) {
    auto it = stacks_.upper_bound(address);
    if (it != stacks_.begin()) {
      const std::string text = on_stack_of(std::prev(it)->second, address);
      if (!text.empty()) return text;
    }
    if (stacks_fresh_) break;
    map_stacks();
  }
  return {};
}

/// Nothing when the heap has none there (mheap.go, spanOf).
Addr Names::heap_arena_of(Addr address) const {
  const u64 arena = (address.value - kArenaBase) / kArenaBytes;
  if (arena >= (u64{1} << 22)) return {};
  const Addr table = rt_.mheap_().arenas(0);
  if (table == Addr()) return {};
  u64 heap_arena = 0;
  rt_.memory().read(table + arena * 8, {reinterpret_cast<u8*>(&heap_arena), 8});
  return Addr(heap_arena);
}

Mspan Names::span_of(Addr address) const {
  const Addr heap_arena = heap_arena_of(address);
  if (heap_arena == Addr()) return rt_.mspan(Addr());
  const auto spans = rt_.at<HeapArena>(heap_arena).spans();
  return spans[address.value % kArenaBytes / kHeapPage];
}

/// Which object of which span.
std::string Names::in_span(Addr address) const {
  return tried([&]() -> std::string {
    const Mspan span = span_of(address);
    const u64 size = span ? span.elemsize().get() : 0;
    if (size == 0 || address < span.startAddr()) return {};
    const u64 offset = address - span.startAddr().get();
    const ObjectName name{ObjectName::Kind::span, span.startAddr().get().value};
    return at_offset(fmt::format("{}[{}]", name.text(), offset / size), offset % size);
  });
}

std::string Names::code_name(Addr address) const {
  const Location at = symbols_.locate(address);
  if (!at) return {};
  return at.offset == 0 ? std::string(at.function->name)
                        : fmt::format("{}+{}", at.function->name, at.offset);
}

}  // namespace runtime_model::golang
