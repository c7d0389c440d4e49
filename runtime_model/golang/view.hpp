/// What the typed views are made of: Ref, one field in guest memory; Ptr, a field that points to a
/// structure; Array and Slice of either; View, one structure. views.hpp has the structures.
///
/// A view is a value of three words. Reading a field costs an index into a table that was resolved
/// for the binary once, and the read itself.
#pragma once

#include <array>
#include <bit>
#include <concepts>
#include <deque>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "emulator/base/error.hpp"
#include "runtime_model/golang/layouts.hpp"
#include "runtime_model/golang/memory.hpp"

namespace runtime_model::golang {

/// What a field needs of its type: a word to read, a place, elements side by side, a slice header.
enum class Shape : u8 { scalar, place, array, slice };

/// Where one field of a view is, in one binary.
struct Slot {
  u64 offset = 0;                        ///< from the view's address
  u64 size = 0;                          ///< of the scalar, or of one element
  u64 count = 0;                         ///< elements of an array
  const std::string* missing = nullptr;  ///< what to say when this binary has no such field
};

/// A field of a view as it is declared: Go's path for it. Where releases spell it differently, all
/// spellings, with '|' between them.
struct FieldSpec {
  std::string_view paths;
  Shape shape;
};

/// A view as it is declared. `within` is the path that the view's address stands for, when the
/// struct has no name of its own: "gFree" in runtime.p.
struct ViewSpec {
  std::string_view type;
  std::string_view within;
  std::span<const FieldSpec> fields;
};

class Globals;
class Tables;

/// What all views and fields carry along.
struct Place {
  Memory* memory = nullptr;
  const Tables* tables = nullptr;
  Addr at;
};

[[noreturn]] void throw_missing(const std::string& what);

/// A field that is a number, a bool, or an address. Reads zero-extend or, for a signed T,
/// sign-extend when the release at hand has a smaller type than T.
template <class T>
class Ref {
 public:
  static constexpr Shape kShape = Shape::scalar;
  Ref(Place view, const Slot& slot)
      : memory_(view.memory),
        missing_(slot.missing),
        at_(view.at + slot.offset),
        size_(slot.size) {}

  /// Throws base::Unimplemented, with the field's and the release's name, when the release has no
  /// such field.
  T get() const {
    u64 raw = 0;
    check();
    memory_->read(at_, {reinterpret_cast<u8*>(&raw), size_});
    return from_raw(raw);
  }
  void set(T value) const {
    const u64 raw = to_raw(value);
    check();
    memory_->write(at_, {reinterpret_cast<const u8*>(&raw), size_});
  }
  operator T() const { return get(); }
  const Ref& operator=(T value) const { return set(value), *this; }
  const Ref& operator=(const Ref& other) const { return set(other.get()), *this; }
  Ref(const Ref&) = default;
  const Ref& operator+=(T v) const requires std::integral<T> {
    return set(static_cast<T>(get() + v)), *this;
  }
  const Ref& operator-=(T v) const requires std::integral<T> {
    return set(static_cast<T>(get() - v)), *this;
  }
  const Ref& operator|=(T v) const requires std::integral<T> {
    return set(static_cast<T>(get() | v)), *this;
  }
  const Ref& operator&=(T v) const requires std::integral<T> {
    return set(static_cast<T>(get() & v)), *this;
  }
  const Ref& operator++() const requires std::integral<T> { return *this += 1; }
  const Ref& operator--() const requires std::integral<T> { return *this -= 1; }

  /// False when this release has no such field.
  bool exists() const { return missing_ == nullptr; }
  Addr address() const { return check(), at_; }
  u64 size() const { return check(), size_; }

 protected:
  void check() const {
    if (missing_ != nullptr) [[unlikely]]
      throw_missing(*missing_);
  }
  T from_raw(u64 raw) const {
    if constexpr (std::is_same_v<T, Addr>)
      return Addr(raw);
    else if constexpr (std::is_same_v<T, bool>)
      return raw != 0;
    else if constexpr (std::is_same_v<T, double>)
      return std::bit_cast<double>(raw);
    else if constexpr (std::is_signed_v<T>) {
      const u64 unused = 64 - 8 * size_;
      return static_cast<T>(static_cast<i64>(raw << unused) >> unused);
    } else
      return static_cast<T>(raw);
  }
  static u64 to_raw(T value) {
    if constexpr (std::is_same_v<T, Addr>)
      return value.value;
    else if constexpr (std::is_same_v<T, double>)
      return std::bit_cast<u64>(value);
    else
      return static_cast<u64>(value);
  }

  Memory* memory_;
  const std::string* missing_;
  Addr at_;
  u64 size_;
};

/// A field that points to a V: a pointer, a guintptr, an unsafe.Pointer that always is one.
template <class V>
class Ptr : public Ref<Addr> {
 public:
  Ptr(Place view, const Slot& slot) : Ref<Addr>(view, slot), tables_(view.tables) {}
  Ptr(const Ptr&) = default;
  V operator*() const { return V(Place{memory_, tables_, get()}); }
  V operator->() const { return **this; }
  operator V() const { return **this; }
  explicit operator bool() const { return get() != Addr(); }
  const Ptr& operator=(Addr value) const { return set(value), *this; }
  const Ptr& operator=(const V& value) const { return set(value.address()), *this; }
  const Ptr& operator=(const Ptr& other) const { return set(other.get()), *this; }
  friend bool operator==(const Ptr& a, const Ptr& b) { return a.get() == b.get(); }
  friend bool operator==(const Ptr& a, const V& b) { return a.get() == b.address(); }
  friend bool operator==(const Ptr& a, Addr b) { return a.get() == b; }

 private:
  const Tables* tables_;
};

/// What the elements of an array or slice are spread over.
template <class E>
E element_at(Place place, u64 size, u64 i) {
  place.at += i * size;
  if constexpr (E::kShape == Shape::place)
    return E(place);
  else
    return E(place, Slot{0, size, 0, nullptr});
}

/// A field that is an array of E: Ref, Ptr, Slice, or a view. A field that is an E in some releases
/// and an array in others counts as an array of one there.
template <class E>
class Array {
 public:
  static constexpr Shape kShape = Shape::array;
  Array(Place view, const Slot& slot) : place_(view), size_(slot.size), count_(slot.count) {
    if (slot.missing != nullptr) throw_missing(*slot.missing);
    place_.at += slot.offset;
  }
  u64 count() const { return count_; }
  Addr address() const { return place_.at; }
  E operator[](u64 i) const {
    RT0_CHECK(i < count_, "index outside of an array of the guest's runtime");
    return element_at<E>(place_, size_, i);
  }

 private:
  Place place_;
  u64 size_, count_;
};

/// A field that is a slice of E: its three words, and the elements that they point to.
template <class E>
class Slice {
 public:
  static constexpr Shape kShape = Shape::slice;
  Slice(Place view, const Slot& slot) : place_(view), size_(slot.size) {
    if (slot.missing != nullptr) throw_missing(*slot.missing);
    place_.at += slot.offset;
  }
  Addr address() const { return place_.at; }
  Ref<Addr> data() const { return word<Addr>(0); }
  Ref<u64> len() const { return word<u64>(8); }
  Ref<u64> cap() const { return word<u64>(16); }
  /// Not checked against len: a guest's slice says what it likes.
  E operator[](u64 i) const {
    return element_at<E>({place_.memory, place_.tables, data()}, size_, i);
  }

 private:
  template <class T>
  Ref<T> word(u64 offset) const {
    return {place_, Slot{offset, 8, 0, nullptr}};
  }
  Place place_;
  u64 size_;
};

/// A string field: where its bytes are, and how many.
class Text {
 public:
  static constexpr Shape kShape = Shape::slice;
  Text(Place view, const Slot& slot) : words_(view, slot) {}
  Ref<Addr> data() const { return words_.data(); }
  Ref<u64> len() const { return words_.len(); }

 private:
  Slice<Ref<u8>> words_;
};

/// The base of every view. `V` has kId, and an enum class Field in the order of its specs.
template <class V>
class View {
 public:
  static constexpr Shape kShape = Shape::place;
  View() = default;
  explicit View(Place place) : place_(place) {}

  Addr address() const { return place_.at; }
  explicit operator bool() const { return place_.at != Addr(); }
  const V* operator->() const { return static_cast<const V*>(this); }
  template <class Field>
  bool has(Field field) const;
  friend bool operator==(const View& a, const View& b) { return a.place_.at == b.place_.at; }

 protected:
  template <class Type, class Field>
  Type member(Field field) const;

  Place place_;
};

/// The fields of all views, resolved for one binary. Views point to it.
class Tables {
 public:
  Tables(const Layouts& layouts, const Globals& globals);
  Tables(const Tables&) = delete;
  Tables& operator=(const Tables&) = delete;

  const Slot& slot(std::size_t view, std::size_t field) const { return slots_[view][field]; }

 private:
  std::vector<std::vector<Slot>> slots_;
  std::deque<std::string> messages_;
};

template <class V>
template <class Field>
bool View<V>::has(Field field) const {
  static_assert(std::is_same_v<Field, typename V::Field>);
  return place_.tables->slot(V::kId, static_cast<std::size_t>(field)).missing == nullptr;
}

template <class V>
template <class Type, class Field>
Type View<V>::member(Field field) const {
  const Slot& slot = place_.tables->slot(V::kId, static_cast<std::size_t>(field));
  if constexpr (Type::kShape == Shape::place) {
    if (slot.missing != nullptr) [[unlikely]]
      throw_missing(*slot.missing);
    return Type(Place{place_.memory, place_.tables, place_.at + slot.offset});
  } else {
    return Type(place_, slot);
  }
}

}  // namespace runtime_model::golang

// A structure is declared by a list of its fields, a macro that is given X and calls it once for
// each:
//   #define RT0_FIELDS_Stack(X) X(Ref<Addr>, lo, "lo") X(Ref<Addr>, hi, "hi")
//   RT0_VIEW(Stack, "runtime.stack", "");
// Each field becomes a method of its name; a field that can be indexed has one with an index too.
#define RT0_FIELD_NAME(Type, name, paths) name,
#define RT0_FIELD_SPEC(Type, name, paths) FieldSpec{paths, Type::kShape},
#define RT0_FIELD_METHOD(Type, name, paths)               \
  Type name() const { return member<Type>(Field::name); } \
  template <std::integral I>                              \
  auto name(I i) const {                                  \
    return member<Type>(Field::name)[static_cast<I>(i)];  \
  }
#define RT0_VIEW(V, type, within)                                            \
  class V : public View<V> {                                                 \
   public:                                                                   \
    enum class Field : u16 { RT0_FIELDS_##V(RT0_FIELD_NAME) };               \
    static constexpr std::size_t kId = static_cast<std::size_t>(ViewId::V);  \
    static constexpr FieldSpec kFields[] = {RT0_FIELDS_##V(RT0_FIELD_SPEC)}; \
    static constexpr ViewSpec kSpec{type, within, kFields};                  \
    using View<V>::View;                                                     \
    RT0_FIELDS_##V(RT0_FIELD_METHOD)                                         \
  }
