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

std::string at_offset(std::string name, u64 offset) {
  return offset == 0 ? name : fmt::format("{}+{:#x}", name, offset);
}

}  // namespace

Names::Names(const Views& rt, const Layouts& layouts, const Globals& globals,
             const SymbolTable& symbols)
    : rt_(rt), layouts_(layouts), symbols_(symbols) {
  add_globals(globals);
  refresh();
}

void Names::add(Addr at, std::string_view go_type, Kind kind, std::string name) {
  const StructLayout* type = layouts_.find(go_type);
  if (at == Addr() || type == nullptr) return;
  objects_.insert_or_assign(at, Object{kind, layouts_.field(*type, "")->type, std::move(name)});
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
    objects_[global.address] = Object{Kind::named, *type, std::move(name)};
  }
  if (const auto m0 = globals.address("runtime.m0")) add(*m0, "runtime.m", Kind::named, "m0");
  if (const auto g0 = globals.address("runtime.g0")) {
    add(*g0, "runtime.g", Kind::named, "m0.g0");
    gs_.push_back(*g0);
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
  const std::string name = fmt::format("m{}", m.id().get());
  add(m.address(), "runtime.m", Kind::named, name);
  for (const auto& [g, what] : {std::pair(m.g0().get(), "g0"), {m.gsignal().get(), "gsignal"}}) {
    if (g == Addr() || objects_.contains(g)) continue;
    add(g, "runtime.g", Kind::named, fmt::format("{}.{}", name, what));
    gs_.push_back(g);
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
    add(p.address(), "runtime.p", Kind::named, fmt::format("p{}", i));
    add(p.mcache().get(), "runtime.mcache", Kind::named, fmt::format("p{}.mcache", i));
  }
  if (all.len() == 0) add(rt_.mcache0().get(), "runtime.mcache", Kind::named, "mcache0");
}

/// allgs only grows (proc.go, allgadd).
void Names::add_gs() {
  const auto all = rt_.allgs();
  for (const u64 count = std::min<u64>(all.len(), kMostObjects); gs_seen_ < count; ++gs_seen_) {
    const Addr g = all[gs_seen_].get();
    add(g, "runtime.g", Kind::g, {});
    gs_.push_back(g);
  }
}

/// allspans only grows; a freed mspan stays in it and is used again (mheap.go, recordspan).
void Names::add_spans() {
  const auto all = rt_.mheap_().allspans();
  for (const u64 count = std::min<u64>(all.len(), kMostObjects); spans_seen_ < count; ++spans_seen_)
    add(all[spans_seen_].get(), "runtime.mspan", Kind::span, {});
}

/// A g that waits to be used has no goid (proc.go, gfput keeps the old one; malg's is 0).
std::string Names::object_name(Addr at, const Object& object) const {
  if (object.kind == Kind::named) return object.name;
  return tried([&] {
    if (object.kind == Kind::span)
      return fmt::format("span({})", hex(rt_.mspan(at).startAddr().get()));
    const i64 goid = rt_.g(at).goid();
    return goid == 0 ? fmt::format("g({})", hex(at)) : fmt::format("g{}", goid);
  });
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
      if (!name.empty()) return inside(std::move(name), it->second.type, offset);
    }
  }
  for (auto text : {code_name(address), on_stack(address), in_span(address)})
    if (!text.empty()) return {std::move(text), 0, {}, {}};
  return {symbols_.describe(address), 0, {}, {}};
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
  out.name = at_offset(std::move(out.name), offset);
  return out;
}

bool Names::holds(Addr g, Addr address) const {
  return tried([&] {
    const Stack stack = rt_.g(g).stack();
    return stack.lo() <= address && address < stack.hi();
  });
}

void Names::map_stacks() {
  stacks_.clear();
  for (const Addr g : gs_)
    tried([&] {
      const Addr lo = rt_.g(g).stack().lo();
      if (lo != Addr()) stacks_[lo] = g;
      return true;
    });
  stacks_fresh_ = true;
}

/// By the distance from the upper end, which does not change when the stack grows.
std::string Names::on_stack(Addr address) {
  for (int round = 0; round < 2; ++round) {
    auto it = stacks_.upper_bound(address);
    if (it != stacks_.begin() && holds(std::prev(it)->second, address)) {
      const Addr g = std::prev(it)->second;
      return tried([&] {
        return fmt::format("{}.stack.hi-{:#x}", object(g), rt_.g(g).stack().hi().get() - address);
      });
    }
    if (stacks_fresh_) break;
    map_stacks();
  }
  return {};
}

/// Which object of which span, by the arenas' span tables (mheap.go, spanOf).
std::string Names::in_span(Addr address) const {
  const u64 arena = (address.value - kArenaBase) / kArenaBytes;
  return tried([&]() -> std::string {
    if (arena >= (u64{1} << 22)) return {};
    const Addr table = rt_.mheap_().arenas(0);
    if (table == Addr()) return {};
    u64 heap_arena = 0;
    rt_.memory().read(table + arena * 8, {reinterpret_cast<u8*>(&heap_arena), 8});
    if (heap_arena == 0) return {};
    const auto spans = rt_.at<HeapArena>(Addr(heap_arena)).spans();
    const Mspan span = spans[address.value % kArenaBytes / kHeapPage];
    const u64 size = span ? span.elemsize().get() : 0;
    if (size == 0 || address < span.startAddr()) return {};
    const u64 offset = address - span.startAddr().get();
    return at_offset(fmt::format("span({})[{}]", hex(span.startAddr().get()), offset / size),
                     offset % size);
  });
}

std::string Names::code_name(Addr address) const {
  const Location at = symbols_.locate(address);
  if (!at) return {};
  return at.offset == 0 ? std::string(at.function->name)
                        : fmt::format("{}+{}", at.function->name, at.offset);
}

}  // namespace runtime_model::golang
