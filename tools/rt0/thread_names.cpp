#include "tools/rt0/thread_names.hpp"

#include "emulator/base/error.hpp"
#include "runtime_model/model/peek.hpp"

namespace rt0 {

using emulator::Addr;
namespace golang = runtime_model::golang;

std::string ThreadNames::of(const emulator::kernel::Thread& thread) {
  const Addr g = runtime_model::model::current_g(machine_.memory(), machine_.registers(thread));
  if (g == Addr()) return thread.name;
  try {
    return from_runtime(g);
  } catch (const runtime_model::model::Unmapped&) {  // rt0_go tries its storage with a number
    return thread.name;
  } catch (const emulator::base::UserError&) {  // a runtime whose layouts nobody knows
    return thread.name;
  } catch (const emulator::base::Unimplemented&) {  // or that has no such field
    return thread.name;
  }
}

std::string ThreadNames::from_runtime(Addr g) {
  const golang::G running = golang::Views(memory_, guest_.tables).g(g);
  const golang::M m = running.m();
  if (!m) return "g0";  // of the first thread, before it has its M
  const std::string name = fmt::format("m{} ", static_cast<emulator::i64>(m.id()));
  if (m.g0() == running) return name + "g0";
  if (m.gsignal() == running) return name + "gsignal";
  return name + fmt::format("g{}", static_cast<emulator::i64>(running.goid()));
}

}  // namespace rt0
