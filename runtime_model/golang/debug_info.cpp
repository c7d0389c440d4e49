#include "runtime_model/golang/debug_info.hpp"

#include <algorithm>

namespace runtime_model::golang {

namespace {

constexpr int kMaxDepth = 64;  // blocks in blocks
constexpr std::size_t kMostVariables = 10'000, kMostRanges = 1u << 20;
constexpr int kMaxOrigins = 4;  // an entry that describes itself by another

bool in(u64 from, u64 to, Addr pc) { return from <= pc.value && pc.value < to; }

}  // namespace

DebugInfo::DebugInfo(std::unique_ptr<DwarfFile> file, Layouts& layouts)
    : DwarfAsker(file->library), file_(std::move(file)) {
  if (!*file_) return;
  begin();
  types_ = std::make_unique<ProgramTypes>(file_->library, file_->dwarf(), layouts);
  read_units();
}

void DebugInfo::add_ranges(Dwarf_Die& die, Dwarf_Off entry, std::size_t unit,
                           std::vector<Range>& out) {
  Dwarf_Addr base = 0, from = 0, to = 0;
  for (ptrdiff_t at = 0; out.size() < kMostRanges && visit();) {
    at = dw.dwarf_ranges(&die, at, &base, &from, &to);
    if (at <= 0) break;
    out.push_back({from, to, entry, unit});
  }
}

void DebugInfo::read_units() {
  Dwarf_Off at = 0, next = 0;
  std::size_t header = 0;
  for (; dw.dwarf_nextcu(file_->dwarf(), at, &next, &header, nullptr, nullptr, nullptr) == 0;
       at = next) {
    Dwarf_Die unit;
    if (next <= at || !visit()) break;
    if (dw.dwarf_offdie(file_->dwarf(), at + header, &unit) == nullptr) continue;
    units_.push_back({std::string(name_of(&unit)), at + header});
    add_ranges(unit, at + header, units_.size() - 1, ranges_);
  }
  std::ranges::stable_sort(ranges_, {}, &Range::from);
}

/// Those with code of their own; what is only ever inlined has none.
const std::vector<DebugInfo::Range>& DebugInfo::functions_of(std::size_t unit) {
  const auto [it, fresh] = functions_.try_emplace(unit);
  std::vector<Range>& out = it->second;
  Dwarf_Die root, die;
  if (!fresh || dw.dwarf_offdie(file_->dwarf(), units_[unit].entry, &root) == nullptr) return out;
  for (int more = dw.dwarf_child(&root, &die); more == 0 && visit();
       more = dw.dwarf_siblingof(&die, &die))
    if (dw.dwarf_tag(&die) == DW_TAG_subprogram)
      add_ranges(die, dw.dwarf_dieoffset(&die), unit, out);
  std::ranges::stable_sort(out, {}, &Range::from);
  return out;
}

bool DebugInfo::holds(Dwarf_Die& die, Addr pc) const {
  Dwarf_Addr base = 0, from = 0, to = 0;
  std::size_t count = 0;
  for (ptrdiff_t at = 0; ++count < kMostRanges;) {
    at = dw.dwarf_ranges(&die, at, &base, &from, &to);
    if (at <= 0) return false;
    if (in(from, to, pc)) return true;
  }
  return false;
}

/// The entry that says what a copy of it leaves unsaid.
Dwarf_Die DebugInfo::origin_of(Dwarf_Die die) const {
  for (int i = 0; i < kMaxOrigins; ++i) {
    Dwarf_Attribute found;
    Dwarf_Die origin;
    if (dw.dwarf_attr(&die, DW_AT_abstract_origin, &found) == nullptr ||
        dw.dwarf_formref_die(&found, &origin) == nullptr)
      break;
    die = origin;
  }
  return die;
}

void DebugInfo::add_variable(Dwarf_Die& die, VariableScope& scope, bool parameter) {
  if (scope.variables.size() >= kMostVariables) return;
  Dwarf_Die origin = origin_of(die), type;
  LocalVariable v;
  v.name = name_of(&origin);
  if (v.name.empty() || !type_of(&origin, type)) return;
  // A variable that escapes is described by the pointer to it (cmd/compile/internal/dwarfgen).
  v.in_heap = v.name.starts_with('&');
  if (v.in_heap) v.name.erase(0, 1);
  v.parameter = parameter;
  v.result = flag_of(&origin, DW_AT_variable_parameter);
  v.line = static_cast<i64>(number_of(&origin, DW_AT_decl_line).value_or(0));
  v.type = types_->of(type);
  v.entry = dw.dwarf_dieoffset(&die);
  scope.variables.push_back(std::move(v));
}

void DebugInfo::collect(Dwarf_Die& die, Addr pc, std::size_t scope, int depth) {
  Dwarf_Die child;
  if (depth > kMaxDepth) return;
  for (int more = dw.dwarf_child(&die, &child); more == 0 && visit();
       more = dw.dwarf_siblingof(&child, &child)) {
    const int tag = dw.dwarf_tag(&child);
    if (tag == DW_TAG_formal_parameter || tag == DW_TAG_variable)
      add_variable(child, scopes_[scope], tag == DW_TAG_formal_parameter);
    if (tag == DW_TAG_lexical_block && holds(child, pc)) collect(child, pc, scope, depth + 1);
    if (tag == DW_TAG_inlined_subroutine && holds(child, pc)) {
      Dwarf_Die origin = origin_of(child);
      scopes_.push_back({std::string(name_of(&origin)), {}});
      collect(child, pc, scopes_.size() - 1, depth + 1);
    }
  }
}

const std::vector<VariableScope>& DebugInfo::scopes_at(Addr pc) {
  if (scopes_of_ == pc) return scopes_;
  begin();
  scopes_.clear();
  scopes_of_ = pc;
  const auto around = [pc](const std::vector<Range>& all) -> const Range* {
    const auto it = std::ranges::upper_bound(all, pc.value, {}, &Range::from);
    return it == all.begin() || !in(it[-1].from, it[-1].to, pc) ? nullptr : &it[-1];
  };
  const Range* unit = around(ranges_);
  const Range* function = unit == nullptr ? nullptr : around(functions_of(unit->unit));
  Dwarf_Die die;
  if (function == nullptr || dw.dwarf_offdie(file_->dwarf(), function->entry, &die) == nullptr)
    return scopes_;
  Dwarf_Die origin = origin_of(die);
  scopes_.push_back({std::string(name_of(&origin)), {}});
  collect(die, pc, 0, 0);
  return scopes_;
}

void DebugInfo::complete(TypeId id) {
  if (types_) types_->complete(id);
}

std::optional<TypeId> DebugInfo::type_at(Addr runtime_type) {
  constexpr unsigned kGoRuntimeType = 0x2904;  // cmd/internal/dwarf/dwarf.go
  if (!types_) return std::nullopt;
  if (!runtime_types_) {
    begin();
    runtime_types_.emplace();
    for (const UnitName& unit : units_) {
      Dwarf_Die root, die;
      if (dw.dwarf_offdie(file_->dwarf(), unit.entry, &root) == nullptr) continue;
      for (int more = dw.dwarf_child(&root, &die); more == 0 && visit();
           more = dw.dwarf_siblingof(&die, &die)) {
        Dwarf_Attribute found;
        Dwarf_Addr at = 0;
        if (dw.dwarf_attr(&die, kGoRuntimeType, &found) != nullptr &&
            dw.dwarf_formaddr(&found, &at) == 0 && at != 0)
          runtime_types_->emplace(at, dw.dwarf_dieoffset(&die));
      }
    }
  }
  const auto it = runtime_types_->find(runtime_type.value);
  Dwarf_Die type;
  if (it == runtime_types_->end() || dw.dwarf_offdie(file_->dwarf(), it->second, &type) == nullptr)
    return std::nullopt;
  return types_->of(type);
}

/// The unit is named as its package, which is what stands before the first dot behind the last
/// slash.
std::optional<TypeId> DebugInfo::global_type(const std::string& name) {
  const auto [it, fresh] = globals_.try_emplace(name);
  if (!fresh || !types_) return it->second;
  begin();
  const auto slash = name.rfind('/');
  const auto dot = name.find('.', slash == name.npos ? 0 : slash);
  const std::string package = name.substr(0, dot);
  for (const UnitName& unit : units_) {
    Dwarf_Die root, die, type;
    if (unit.name != package || dw.dwarf_offdie(file_->dwarf(), unit.entry, &root) == nullptr)
      continue;
    for (int more = dw.dwarf_child(&root, &die); more == 0 && visit();
         more = dw.dwarf_siblingof(&die, &die))
      if (dw.dwarf_tag(&die) == DW_TAG_variable && name_of(&die) == name && type_of(&die, type))
        return it->second = types_->of(type);
  }
  return it->second;
}

}  // namespace runtime_model::golang
