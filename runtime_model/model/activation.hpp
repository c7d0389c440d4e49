/// One call of a modelled function, while the model waits beside the real code.
#pragma once

#include <algorithm>
#include <coroutine>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "emulator/kernel/thread.hpp"
#include "runtime_model/golang/inlined.hpp"
#include "runtime_model/model/registry.hpp"
#include "runtime_model/model/shadow_memory.hpp"
#include "runtime_model/model/standing.hpp"

namespace runtime_model::model {

/// A store of the real code. Of more than 32 bytes the values before are not known.
struct RealWrite {
  u64 number;  ///< of the instruction
  Addr address;
  u32 size;
  bool shared;  ///< by code that the model had called: on both sides
  bool before_known;
  std::array<u8, 32> before;
  bool changes = true;  ///< false: it is known to have stored what was there
  std::array<u8, 32> after = {};
  std::shared_ptr<const std::vector<u8>> long_after = {};  ///< of more than 32 bytes
  bool foreign = false;                                    ///< by another thread or a handler

  const u8* bytes_after() const { return long_after ? long_after->data() : after.data(); }
};

/// A load of the real code.
struct RealRead {
  u64 word;  ///< address / 8
  u64 number;
};

/// What a model does in one go, between two moments at which it met the real code: the same work
/// of the real code lies between two instructions.
struct Stretch {
  std::size_t step;          ///< its first
  u64 begin, end = ~u64{0};  ///< the instructions
};

/// The real code has entered a modelled function that the model stands for by itself.
struct Entered {
  std::string_view function;
  u64 number;
};

/// How the thread stands behind instruction `number`, until the next of these.
struct Stand {
  u64 number;
  Standing standing;
};

/// A modelled function that stands inlined in the real code: its model acts within the caller's.
struct Inlined {
  std::unique_ptr<Frame> frame;
  const Registration* model;
  bool for_good;                   ///< jumped to: it does not return
  std::coroutine_handle<> caller;  ///< where the calling model goes on
};

/// The inlined calls that a model has met and that the real code is still in: a model that asks for
/// the same function once more means another one.
struct Within {
  /// False when it is in that call already.
  bool add(emulator::Addr in, emulator::i32 call) {
    if (function == in && std::ranges::count(calls, call) != 0) return false;
    if (function != in) calls.clear();
    function = in;
    calls.push_back(call);
    return true;
  }
  /// Forgets what control has left: within the same function, all that `now` is not part of.
  void keep(emulator::Addr in, const golang::InlinedCode* now) {
    if (function != in || calls.empty()) return;
    std::erase_if(calls, [now](emulator::i32 call) {
      return now == nullptr ||
             std::ranges::none_of(now->calls, [&](const auto& c) { return c.number == call; });
    });
  }
  emulator::Addr function;
  std::vector<emulator::i32> calls;
};

/// Inlined code that has no model: while the real code is in it, it counts as called.
struct Window {
  emulator::Addr function;  ///< any address of the function that it stands in
  u64 sp;
  std::string_view inlined;
};

struct Activation {
  /// What ends the wait of the model, or the call.
  enum class Waits : u8 { returns, call, called, jump, park };

  Activation(const Guest& guest, const emulator::memory::AddressSpace& live,
             const Registration& what, const emulator::cpu::Registers& registers)
      : model(what), shadow(live), rt(guest, shadow, registers), entry(registers) {}

  Addr entry_pc() const { return Addr(entry.rip); }

  const Registration& model;
  ShadowMemory shadow;
  Runtime rt;
  std::unique_ptr<Frame> frame;
  emulator::cpu::Registers entry;

  emulator::kernel::Tid tid = 0;
  u64 number = 0;              ///< the instruction that entered the function
  Addr g;                      ///< on whose stack
  bool on_user_stack = false;  ///< which may be moved
  u64 depth = 0;               ///< bytes from the stack's high end to the return address
  Addr return_pc;
  unsigned signal_depth = 0;
  bool outermost = false;   ///< no other model is telling what happens here
  unsigned base_depth = 0;  ///< of its steps: calls of the models around it

  Waits waits = Waits::returns;
  std::vector<Entry> targets;  ///< of what is asked for
  Abi call_abi = Abi::internal;
  Addr call_return;
  u64 call_sp = 0;
  u64 call_depth = 0;  ///< the same from the high end of g's stack, when the call is made on it

  std::vector<Inlined> inlined;  ///< innermost last
  Within within;
  std::optional<Window> window;  ///< while it waits in `called`

  std::vector<RealWrite> real;
  // Of a model that is told, and only there:
  bool told = false;
  std::vector<RealRead> reads;
  std::vector<Stretch> stretches;
  std::vector<Entered> entered;
  std::vector<Stand> stands;
  u64 stand_version = 0;  ///< of its lane, when `stands` was last right

  bool interleaved = false;
  std::string gave_up;  ///< this program does not tell where something is that the model needs
  std::string trouble;  ///< why the model cannot be right, when it is known before its end
};

}  // namespace runtime_model::model
