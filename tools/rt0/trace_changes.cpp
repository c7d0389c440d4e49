#include "tools/rt0/trace_changes.hpp"

#include <algorithm>

namespace rt0 {

namespace tf = traces::format;
using emulator::Addr;
using emulator::u32;
using emulator::u64;
using emulator::u8;
using emulator::base::kPageSize;
using emulator::cpu::Effect;
using emulator::cpu::Effects;
using emulator::cpu::PlaceKind;
using emulator::cpu::Registers;
using emulator::machine::Between;
using emulator::machine::KernelWrites;
using emulator::memory::Change;
using emulator::memory::Region;

namespace {

void set_vector(tf::Changes& into, unsigned index, std::span<const u64, 4> value, bool upper) {
  if (upper)
    into.set(tf::ymm(index), value);
  else
    into.set(tf::xmm(index), value.first(2));
}

std::string protection_text(u8 protection) {
  using namespace emulator::memory;
  std::string text = "---";
  if (protection & kRead) text[0] = 'r';
  if (protection & kWrite) text[1] = 'w';
  if (protection & kExec) text[2] = 'x';
  return text;
}

std::string_view why_text(Between::Why why) {
  switch (why) {
    case Between::Why::part:
      return "part";
    case Between::Why::signal:
      return "signal";
    case Between::Why::resume:
      return "resume";
  }
  return {};
}

/// Of a longer range, all pages that have been touched are looked through.
constexpr u64 kManyPages = 1 << 16;

bool all_zero(std::span<const u8> bytes) {
  return std::ranges::all_of(bytes, [](u8 b) { return b == 0; });
}

}  // namespace

void ChangeRecorder::listen(emulator::machine::Observer& observer) {
  observer.on.changed = [this](Change what, Addr start, u64 length) {
    // Bytes are the effects of instructions, or in the journal of what the kernel wrote; whole
    // pages may have been given other contents without that (MADV_DONTNEED, mremap).
    const bool pages = start.value % kPageSize == 0 && length % kPageSize == 0;
    if ((what == Change::contents && !pages) || length == 0) return;
    const auto same = [&](const Range& r) {
      return r.what == what && r.start == start.value && r.size == length;
    };
    if (std::ranges::none_of(noted_, same)) noted_.push_back({what, start.value, length});
  };
}

// -- effects --

void ChangeRecorder::effects(tf::Changes& into, const Effects& effects,
                             const KernelWrites* writes) {
  for (const Effect& e : effects) effect(into, effects, e);
  if (writes == nullptr) return;
  for (const auto& [address, value] : *writes) bytes(into, tf::Access::Write, address, value);
}

void ChangeRecorder::effect(tf::Changes& into, const Effects& all, const Effect& e) {
  switch (e.kind) {
    case PlaceKind::gpr:
      if (e.before[0] != e.after[0]) into.set(tf::gpr(e.index), e.after[0]);
      break;
    case PlaceKind::ymm:
      if (e.before != e.after)
        set_vector(into, e.index, e.after, e.before[2] != e.after[2] || e.before[3] != e.after[3]);
      break;
    case PlaceKind::flags:
      if (e.value_before() != e.value_after()) into.set(tf::Reg::rflags, e.value_after());
      break;
    case PlaceKind::fs_base:
      into.set(tf::Reg::fs_base, e.after[0]);
      break;
    case PlaceKind::gs_base:
      into.set(tf::Reg::gs_base, e.after[0]);
      break;
    case PlaceKind::mxcsr:
      into.set(tf::Reg::mxcsr, e.after[0]);
      break;
    case PlaceKind::memory_read:
    case PlaceKind::memory_write: {
      if (e.is_range()) return range(into, all, e);
      const auto kind = e.kind == PlaceKind::memory_read ? tf::Access::Read : tf::Access::Write;
      into.extend_memory(kind, e.address,
                         std::span(reinterpret_cast<const u8*>(e.after.data()), e.size));
      break;
    }
  }
}

void ChangeRecorder::range(tf::Changes& into, const Effects& all, const Effect& e) {
  const auto kind = e.kind == PlaceKind::memory_read ? tf::Access::Read : tf::Access::Write;
  Addr at = e.address;
  all.after(e).for_each([&](const auto& run) {
    if (run.repeats)
      repeated(into, kind, at, run.size, run.word);
    else
      bytes(into, kind, at, {run.bytes, run.size});
    at = at + run.size;
  });
}

/// Where there is room for another access of at least so many bytes.
tf::Changes& ChangeRecorder::with_room(tf::Changes& into, tf::Access kind, std::size_t least) {
  tf::Changes& last = rest_.empty() ? into : rest_.back();
  if (last.room(kind) >= least) return last;
  rest_.emplace_back().why = "more";
  return rest_.back();
}

void ChangeRecorder::bytes(tf::Changes& into, tf::Access kind, Addr addr,
                           std::span<const u8> value) {
  while (!value.empty()) {
    tf::Changes& to = with_room(into, kind, 1);
    const auto part = value.first(std::min(value.size(), to.room(kind)));
    // The pieces of a range lie side by side, and a joined access is easier to read.
    to.extend_memory(kind, addr, part);
    value = value.subspan(part.size());
    addr = addr + part.size();
  }
}

void ChangeRecorder::repeated(tf::Changes& into, tf::Access kind, Addr addr, u64 size, u64 word) {
  constexpr u64 kMost = u64{1} << 31;  // a multiple of the pattern that 32 bits can say
  while (size != 0) {
    const u64 part = std::min(size, kMost);
    with_room(into, kind, tf::Changes::kPattern)
        .add_memory_repeated(kind, addr, static_cast<u32>(part), word);
    size -= part;
    addr = addr + part;
  }
}

// -- what no instruction did --

tf::State ChangeRecorder::begin(const tf::Stamp& stamp, std::string why, const Registers& regs) {
  tf::State s;
  static_cast<tf::Stamp&>(s) = stamp;
  s.why = std::move(why);
  const auto set = [&](tf::Reg reg, u64 value) {
    if (value != 0) s.set(reg, value);
  };
  for (unsigned i = 0; i < 16; ++i) set(tf::gpr(i), regs.gpr(i));
  set(tf::Reg::rflags, regs.rflags());
  set(tf::Reg::fs_base, regs.fs_base());
  set(tf::Reg::gs_base, regs.slots[emulator::cpu::kSlotGsBase]);
  set(tf::Reg::mxcsr, regs.mxcsr);
  for (unsigned i = 0; i < 16; ++i) {
    std::array<u64, 4> value;
    std::memcpy(value.data(), &regs.ymm[i], sizeof value);
    if (std::ranges::any_of(value, [](u64 v) { return v != 0; }))
      set_vector(s, i, value, value[2] != 0 || value[3] != 0);
  }
  return s;
}

void ChangeRecorder::start(tf::Writer& writer) {
  const u64 n = machine_.retired();
  for (const auto& t : machine_.kernel().threads()) {
    if (t->state == emulator::kernel::ThreadState::dead) continue;
    writer.write(tf::Event(begin({n, static_cast<u32>(t->tid)}, "start", machine_.registers(*t))));
  }
  noted_ = {{n == 0 ? Change::mapping : Change::protection, 0, emulator::memory::kUserEnd}};
  rest(writer, {n, static_cast<u32>(machine_.turn())});
}

void ChangeRecorder::rest(tf::Writer& writer, const tf::Stamp& stamp) {
  if (rest_.empty() && noted_.empty()) return;
  const auto write = [&](tf::State& s) {
    static_cast<tf::Stamp&>(s) = stamp;
    writer.write(tf::Event(s));
  };
  for (tf::State& s : rest_) write(s);
  rest_.clear();
  if (noted_.empty()) return;
  tf::State maps;
  maps.why = "map";
  for (const Range& r : noted_) mapping(maps, r);
  for (const Range& r : noted_)
    if (r.what != Change::protection) contents(maps, r);
  noted_.clear();
  write(maps);
  for (tf::State& s : rest_) write(s);
  rest_.clear();
}

void ChangeRecorder::between(tf::Writer& writer, const tf::Stamp& stamp, const Between& what) {
  tf::State s;
  static_cast<tf::Stamp&>(s) = stamp;
  s.why = why_text(what.why);
  effects(s, what.effects, &what.kernel_writes);
  writer.write(tf::Event(s));
  rest(writer, stamp);
}

// -- mappings --

/// Where the program's file has the bytes of `region`'s backing, if they are its.
std::optional<u64> ChangeRecorder::offset_in_program(const Region& region) const {
  if (!region.backing || region.backing->bytes.empty()) return std::nullopt;
  const u8* const at = region.backing->bytes.data();
  const std::less_equal<const u8*> up_to;
  if (!up_to(program_.data(), at) || !up_to(at, program_.data() + program_.size()))
    return std::nullopt;
  return static_cast<u64>(at - program_.data());
}

/// What a range has become: each region in it and each gap.
void ChangeRecorder::mapping(tf::State& into, const Range& range) const {
  const bool kept = range.what == Change::protection;
  const bool at_first = range.size == emulator::memory::kUserEnd;
  const u64 end = range.start + range.size;
  u64 at = range.start;
  const auto gap = [&](u64 to) {
    if (to > at && !kept && !at_first) into.maps.push_back({Addr(at), to - at, {}, false, 0, 0});
  };
  const auto& regions = machine_.memory().regions();
  auto it = regions.upper_bound(range.start);
  if (it != regions.begin()) --it;
  for (; it != regions.end() && it->first < end; ++it) {
    const auto& [start, region] = *it;
    if (region.end <= range.start) continue;
    const u64 from = std::max(start, range.start), to = std::min(region.end, end);
    gap(from);
    tf::Mapping map{Addr(from), to - from, protection_text(region.protection), kept, 0, 0};
    if (const auto first = offset_in_program(region); first && !kept) {
      const u64 offset = region.backing_offset + (from - start);
      const u64 size = region.backing->bytes.size();
      if (offset < size)
        map.offset = *first + offset, map.from_file = std::min(size - offset, to - from);
    }
    into.maps.push_back(std::move(map));
    at = to;
  }
  gap(end);
}

/// What it holds besides zeros and the program's bytes: other files' bytes, and pages that have
/// been touched.
void ChangeRecorder::contents(tf::State& into, const Range& range) {
  const u64 end = range.start + range.size;
  for (const auto& [start, region] : machine_.memory().regions()) {
    if (region.end <= range.start || start >= end) continue;
    if (!region.backing || offset_in_program(region)) continue;
    const u64 from = std::max(start, range.start), to = std::min(region.end, end);
    const u64 offset = region.backing_offset + (from - start);
    const auto& file = region.backing->bytes;
    if (offset < file.size())
      bytes(into, tf::Access::Write, Addr(from),
            file.subspan(offset, std::min<u64>(to - from, file.size() - offset)));
  }
  const auto visit = [&](u64 page, std::span<const u8> held) {
    const Region* const region = machine_.memory().region_at(Addr(page * kPageSize));
    if (region != nullptr && (region->backing || !all_zero(held)))
      bytes(into, tf::Access::Write, Addr(page * kPageSize), held);
  };
  const u64 first = range.start / kPageSize, last = end / kPageSize;
  if (last - first > kManyPages)
    return machine_.memory().for_each_page([&](u64 page, std::span<const u8, kPageSize> held) {
      if (page >= first && page < last) visit(page, held);
    });
  std::array<u8, kPageSize> held;
  for (u64 page = first; page < last; ++page)
    if (machine_.memory().page_touched(page) &&
        machine_.memory().peek(Addr(page * kPageSize), held))
      visit(page, held);
}

}  // namespace rt0
