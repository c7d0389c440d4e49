#include "tools/rt0/debug/moment.hpp"

#include "emulator/base/hex.hpp"

namespace rt0::debug {

namespace {

constexpr u64 kTried = 0x123;  // Go: asm_amd64.s, rt0_go: "store through it, to make sure it works"

bool has_ps(Target& target) {
  try {
    return target.views().allp().len() != 0;
  } catch (const std::exception&) {
    return false;
  }
}

std::string no_m(Target& target) {
  if (target.current_g() == Addr()) return no_goroutine(target);
  return fmt::format(
      "{} has no M yet: runtime.rt0_go ties g0 and m0 together a few instructions on.",
      target.describe(target.current_g()));
}

std::string no_p(Target& target) {
  if (!target.object("m")) return no_m(target);
  if (!has_ps(target)) return none_made(target, 'p');
  const golang::M m = target.views().m(target.object("m")->address);
  const std::string name = target.describe(m.address());
  if (m.nextp())
    return fmt::format("{} has no P yet: {} is handed to it, and it takes it when it goes on.",
                       name, target.describe(m.nextp().get()));
  if (m.oldp())
    return fmt::format("{} has no P now: it let go of {} for a system call.", name,
                       target.describe(m.oldp().get()));
  return fmt::format("{} has no P now.", name);
}

}  // namespace

std::string no_goroutine(Target& target) {
  if (target.over()) return "There is no goroutine any more: the process has ended.";
  const auto& thread = target.thread();
  const std::string none = thread.tid == 1
                               ? std::string("There is no goroutine yet: ")
                               : fmt::format("Thread t{} has no goroutine yet: ", thread.tid);
  if (target.registers(thread).fs_base() == 0)
    return none + "the thread has no thread-local storage to keep it in before runtime.settls.";
  const u64 word = target.g_word(thread).value_or(0);
  if (word == kTried)
    return none +
           "the word for it, at FS:-8, holds 0x123, with which runtime.rt0_go tests "
           "whether thread-local storage works.";
  if (word != 0)
    return fmt::format(
        "There is no goroutine: the word for it, at FS:-8, holds {}, where no "
        "memory is.",
        emulator::base::hex(word));
  return none + fmt::format("the word for it, at FS:-8, is nil until {} puts {} there.",
                            thread.tid == 1 ? "runtime.rt0_go" : "runtime.clone",
                            thread.tid == 1 ? "g0" : "its g0");
}

std::string none_made(Target& target, char kind) {
  if (kind == 'm') return "No M is listed yet: runtime.mcommoninit lists m0, early in schedinit.";
  if (kind == 'p') return "There is no P yet: runtime.procresize makes them, late in schedinit.";
  return fmt::format(
      "No goroutine has been made yet: {}runtime.newproc makes the first, which is to run "
      "runtime.main. (g0, which runs the boot, is not counted.)",
      has_ps(target) ? "" : "when runtime.schedinit is through, ");
}

std::string no_object(Target& target, std::string_view name) {
  if (name == "g") return no_goroutine(target);
  if (name == "m") return no_m(target);
  if (name == "p") return no_p(target);
  std::string_view rest = name;
  const auto object = golang::ObjectName::take(rest);
  if (!object || !rest.empty() || object->by_address()) return {};
  const char kind = name.front();
  const golang::Views rt = target.views();
  const bool none = kind == 'g'   ? rt.allgs().len() == 0
                    : kind == 'm' ? !rt.allm()
                                  : rt.allp().len() == 0;
  if (none) return fmt::format("There is no {} yet. {}", name, none_made(target, kind));
  return fmt::format("There is no {} here and now: \"info {}\" lists what there is.", name,
                     kind == 'g'   ? "goroutines"
                     : kind == 'm' ? "ms"
                                   : "ps");
}

}  // namespace rt0::debug
