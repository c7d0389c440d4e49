/// Names that last for places in the guest's memory and for what is in them: "g1.sched.pc",
/// "p0.runq[3]", "m2.gsignal.stack.lo", "span(0xc000030000).freeindex", "g1.stack.hi-0x28",
/// "runtime.goexit+1". Two runs of a program, and two programs of one release, call the same thing
/// by one name. What is printed can be read back: find() undoes name() and object().
#pragma once

#include <map>
#include <string>

#include "runtime_model/golang/globals.hpp"
#include "runtime_model/golang/layouts.hpp"
#include "runtime_model/golang/object_name.hpp"
#include "runtime_model/golang/symbols.hpp"
#include "runtime_model/golang/views.hpp"

namespace runtime_model::golang {

/// A place with a name. `type` is 0 when only the name is known.
struct NamedPlace {
  std::string name;
  TypeId type = 0;
  std::string owner;  ///< Go's name of the struct that has the field: "runtime.g"
  std::string field;  ///< the field: "atomicstatus"
};

/// What a name calls.
struct FoundPlace {
  Addr address;
  TypeId type = 0;
};

/// Knows the objects that allgs, allm, allp and allspans list. Everything is read from the guest's
/// memory through `rt`; memory that cannot be read has no names.
class Names {
 public:
  Names(const Views& rt, const Layouts& layouts, const Globals& globals,
        const SymbolTable& symbols);

  /// Takes in what the lists have gained; the cost is that of the new ones and of the Ps.
  void refresh();

  /// The place at `address`, or its hex text when nothing is known of it.
  NamedPlace place(Addr address);
  std::string name(Addr address) { return place(address).name; }

  /// A known object that starts there: "g1", "m0", "p3.mcache"; or "".
  std::string object(Addr address) const;

  /// What an object's name calls now; nothing when there is none.
  std::optional<FoundPlace> find(const ObjectName& name) const;
  /// The same of a variable, by its short or full name: "sched", "runtime.sched".
  std::optional<FoundPlace> find_variable(std::string_view name) const;
  /// What a whole name calls now, as name() and object() make them: of a pointer where it is, not
  /// what it points to.
  std::optional<FoundPlace> find(std::string_view name) const;

  /// Whether what lies there has been allocated: false of a free slot of a span, and of memory that
  /// is not there.
  bool is_made(Addr address) const;

  /// How a value in a place reads: pointers by what they point to ("g1", "runtime.goexit+1"),
  /// statuses by Go's names, counts in decimal, the rest in hex.
  std::string value_text(const NamedPlace& place, u64 value);

 private:
  enum class Kind : u8 { variable, g, span, m, m_g0, m_gsignal, p, p_mcache, mcache0 };
  struct Object {
    Kind kind;
    TypeId type;
    u64 number = 0;         ///< of an M or P
    Addr owner = {};        ///< the M that it is or belongs to
    std::string name = {};  ///< of a variable
  };

  void add(Addr at, std::string_view go_type, Object object);
  void add_globals(const Globals& globals);
  void add_m(const M& m);
  void add_ms();
  void add_ps();
  void add_gs();
  void add_spans();
  std::string object_name(Addr at, const Object& object) const;
  NamedPlace inside(std::string name, TypeId type, u64 offset) const;
  std::string on_stack(Addr address);
  bool holds(Addr g, Addr address) const;
  void map_stack(Addr g);
  void map_stacks();
  Addr heap_arena_of(Addr address) const;
  Mspan span_of(Addr address) const;
  std::string on_stack_of(Addr g, Addr address) const;
  std::string in_span(Addr address) const;
  friend class NameReader;
  std::string code_name(Addr address) const;
  std::string pointer_text(u64 value);

  Views rt_;
  const Layouts& layouts_;
  const SymbolTable& symbols_;
  const Globals& globals_;
  std::map<Addr, Object> objects_;
  std::map<Addr, Addr> stacks_;  ///< lower bound → g; checked when used, since stacks move
  std::vector<Addr> gs_;         ///< every g, also g0s
  Addr first_g0_;                ///< m0's, whose stack is the kernel's
  u64 gs_seen_ = 0, spans_seen_ = 0;
  bool stacks_fresh_ = false;
};

}  // namespace runtime_model::golang
