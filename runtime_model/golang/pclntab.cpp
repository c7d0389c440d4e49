#include "runtime_model/golang/pclntab.hpp"

#include <algorithm>

#include "emulator/kernel/bytes.hpp"
#include "runtime_model/golang/moduledata.hpp"

namespace runtime_model::golang {

using namespace emulator;
using kernel::Bytes;
using kernel::ElfImage;
using kernel::load;
using kernel::slice;
using kernel::tail;

namespace {

constexpr u64 kMostSteps = u64{1} << 20;  // of one pc-value table; no real function comes near
constexpr int kMostCandidates = 64;       // a file made to look like many tables ends the search
constexpr u64 kHeader = 8;  // magic, two zero bytes, instruction quantum, pointer size

std::optional<PclntabLayout> layout_of(Bytes bytes) {
  const auto magic = load<u32>(bytes, 0);
  const auto rest = load<u32>(bytes, 4);
  if (!magic || rest != 0x0801'0000) return std::nullopt;  // 0, 0, quantum 1, pointers of 8 bytes
  switch (*magic) {
    case 0xfffffffb:
      return PclntabLayout::go12;
    case 0xfffffffa:
      return PclntabLayout::go116;
    case 0xfffffff0:
      return PclntabLayout::go118;
    case 0xfffffff1:
      return PclntabLayout::go120;
    default:
      return std::nullopt;
  }
}

/// Reads base-128 varints front to back (encoding/binary's Uvarint).
struct VarintReader {
  Bytes rest;

  std::optional<u32> next() {
    u32 value = 0;
    for (unsigned shift = 0; shift < 35 && !rest.empty(); shift += 7) {
      const u8 byte = rest.front();
      rest = rest.subspan(1);
      value |= static_cast<u32>(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }
};

/// One step of a pc-value table: the value changes by `delta`, then holds for `length` bytes of
/// code.
struct PcStep {
  u32 raw = 0;  // the delta before zigzag decoding: 0 ends the table, but for the first step
  i32 delta = 0;
  u32 length = 0;
};

std::optional<PcStep> next_step(VarintReader& in) {
  const auto raw = in.next();
  const auto length = raw ? in.next() : std::nullopt;
  if (!length) return std::nullopt;
  const u32 decoded = (*raw >> 1) ^ (0 - (*raw & 1));
  return PcStep{*raw, static_cast<i32>(decoded), *length};
}

/// What a pc-value table says of a function that starts at `at`, in address order, until `visit`
/// returns true.
template <class Visit>
void walk_values(Bytes table, Addr at, Visit visit) {
  VarintReader in{table};
  u32 value = ~u32{0};
  for (u64 step = 0; step < kMostSteps; ++step) {
    const auto s = next_step(in);
    if (!s || (s->raw == 0 && step != 0)) return;
    value += static_cast<u32>(s->delta);
    const Addr from = at;
    at += s->length;
    if (visit(PcValue{from, at, static_cast<i32>(value)})) return;
  }
}

bool is_executable(const ElfImage& image, Addr address) {
  return std::ranges::any_of(image.segments, [&](const auto& s) {
    return s.executable && address >= s.address && address <= s.end();
  });
}

}  // namespace

/// The fields of a `_func` that matter here. (runtime/runtime2.go, type _func)
struct Pclntab::Record {
  bool valid = false;
  u32 name = 0, pcsp = 0, pcfile = 0, pcln = 0, npcdata = 0, unit = 0;
  u8 nfuncdata = 0;
};

std::optional<Pclntab> Pclntab::find(const ElfImage& image) {
  for (const std::string_view name : {".gopclntab", ".data.rel.ro.gopclntab"}) {
    const kernel::ElfSection* section = image.section(name);
    if (section == nullptr) continue;
    if (auto table = read(image, section->bytes, section->address)) {
      table->by_section_ = true;
      return table;
    }
  }
  // Code last: only some outside linkers put read-only data beside it.
  int candidates = 0;
  for (const bool executable : {false, true}) {
    for (const kernel::ElfSegment& segment : image.segments) {
      if (segment.executable != executable) continue;
      for (u64 at = (0 - segment.address.value) & 7; at < segment.bytes.size(); at += 8) {
        const Bytes bytes = tail(segment.bytes, at);
        if (!layout_of(bytes)) continue;
        if (++candidates > kMostCandidates) return std::nullopt;
        if (auto table = read(image, bytes, segment.address + at)) return table;
      }
    }
  }
  return std::nullopt;
}

std::optional<Pclntab> Pclntab::read(const ElfImage& image, Bytes bytes, Addr address) {
  Pclntab table;
  table.address_ = address;
  if (!table.read_header(bytes) || !table.find_text(image) || !table.check(image))
    return std::nullopt;
  return table;
}

bool Pclntab::read_header(Bytes bytes) {
  const auto layout = layout_of(bytes);
  if (!layout) return false;
  layout_ = *layout;
  table_ = bytes;
  u64 at = kHeader;
  const auto word = [&] { return load<u64>(bytes, (at += 8) - 8); };
  const auto count = word();
  if (!count || *count == 0 || *count > bytes.size() / index_stride()) return false;
  count_ = static_cast<u32>(*count);
  if (layout_ == PclntabLayout::go12) return read_go12();
  word();  // number of files
  if (layout_ >= PclntabLayout::go118) text_start_ = Addr(word().value_or(0));
  const auto names = word(), units = word(), files = word(), pctab = word(), functab = word();
  if (!functab || *functab > bytes.size()) return false;
  if (*names > *units || *units > *files || *files > *pctab || *pctab > *functab) return false;
  names_ = bytes.subspan(*names, *units - *names);
  units_ = bytes.subspan(*units, *files - *units);
  files_ = bytes.subspan(*files, *pctab - *files);
  pctab_ = bytes.subspan(*pctab, *functab - *pctab);
  functab_ = bytes.subspan(*functab);
  return (u64{count_} + 1) * index_stride() <= functab_.size();
}

/// Before 1.16 all offsets count from the start of the table, and one list of files serves all
/// units.
bool Pclntab::read_go12() {
  names_ = pctab_ = files_ = table_;
  functab_ = tail(table_, kHeader + 8);
  const auto list = load<u32>(functab_, u64{count_} * index_stride() + 8);
  if (!list) return false;
  units_ = tail(table_, *list);
  return true;
}

/// 1.18 to 1.25 write the text's address into the header; since 1.26 only the module data has it.
bool Pclntab::find_text(const ElfImage& image) {
  if (layout_ < PclntabLayout::go118 || text_start_ != Addr()) return true;
  const u64 first = entry(0) - Addr();
  if (const auto text = moduledata_text(image, address_, first)) {
    text_start_ = *text;
    return true;
  }
  if (const auto* section = image.section(".text")) text_start_ = section->address;
  return text_start_ != Addr();
}

bool Pclntab::check(const ElfImage& image) const {
  Addr last = entry(0);
  for (u32 i = 1; i <= count_; ++i) {
    const Addr next = entry(i);
    if (next < last) return false;
    last = next;
  }
  return is_executable(image, entry(0)) && is_executable(image, last) && !name(0).empty();
}

u64 Pclntab::index_stride() const { return layout_ >= PclntabLayout::go118 ? 8 : 16; }

Addr Pclntab::entry(u32 index) const {
  const u64 at = index * index_stride();
  if (layout_ >= PclntabLayout::go118) return text_start_ + load<u32>(functab_, at).value_or(0);
  return Addr(load<u64>(functab_, at).value_or(0));
}

Pclntab::Record Pclntab::record(u32 index) const {
  if (index >= count_) return {};
  const bool wide =
      layout_ < PclntabLayout::go118;  // the record starts with 8 bytes of entry, not 4
  const u64 at = u64{index} * index_stride();
  const u64 offset = wide ? load<u64>(functab_, at + 8).value_or(~u64{0})
                          : load<u32>(functab_, at + 4).value_or(~u32{0});
  struct Fields {
    u32 name, args, deferreturn, pcsp, pcfile, pcln, npcdata, unit;
  };
  const Bytes records = layout_ == PclntabLayout::go12 ? table_ : functab_;
  const auto fields = load<Fields>(tail(records, offset), wide ? 8 : 4);
  if (!fields) return {};
  const u64 counts = wide ? 43 : layout_ >= PclntabLayout::go120 ? 43 : 39;
  return {true,         fields->name,
          fields->pcsp, fields->pcfile,
          fields->pcln, fields->npcdata,
          fields->unit, load<u8>(tail(records, offset), counts).value_or(0)};
}

std::string_view Pclntab::name(u32 index) const {
  const Record r = record(index);
  return r.valid ? name_at(r.name) : std::string_view{};
}

std::string_view Pclntab::file_name(u32 unit, i32 number) const {
  const bool old = layout_ == PclntabLayout::go12;  // the list's word 0 is its length
  if (number < (old ? 1 : 0)) return {};
  const u64 at = (u64{old ? 0 : unit} + static_cast<u32>(number)) * 4;
  const auto offset = load<u32>(units_, at);
  if (!offset || *offset == ~u32{0}) return {};
  return kernel::c_string(files_, *offset).value_or(std::string_view{});
}

std::string_view Pclntab::file(u32 index) const {
  const Record r = record(index);
  VarintReader in{tail(pctab_, r.pcfile)};
  const auto first = r.valid && r.pcfile != 0 ? next_step(in) : std::nullopt;
  return first ? file_name(r.unit, first->delta - 1) : std::string_view{};
}

std::optional<i32> Pclntab::value_at(u32 table, Addr start, Addr pc) const {
  std::optional<i32> found;
  if (table != 0)
    walk_values(tail(pctab_, table), start, [&](const PcValue& v) {
      if (pc < v.to) found = v.value;
      return found.has_value();
    });
  return found;
}

std::optional<u32> Pclntab::index_of(Addr pc) const {
  if (count_ == 0 || pc < entry(0) || pc >= entry(count_)) return std::nullopt;
  u32 low = 0, high = count_;  // entry(low) <= pc < entry(high)
  while (high - low > 1) {
    const u32 middle = low + (high - low) / 2;
    (entry(middle) <= pc ? low : high) = middle;
  }
  return low;
}

std::optional<SourceLine> Pclntab::line(Addr pc) const {
  const auto index = index_of(pc);
  if (!index) return std::nullopt;
  const Record r = record(*index);
  if (!r.valid) return std::nullopt;
  const auto file = value_at(r.pcfile, entry(*index), pc);
  const auto line = value_at(r.pcln, entry(*index), pc);
  if (!file || !line) return std::nullopt;
  const std::string_view name = file_name(r.unit, *file);
  if (name.empty()) return std::nullopt;
  return SourceLine{name, *line};
}

std::optional<u64> Pclntab::frame_size(Addr pc) const {
  const auto index = index_of(pc);
  const Record r = index ? record(*index) : Record();
  const auto size = r.valid ? value_at(r.pcsp, entry(*index), pc) : std::nullopt;
  return size && *size >= 0 ? std::optional<u64>(static_cast<u64>(*size)) : std::nullopt;
}

/// Behind the fixed part of a `_func`: npcdata words of tables, then the words of its funcdata.
/// The two counts lie before them, npcdata among the fields, nfuncdata right in front.
std::span<const u8> Pclntab::extras(u32 index) const {
  if (index >= count_ || layout_ < PclntabLayout::go118) return {};
  const u64 offset = load<u32>(functab_, u64{index} * index_stride() + 4).value_or(~u32{0});
  // From 1.20 on the function's first line stands in between.
  return tail(functab_, offset + (layout_ >= PclntabLayout::go120 ? 44 : 40));
}

std::vector<PcValue> Pclntab::pcdata(u32 index, unsigned which) const {
  std::vector<PcValue> out;
  const Bytes words = extras(index);
  const Record r = record(index);
  const auto table = which < r.npcdata ? load<u32>(words, u64{4} * which) : std::nullopt;
  if (!table || *table == 0) return out;
  walk_values(tail(pctab_, *table), entry(index), [&](const PcValue& v) {
    out.push_back(v);
    return false;
  });
  return out;
}

std::optional<u32> Pclntab::funcdata(u32 index, unsigned which) const {
  const Bytes words = extras(index);
  const Record r = record(index);
  if (!r.valid || words.empty() || which >= r.nfuncdata) return std::nullopt;
  const auto offset = load<u32>(words, 4 * (u64{r.npcdata} + which));
  return offset == ~u32{0} ? std::nullopt : offset;
}

std::string_view Pclntab::name_at(u32 offset) const {
  return kernel::c_string(names_, offset).value_or(std::string_view{});
}

}  // namespace runtime_model::golang
