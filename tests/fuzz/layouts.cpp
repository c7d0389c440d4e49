// Debug information: the layouts that the DWARF of a program gives, and its functions' variables.
#include <dwarf.h>

#include <string>

#include "emulator/base/error.hpp"
#include "runtime_model/golang/debug_info.hpp"
#include "runtime_model/golang/dwarf.hpp"
#include "runtime_model/golang/libdw.hpp"
#include "tests/emulator/kernel/elf_builder.hpp"
#include "tests/fuzz/target.hpp"

namespace fuzz {
namespace {

using namespace emulator;
namespace golang = runtime_model::golang;

/// The sections .debug_abbrev and .debug_info of one unit, written entry by entry (DWARF 4, 7.5).
class Unit {
 public:
  struct Attribute {
    u8 name, form;
  };
  /// Declares an abbreviation: its number is what `entry` takes.
  u8 abbreviation(u8 tag, bool children, std::initializer_list<Attribute> attributes) {
    abbrev_.insert(abbrev_.end(), {++declared_, tag, static_cast<u8>(children)});
    for (const Attribute a : attributes) abbrev_.insert(abbrev_.end(), {a.name, a.form});
    abbrev_.insert(abbrev_.end(), {0, 0});
    return declared_;
  }
  /// Begins an entry and gives its offset in the unit, which is how others refer to it.
  u32 entry(u8 abbreviation) {
    const auto at = static_cast<u32>(kHeader + info_.size());
    info_.push_back(abbreviation);
    return at;
  }
  Unit& text(std::string_view s) {
    info_.insert(info_.end(), s.begin(), s.end());
    return byte(0);
  }
  Unit& byte(u8 value) { return info_.push_back(value), *this; }
  Unit& offset(u32 value) {
    for (unsigned i = 0; i < 4; ++i) byte(static_cast<u8>(value >> 8 * i));
    return *this;
  }

  Unit& address(u64 value) {
    for (unsigned i = 0; i < 8; ++i) byte(static_cast<u8>(value >> 8 * i));
    return *this;
  }

  Input program(u8 version) const {
    tests::ElfBuilder b;
    Input abbrev = abbrev_, info;
    abbrev.push_back(0);
    const auto put = [&info](u32 value, unsigned bytes) {
      for (unsigned i = 0; i < bytes; ++i) info.push_back(static_cast<u8>(value >> 8 * i));
    };
    put(static_cast<u32>(kHeader - 4 + info_.size()), 4);
    put(version, 2);
    if (version == 5) info.insert(info.end(), {DW_UT_compile, 8});
    put(0, 4);  // of .debug_abbrev
    if (version < 5) info.push_back(8);
    info.insert(info.end(), info_.begin(), info_.end());
    b.sections = {{".debug_abbrev", 1, 0, abbrev}, {".debug_info", 1, 0, info}};
    return b.build();
  }

 private:
  static constexpr std::size_t kHeader = 11;  // of version 4; one less than that of version 5
  Input abbrev_, info_;
  u8 declared_ = 0;
};

constexpr u64 kFunction = 0x401000, kFunctionSize = 0x40, kInlined = 0x401010;

/// A function with a parameter on its stack, and what was inlined into it with one in a register
/// and one in two of them.
void add_function(Unit& u, u32 type, u32 more) {
  constexpr u8 kText = DW_FORM_string, kRef = DW_FORM_ref4, kBlock = DW_FORM_block1;
  constexpr u8 kPc = DW_FORM_addr, kSize = DW_FORM_data1;
  const u8 function = u.abbreviation(
      DW_TAG_subprogram, true, {{DW_AT_name, kText}, {DW_AT_low_pc, kPc}, {DW_AT_high_pc, kSize}});
  const u8 parameter =
      u.abbreviation(DW_TAG_formal_parameter, false,
                     {{DW_AT_name, kText}, {DW_AT_type, kRef}, {DW_AT_location, kBlock}});
  const u8 block =
      u.abbreviation(DW_TAG_lexical_block, true, {{DW_AT_low_pc, kPc}, {DW_AT_high_pc, kSize}});
  const u8 inlined =
      u.abbreviation(DW_TAG_inlined_subroutine, true,
                     {{DW_AT_abstract_origin, kRef}, {DW_AT_low_pc, kPc}, {DW_AT_high_pc, kSize}});
  const u8 abstract = u.abbreviation(DW_TAG_subprogram, false, {{DW_AT_name, kText}});
  const u32 origin = u.entry(abstract);
  u.text("main.child");
  u.entry(function), u.text("main.add").address(kFunction).byte(kFunctionSize);
  u.entry(parameter), u.text("a").offset(type + more).byte(2).byte(DW_OP_fbreg).byte(8);
  u.entry(block), u.address(kFunction).byte(kFunctionSize);
  u.entry(parameter), u.text("&b").offset(type + more).byte(1).byte(DW_OP_call_frame_cfa);
  u.entry(inlined), u.offset(origin + more).address(kInlined).byte(8);
  u.entry(parameter), u.text("n").offset(type + more).byte(1).byte(DW_OP_reg3);
  u.entry(parameter), u.text("s").offset(type + more).byte(6);
  u.byte(DW_OP_reg0).byte(DW_OP_piece).byte(4).byte(DW_OP_breg7).byte(8).byte(DW_OP_piece);
  u.byte(0).byte(0).byte(0);
}

/// runtime.g with a number, a pointer, a struct, an array and a func, and a variable.
Input program_with_g(u8 version) {
  constexpr u8 kByte = DW_FORM_data1, kText = DW_FORM_string, kRef = DW_FORM_ref4;
  Unit u;
  const u8 unit = u.abbreviation(
      DW_TAG_compile_unit, true,
      {{DW_AT_name, kText}, {DW_AT_low_pc, DW_FORM_addr}, {DW_AT_high_pc, DW_FORM_data1}});
  const u8 base =
      u.abbreviation(DW_TAG_base_type, false,
                     {{DW_AT_name, kText}, {DW_AT_encoding, kByte}, {DW_AT_byte_size, kByte}});
  const u8 record =
      u.abbreviation(DW_TAG_structure_type, true, {{DW_AT_name, kText}, {DW_AT_byte_size, kByte}});
  const u8 member = u.abbreviation(
      DW_TAG_member, false,
      {{DW_AT_name, kText}, {DW_AT_data_member_location, kByte}, {DW_AT_type, kRef}});
  const u8 named = u.abbreviation(DW_TAG_typedef, false, {{DW_AT_name, kText}, {DW_AT_type, kRef}});
  const u8 array = u.abbreviation(
      DW_TAG_array_type, true, {{DW_AT_name, kText}, {DW_AT_byte_size, kByte}, {DW_AT_type, kRef}});
  const u8 range = u.abbreviation(DW_TAG_subrange_type, false, {{DW_AT_count, kByte}});
  const u8 pointer =
      u.abbreviation(DW_TAG_pointer_type, false, {{DW_AT_name, kText}, {DW_AT_type, kRef}});
  const u8 variable =
      u.abbreviation(DW_TAG_variable, false, {{DW_AT_name, kText}, {DW_AT_type, kRef}});
  const u8 func = u.abbreviation(DW_TAG_subroutine_type, false, {{DW_AT_name, kText}});

  // Version 5's header is a byte longer: references to entries count it.
  const u32 more = version == 5 ? 1 : 0;
  const auto refer = [more](u32 to) { return to + more; };
  u.entry(unit), u.text("runtime").address(kFunction).byte(kFunctionSize);
  const u32 number = u.entry(base);
  u.text("uint64").byte(DW_ATE_unsigned).byte(8);
  const u32 numbers = u.entry(array);
  u.text("[6]uint64").byte(48).offset(refer(number));
  u.entry(range), u.byte(6), u.byte(0);
  const u32 code = u.entry(func);
  u.text("func()");
  const u32 alias = u.entry(named);
  u.text("runtime.guintptr").offset(refer(number));
  const u32 gobuf = u.entry(record);
  u.text("runtime.gobuf").byte(16);
  u.entry(member), u.text("sp").byte(0).offset(refer(number));
  u.entry(member), u.text("g").byte(8).offset(refer(alias)).byte(0);
  const u32 g = u.entry(record);
  u.text("runtime.g").byte(96);
  u.entry(member), u.text("goid").byte(0).offset(refer(number));
  u.entry(member), u.text("sched").byte(8).offset(refer(gobuf));
  u.entry(member), u.text("ids").byte(24).offset(refer(numbers));
  u.entry(member), u.text("fn").byte(72).offset(refer(code)).byte(0);
  const u32 to_g = u.entry(pointer);
  u.text("*runtime.g").offset(refer(g));
  u.entry(variable), u.text("runtime.allgptr").offset(refer(to_g));
  add_function(u, number, more);
  u.byte(0);
  return u.program(version);
}

/// What is said of the code at a few places, and whether variables have places.
std::size_t ask_for_variables(const kernel::ElfImage& image) {
  golang::Layouts layouts;
  golang::DebugInfo info(golang::DwarfFile::open(image), layouts);
  golang::LocationContext context;
  context.cfa = 0x7000;
  context.reg = [](unsigned n) { return n < 16 ? std::optional<u64>(n) : std::nullopt; };
  context.word = [](Addr a) { return std::optional<u64>(a.value); };
  std::size_t found = 0;
  for (const u64 pc : {kFunction, kInlined, kFunction + kFunctionSize}) {
    context.pc = Addr(pc);
    for (const auto& scope : std::vector(info.scopes_at(Addr(pc))))
      for (const auto& v : scope.variables) {
        info.complete(v.type);
        found += info.locate(v, context, layouts.type(v.type).size).size();
      }
  }
  (void)info.global_type("runtime.allgptr");
  (void)info.type_at(Addr(0x1000));
  return found;
}

}  // namespace

void run_layouts(Bytes input) {
  static const golang::LibDw loaded_once;
  const Input file(input.begin(), input.end());
  try {
    const auto layouts = golang::layouts_from_dwarf(kernel::parse_elf(file));
    if (layouts && layouts->find("runtime.g") == nullptr) fail("layouts without runtime.g");
    (void)ask_for_variables(kernel::parse_elf(file));
  } catch (const base::UserError&) {
  }
}

std::vector<Input> layouts_seeds() {
  std::vector<Input> seeds;
  for (const u8 version : {u8{4}, u8{5}}) {
    const Input file = program_with_g(version);
    if (!golang::layouts_from_dwarf(kernel::parse_elf(file))) fail("a seed without layouts");
    // "a" and "b" at two places, "n" and the parts of "s" at one.
    constexpr std::size_t kPieces = 7;
    if (ask_for_variables(kernel::parse_elf(file)) != kPieces) fail("a seed without variables");
    seeds.push_back(file);
  }
  return seeds;
}

}  // namespace fuzz
