// A runtime that no program booted: the structures of one Go release in a bare address space, with
// one m on its g0, a P, and natives that a test makes up. Models run on it by themselves.
//
//     Bench bench(19);
//     bench.native("runtime.mallocgc", [&](auto) { return bench.allocate(64).value; });
//     const auto run = bench.run(stack::stackalloc, u32{2048});
//     CHECK(run.result->lo == …);  CHECK(run.steps()[0].id == "stackalloc/from-cache");
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "emulator/memory/address_space.hpp"
#include "runtime_model/model/model.hpp"
#include "runtime_model/model/shadow_memory.hpp"

namespace tests {

using emulator::Addr;
using emulator::u64;
using emulator::u8;

/// What a model had real code do.
struct NativeCall {
  std::string function;
  std::vector<u64> arguments;
};

/// A model that ran to its end, or to where it left.
template <class R, bool IsCall = true>
struct Run {
  using Value = std::conditional_t<std::is_void_v<R>, std::monostate, R>;
  using Kind = runtime_model::model::Request::Kind;

  std::unique_ptr<runtime_model::model::Runtime> runtime;
  std::optional<runtime_model::model::Model<R, IsCall>> model;
  std::optional<Value> result;    ///< absent when it jumped, parked or declined
  Kind left = Kind::none;         ///< how it left; none: it returned
  NativeCall left_to;             ///< jump, park: where to
  std::string reason;             ///< decline
  std::vector<NativeCall> calls;  ///< in order, those of locks too

  const std::vector<runtime_model::model::Step>& steps() const { return runtime->steps(); }
  std::vector<std::string> ids() const {
    std::vector<std::string> out;
    for (const auto& s : steps()) out.push_back(s.id);
    return out;
  }
};

class Bench {
 public:
  /// Gets the argument words, gives the result words.
  using Native = std::function<std::vector<u64>(const std::vector<u64>&)>;

  /// go1.`minor`. All globals are zero but for those that lead to g0, m0 and P 0, which m0 has.
  explicit Bench(int minor);
  ~Bench();

  /// Views to prepare and to look at memory with; a model's writes need a step, these do not.
  const runtime_model::golang::Views& views() const { return *views_; }
  emulator::memory::AddressSpace& memory() { return space_; }
  runtime_model::model::Guest& guest() { return *guest_; }
  runtime_model::golang::G g0() const { return views().g0(); }
  runtime_model::golang::M m0() const { return views().m0(); }
  runtime_model::golang::P p0() const { return p0_; }

  /// Zeroed memory, aligned to 64 bytes or to whole pages when it is as large as one.
  Addr allocate(u64 bytes);
  /// A g with a stack of that size; no stack when it is zero.
  runtime_model::golang::G make_g(u64 stack_bytes = 2048);
  /// A P with an mcache; the first is there already.
  runtime_model::golang::P make_p();
  /// A span of Go pages at the next free address of the heap, known to its arena.
  runtime_model::golang::Mspan make_span(u64 pages);
  /// The g that runs: what getg() gives.
  void set_g(const runtime_model::golang::G& g);
  /// Gives a function of the guest an address, and code if any. The name must last.
  Addr define(std::string_view function, const std::vector<u8>& code = {});
  template <class T>
  T load(Addr a) {
    T v{};
    space_.read(a, std::span(reinterpret_cast<u8*>(&v), sizeof v));
    return v;
  }
  template <class T>
  void store(Addr a, std::type_identity_t<T> v) {
    space_.write(a, std::span(reinterpret_cast<const u8*>(&v), sizeof v));
  }

  /// What real code does when a model calls it. lock2 and unlock2 are there: they mark the mutex.
  void native(std::string function, Native does) {
    natives_[std::move(function)] = std::move(does);
  }

  /// Runs a model as at the entry of its function. A call of what has no native throws.
  template <class R, bool IsCall, class... P, class... A>
  Run<R, IsCall> run(runtime_model::model::Model<R, IsCall> (*model)(runtime_model::model::Runtime&,
                                                                     P...),
                     const A&... arguments) {
    Run<R, IsCall> out;
    out.runtime = std::make_unique<runtime_model::model::Runtime>(*guest_, live_, registers_);
    out.model.emplace(model(*out.runtime, bound<std::decay_t<P>>(*out.runtime, arguments)...));
    out.model->start();
    while (!out.model->done()) {
      const auto request = out.runtime->request();
      if (request.kind != runtime_model::model::Request::Kind::call &&
          request.kind != runtime_model::model::Request::Kind::long_call) {
        out.left = request.kind, out.left_to = call_of(request), out.reason = request.reason;
        return out;
      }
      out.calls.push_back(call_of(request));
      out.runtime->resume(act(out.calls.back()));
    }
    if constexpr (std::is_void_v<R>)
      out.model->result(), out.result.emplace();
    else
      out.result.emplace(out.model->result());
    return out;
  }

 private:
  /// A view over the model's memory, where writes are noted, in place of one of the test's.
  template <class P, class A>
  static P bound(runtime_model::model::Runtime& rt, const A& a) {
    if constexpr (!requires { P::kSpec; })
      return static_cast<P>(a);
    else if constexpr (std::is_same_v<A, Addr>)
      return rt.at<P>(a);
    else if constexpr (requires { a.get(); })
      return rt.at<P>(a.get());
    else
      return rt.at<P>(a.address());
  }
  static NativeCall call_of(const runtime_model::model::Request& request);
  std::vector<u64> act(const NativeCall& call);
  void place_globals();

  emulator::memory::AddressSpace space_;
  runtime_model::model::LiveMemory live_;
  runtime_model::golang::SymbolTable symbols_;
  std::unique_ptr<runtime_model::model::Guest> guest_;
  std::unique_ptr<runtime_model::golang::Views> views_;
  runtime_model::golang::P p0_;
  emulator::cpu::Registers registers_;
  std::vector<runtime_model::golang::Function> functions_;
  std::map<std::string, Native, std::less<>> natives_;
  u64 next_code_, next_object_, next_span_;
};

}  // namespace tests
