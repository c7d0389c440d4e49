// From a name to what it calls: the other way round than names.cpp.
#include <algorithm>
#include <cctype>

#include "emulator/base/hex.hpp"
#include "runtime_model/golang/names.hpp"

namespace runtime_model::golang {

namespace {

constexpr u64 kMostObjects = u64{1} << 22;  // of a list in the guest's memory

/// A word of Go's: letters, digits, "_", the middle dot.
std::string_view word_of(std::string_view text) {
  const auto end = std::ranges::find_if_not(text, [](char c) {
    const auto u = static_cast<unsigned char>(c);
    return std::isalnum(u) != 0 || c == '_' || u >= 0x80;
  });
  return {text.begin(), end};
}

bool take(std::string_view& text, std::string_view front) {
  if (!text.starts_with(front)) return false;
  text.remove_prefix(front.size());
  return true;
}

}  // namespace

std::optional<FoundPlace> Names::find(const ObjectName& name) const {
  const auto typed = [&](Addr at, std::string_view type) -> std::optional<FoundPlace> {
    const StructLayout* known = layouts_.find(type);
    if (at == Addr() || known == nullptr) return std::nullopt;
    return FoundPlace{at, layouts_.field(*known, "")->type};
  };
  using K = ObjectName::Kind;
  try {
    switch (name.kind) {
      case K::g: {
        const auto all = rt_.allgs();
        for (u64 i = 0; name.number != 0 && i < std::min<u64>(all.len(), kMostObjects); ++i)
          if (const G g = all[i]; g && static_cast<u64>(g.goid()) == name.number)
            return typed(g.address(), "runtime.g");
        break;
      }
      case K::m: {
        M m = rt_.allm();
        for (u64 i = 0; m && i < kMostObjects; ++i, m = m.alllink())
          if (static_cast<u64>(m.id()) == name.number) return typed(m.address(), "runtime.m");
        // Before the runtime has made its list there is m0 all the same.
        if (name.number == 0) return typed(rt_.m0().address(), "runtime.m");
        break;
      }
      case K::p:  // those beyond the length are dead, but there
        if (name.number < std::max<u64>(rt_.allp().len(), rt_.allp().cap()))
          return typed(rt_.allp(name.number).get(), "runtime.p");
        break;
      case K::g_at:
        return typed(Addr(name.number), "runtime.g");
      case K::span:
        return typed(span_of(Addr(name.number)).address(), "runtime.mspan");
    }
  } catch (const std::exception&) {  // the lists cannot be read: nothing is there yet
  }
  return std::nullopt;
}

std::optional<FoundPlace> Names::find_variable(std::string_view name) const {
  for (const std::string& full : {std::string(name), "runtime." + std::string(name)})
    if (const auto at = globals_.address(full))
      return FoundPlace{*at, layouts_.variable_type(full).value_or(0)};
  return std::nullopt;
}

/// As mspan.isFree has it (mheap.go): what lies before freeindex is in use, behind it what
/// allocBits say. Outside of the heap things are there when their memory is.
bool Names::is_made(Addr address) const {
  constexpr u64 kHeapStart = 0xc000000000;  // the first arena's hint (malloc.go, mallocinit)
  const auto byte = [&](Addr a) {
    u8 b = 0;
    rt_.memory().read(a, {&b, 1});
    return b;
  };
  try {
    (void)byte(address);
    const Mspan span = span_of(address);
    if (!span) return address.value < kHeapStart || address.value >= kHeapStart + (u64{1} << 40);
    if (span.state() != 1) return span.state() != 0;  // mSpanInUse; a stack's is manual
    const u64 index = (address - span.startAddr().get()) / span.elemsize();
    if (index < span.freeindex()) return true;
    const Addr bits = span.allocBits();
    return bits != Addr() && (byte(bits + index / 8) >> (index % 8) & 1) != 0;
  } catch (const std::exception&) {
    return false;
  }
}

/// Reads one name, from its front to its end.
class NameReader {
 public:
  NameReader(const Names& names, std::string_view text) : names_(names), rest_(text) {}

  std::optional<FoundPlace> whole() {
    (void)take(rest_, "&");
    if (!root() && !symbol()) return std::nullopt;
    while (!rest_.empty()) {
      const bool good = take(rest_, ".")   ? field(word())
                        : take(rest_, "[") ? index()
                        : take(rest_, "+") ? offset()
                                           : take(rest_, "-") && below();
      if (!good) return std::nullopt;
    }
    return at_;
  }

 private:
  const Layouts& layouts() const { return names_.layouts_; }
  const StructLayout& type() const { return layouts().type(at_.type); }
  u64 read(Addr a) const {
    u64 value = 0;
    names_.rt_.memory().read(a, {reinterpret_cast<u8*>(&value), sizeof value});
    return value;
  }
  bool become(std::optional<FoundPlace> found) {
    if (found) at_ = *found;
    return found.has_value();
  }
  std::string_view word() {
    const std::string_view w = word_of(rest_);
    rest_.remove_prefix(w.size());
    return w;
  }

  /// An object, an object by its type and address, or the longest text that is a variable's name.
  bool root() {
    if (const auto object = ObjectName::take(rest_)) return become(names_.find(*object));
    if (take(rest_, "(*")) {
      const std::string_view name = rest_.substr(0, rest_.find(')'));
      const StructLayout* known = layouts().find(name);
      rest_.remove_prefix(name.size());
      if (known == nullptr || !take(rest_, ")(")) return false;
      const auto address = take_number(rest_);
      at_ = {Addr(address.value_or(0)), layouts().field(*known, "")->type};
      return address && take(rest_, ")");
    }
    for (std::size_t n = rest_.size(); n > 0; --n)
      if (become(names_.find_variable(rest_.substr(0, n))) && ends_at(n)) {
        rest_.remove_prefix(n);
        return true;
      }
    return false;
  }
  bool ends_at(std::size_t n) const {
    return n == rest_.size() || word_of(rest_.substr(n)).empty();
  }

  /// A function or a variable that only the symbol table knows, or a bare address.
  bool symbol() {
    for (std::size_t n = rest_.size(); n > 0; --n) {
      const std::string_view name = rest_.substr(0, n);
      const Function* function = names_.symbols_.function(name);
      const DataSymbol* data = names_.symbols_.data(name);
      if (function == nullptr && data == nullptr) continue;
      at_ = {function != nullptr ? function->entry : data->address, 0};
      rest_.remove_prefix(n);
      return true;
    }
    const auto address = take_number(rest_);
    at_ = {Addr(address.value_or(0)), 0};
    return address.has_value();
  }

  /// A member of the struct, or of what is embedded or boxed in it; pointers are followed.
  bool field(std::string_view name) {
    if (type().kind == Kind::pointer && type().name.starts_with("*")) {
      const StructLayout* to = layouts().find(std::string_view(type().name).substr(1));
      const Addr target(read(at_.address));
      if (to == nullptr || target == Addr()) return false;
      at_ = {target, layouts().field(*to, "")->type};
    }
    if (type().kind == Kind::slice || type().kind == Kind::string) {
      constexpr std::string_view kWords[] = {"ptr", "len", "cap"};
      const auto* const w = std::ranges::find(kWords, name);
      at_ = {at_.address + static_cast<u64>(w - std::begin(kWords)) * 8, 0};
      return w != std::end(kWords);
    }
    return member(at_.type, at_.address, name, 0);
  }
  bool member(TypeId type, Addr at, std::string_view name, int depth) {
    constexpr int kMostBoxes = 4;
    const StructLayout& t = layouts().type(type);
    for (const Member& m : t.members)
      if (m.name == name) return become(FoundPlace{at + m.offset, m.type});
    for (const Member& m : t.members)
      if (depth < kMostBoxes && (t.members.size() == 1 || m.name == "gList") &&
          member(m.type, at + m.offset, name, depth + 1))
        return true;
    return false;
  }

  bool index() {
    const auto i = take_number(rest_);
    if (!i || !take(rest_, "]")) return false;
    if (type().name == "runtime.mspan") {
      const Mspan span = names_.rt_.mspan(at_.address);
      at_ = {span.startAddr().get() + *i * span.elemsize(), 0};
      return true;
    }
    if (type().kind != Kind::array || *i >= type().count) return false;
    at_ = {at_.address + *i * layouts().type(type().element).size, type().element};
    return true;
  }

  bool offset() {
    const auto n = take_number(rest_);
    at_ = {at_.address + n.value_or(0), 0};
    return n.has_value();
  }
  /// "g1.stack.hi-0x28" is below where that points.
  bool below() {
    const auto n = take_number(rest_);
    at_ = {Addr(read(at_.address) - n.value_or(0)), 0};
    return n.has_value();
  }

  const Names& names_;
  std::string_view rest_;
  FoundPlace at_;
};

std::optional<FoundPlace> Names::find(std::string_view name) const {
  try {
    return NameReader(*this, name).whole();
  } catch (const std::exception&) {  // it leads through memory that cannot be read
    return std::nullopt;
  }
}

}  // namespace runtime_model::golang
