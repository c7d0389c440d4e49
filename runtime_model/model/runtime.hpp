/// What a model sees of the guest: its memory through typed views, the thread that it runs on, and
/// the ways to tell a step, to let real code act, and to leave.
///
/// One Runtime belongs to one activation of a model. The same model runs on live memory, in place
/// of the real function; on a shadow of it, beside the real function; or on a test's memory.
#pragma once

#include <coroutine>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "emulator/cpu/registers.hpp"
#include "runtime_model/golang/views.hpp"
#include "runtime_model/model/guest.hpp"
#include "runtime_model/model/step.hpp"

namespace runtime_model::model {

/// Scratch memory whose address real code is given (`&st` of a local). Beside the real function its
/// address is known only once that has made the call.
struct Local {
  Addr address;
  u64 size = 0;
};

/// An argument of a call into real code, as the register holds it.
struct Argument {
  u64 word = 0;
  bool any = false;    ///< not compared with what the real code passes: a local's address
  unsigned bytes = 8;  ///< of its Go type; what lies above them in a register is nobody's business
};

/// An argument that only a model beside the real code can leave open: it never passes one itself.
struct Unknown {};

/// What a suspended model waits for.
struct Request {
  enum class Kind : u8 {
    none,
    call,       ///< real code, then goes on
    long_call,  ///< the same; what the model did so far is compared and told before
    jump,       ///< real code, for good: as schedule() leaves through gogo
    park,       ///< real code that may wait long; the model then starts afresh
    decline,    ///< nothing done yet: let the real code do it all
  };
  Kind kind = Kind::none;
  std::string_view function;
  std::vector<Argument> arguments;
  std::string reason;   ///< decline
  bool results = true;  ///< the model looks at what the real code returns
};

/// A condition on which Go throws did not hold, or a state that the model cannot explain.
class Thrown : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A range of bytes that is not compared, and why: the handbook lists them.
struct Excuse {
  Addr address;
  u64 size;
  std::string_view reason;
};

/// A Runtime is the guest's Views over that memory: rt.sched(), rt.g(address).atomicstatus().
class Runtime : public golang::Views {
 public:
  /// `registers`: at the entry of the function. They outlive the Runtime's use only as a copy.
  Runtime(const Guest& guest, golang::Memory& memory, const emulator::cpu::Registers& registers);
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;

  // -- the program --

  const Guest& guest() const { return guest_; }
  /// N of go1.N.
  int go() const { return guest_.release.minor; }
  /// The code of a Go function as a Go caller calls it. Loud when the program has none.
  Addr function(std::string_view name) const { return guest_.entry(name); }
  bool has_function(std::string_view name) const { return guest_.find(name).has_value(); }
  /// Address of a global; zero when this program has none of that name.
  Addr global(std::string_view name) const { return guest_.global(name); }

  // -- memory --

  template <class T>
  T load(Addr a) {
    T v{};
    memory().read(a, std::span(reinterpret_cast<u8*>(&v), sizeof v));
    return v;
  }
  template <class T>
  void store(Addr a, std::type_identity_t<T> v) {
    memory().write(a, std::span(reinterpret_cast<const u8*>(&v), sizeof v));
  }
  void clear(Addr from, u64 bytes);

  // -- the thread --

  /// The g in thread-local storage.
  golang::G getg();
  golang::M getm() { return getg().m(); }
  golang::P getp() { return getm().p(); }
  Addr caller_pc() { return load<Addr>(Addr(entry_[emulator::cpu::rsp])); }
  Addr caller_sp() const { return Addr(entry_[emulator::cpu::rsp] + 8); }
  const emulator::cpu::Registers& entry() const { return entry_; }
  /// The stack pointer that code called from here gets.
  Addr sp() const { return sp_; }
  /// As runtime.systemstack: from here to switch_back() the model runs on g0's stack. False when it
  /// did already. Go: runtime/asm_amd64.s, systemstack.
  bool switch_to_g0();
  void switch_back();

  // -- steps --

  /// Tells a step; what `action` writes is its evidence.
  template <class F>
  void step(std::string_view id, std::string text, F&& action) {
    open_step(id, std::move(text));
    action();
  }
  void step(std::string_view id, std::string text) { open_step(id, std::move(text)); }
  /// While it lives, steps stand one call deeper: for a function of Go's whose model waits for
  /// nothing, and so is no coroutine.
  class [[nodiscard]] Inside {
   public:
    explicit Inside(Runtime& rt) : rt_(rt) { rt_.enter(); }
    Inside(const Inside&) = delete;
    Inside& operator=(const Inside&) = delete;
    ~Inside() { rt_.leave(); }

   private:
    Runtime& rt_;
  };
  /// Go throws unless `condition`.
  static void require(bool condition, const char* text) {
    if (!condition) throw Thrown(text);
  }
  /// These bytes are not compared; `reason` is one of the handbook's list.
  void excuse(Addr a, u64 size, std::string_view reason) { excuses_.push_back({a, size, reason}); }

  // -- real code; each result is to be awaited --

  template <class T>
  struct Called {
    Runtime* rt;
    bool await_ready() const noexcept { return false; }
    void await_suspend(std::coroutine_handle<> h) const noexcept { rt->leaf_ = h; }
    T await_resume() const {
      if constexpr (!std::is_void_v<T>) return rt->word_as<T>(0);
    }
  };
  /// Runs the real function; the result is its first result word. Further ones: result(i).
  template <class T = u64, class... A>
  Called<T> call(std::string_view function, const A&... arguments) {
    ask(Request::Kind::call, function, {to_argument(arguments)...});
    request_.results = !std::is_void_v<T>;
    return {this};
  }
  /// As call, for real code that takes long or a goroutine's whole life: what the model did so far
  /// is compared and told first, and nothing of it is held while the real code runs.
  template <class T = u64, class... A>
  Called<T> long_call(std::string_view function, const A&... arguments) {
    ask(Request::Kind::long_call, function, {to_argument(arguments)...});
    return {this};
  }
  /// Leaves for good. Never resumed.
  template <class... A>
  Called<void> jump(std::string_view function, const A&... arguments) {
    ask(Request::Kind::jump, function, {to_argument(arguments)...});
    return {this};
  }
  /// Runs the real function, which may wait long; then the model starts afresh from its entry.
  template <class... A>
  Called<void> park(std::string_view function, const A&... arguments) {
    ask(Request::Kind::park, function, {to_argument(arguments)...});
    return {this};
  }
  /// Lets the real code do all of it; only before the first step of the function. Told once for
  /// each reason.
  Called<void> decline(std::string reason);
  u64 result(unsigned word) const { return results_.at(word); }
  /// Did the model start afresh because what it had parked in is through?
  bool woke() const { return woke_; }
  Local& local(u64 size);

  /// lock and unlock by the real code, so that whoever holds it is waited for.
  Called<void> lock(Addr mutex) { return call<void>(guest_.lock_function, mutex); }
  Called<void> unlock(Addr mutex) { return call<void>(guest_.unlock_function, mutex); }

  // -- for whoever drives it --

  const Request& request() const { return request_; }
  void set_woke() { woke_ = true; }
  /// Goes on behind what was asked for; `results` are the words that it returned.
  void resume(std::vector<u64> results);
  /// What is suspended here; whoever takes it has to go on with resume_at().
  std::coroutine_handle<> take_leaf() { return std::exchange(leaf_, nullptr); }
  void resume_at(std::coroutine_handle<> leaf, std::vector<u64> results) {
    leaf_ = leaf;
    resume(std::move(results));
  }
  const std::vector<Step>& steps() const { return steps_; }
  std::vector<Step> take_steps() { return std::exchange(steps_, {}); }
  /// The steps so far were told: what follows stands by itself.
  void begin_segment() { steps_.clear(), excuses_.clear(), looked_at_.clear(); }
  /// Have steps say what the model had looked at before.
  void note_reads() { notes_reads_ = true; }
  const std::vector<Excuse>& excuses() const { return excuses_; }
  std::vector<Local*> locals();
  void enter() { ++depth_; }
  /// Calls between the model that was entered and what it is doing now, itself included.
  unsigned depth() const { return depth_; }
  void leave() { --depth_; }

 private:
  /// Notes every write in the step that makes it.
  class Noted final : public golang::Memory {
   public:
    Noted(Runtime& rt, golang::Memory& below) : rt_(rt), below_(below) {}
    void read(Addr from, std::span<u8> to) override;
    void write(Addr to, std::span<const u8> from) override;

   private:
    Runtime& rt_;
    golang::Memory& below_;
  };

  void open_step(std::string_view id, std::string text);
  void ask(Request::Kind kind, std::string_view function, std::vector<Argument> arguments);
  template <class T>
  T word_as(unsigned i) const {
    if constexpr (std::is_same_v<T, Addr>)
      return Addr(results_.at(i));
    else if constexpr (std::is_same_v<T, bool>)
      return (results_.at(i) & 0xff) != 0;
    else
      return static_cast<T>(results_.at(i));
  }
  static Argument to_argument(Addr a) { return {a.value}; }
  static Argument to_argument(const Local& l) { return {l.address.value, true}; }
  static Argument to_argument(Unknown) { return {0, true}; }
  template <class T>
  static Argument to_argument(const T& v) {
    if constexpr (std::is_integral_v<T> || std::is_enum_v<T>)
      return {static_cast<u64>(v), false, sizeof(T)};
    else if constexpr (requires { v.get(); })
      return to_argument(v.get());
    else
      return {v.address().value};
  }

  const Guest& guest_;
  Noted noted_;
  emulator::cpu::Registers entry_;
  Addr sp_;
  std::vector<Addr> saved_sp_;
  std::vector<Addr> saved_g_;
  unsigned depth_ = 0;
  std::vector<Step> steps_;
  std::vector<Excuse> excuses_;
  bool notes_reads_ = false;
  std::vector<u64> looked_at_;  ///< words, since the last step
  Request request_;
  std::coroutine_handle<> leaf_;
  std::vector<u64> results_;
  bool woke_ = false;
  std::vector<std::unique_ptr<Local>> locals_;
};

}  // namespace runtime_model::model
