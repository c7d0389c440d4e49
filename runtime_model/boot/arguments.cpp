#include "runtime_model/boot/arguments.hpp"

#include <fmt/format.h>

namespace runtime_model::boot {
namespace {

// getauxval(3)
constexpr u64 kAtNull = 0, kAtPagesz = 6, kAtSecure = 23, kAtRandom = 25, kAtSysinfoEhdr = 33;

/// A slice of the runtime's own gets 16 bytes that the kernel left.
void random_bytes(Runtime& rt, Addr from) {
  rt.step("sysauxv/random",
          "AT_RANDOM: where the kernel left 16 random bytes, from which random numbers and the "
          "keys of maps will come",
          [&] {
            const auto bytes = rt.startupRandomData();
            bytes.data() = from;
            bytes.len() = 16;
            bytes.cap() = 16;
          });
}

void page_size(Runtime& rt, u64 size) {
  rt.step("sysauxv/page-size",
          fmt::format("AT_PAGESZ: the kernel's pages have {} bytes (Go's own have 8192); this is "
                      "known here, before osinit",
                      size),
          [&] { rt.physPageSize() = size; });
}

void secure_mode(Runtime& rt, u64 value) {
  const Addr variable = rt.global("runtime.secureMode");
  if (rt.go() < 21 || variable == Addr()) return;
  rt.step("sysauxv/secure",
          value == 1 ? "AT_SECURE: the program runs with more rights than whoever started it"
                     : "AT_SECURE is 0: the program runs with the rights of whoever started it",
          [&] { rt.store<u8>(variable, value == 1 ? 1 : 0); });
}

}  // namespace

Model<i64> sysauxv(Runtime& rt, model::SliceWords auxv) {
  i64 pairs = 0;
  for (Addr at = auxv.data;; at += 16, ++pairs) {
    const u64 tag = rt.load<u64>(at), value = rt.load<u64>(at + 8);
    if (tag == kAtNull) break;
    if (tag == kAtRandom) random_bytes(rt, Addr(value));
    if (tag == kAtPagesz) page_size(rt, value);
    if (tag == kAtSecure) secure_mode(rt, value);
    if (tag == kAtSysinfoEhdr && value != 0) {
      rt.step("sysauxv/vdso",
              "AT_SYSINFO_EHDR: the kernel's vDSO, mapped into the program: look there for "
              "functions that read the clock");
      co_await rt.call<void>("runtime.vdsoauxv", tag, value);
    }
  }
  co_return pairs;
}

Model<> sysargs(Runtime& rt, i32 argc, Addr argv) {
  u64 n = static_cast<u64>(argc) + 1;
  while (rt.load<u64>(argv + 8 * n) != 0) ++n;
  ++n;
  rt.step("sysargs/auxv", fmt::format("behind the arguments ({}) and the environment ({}), each "
                                      "ended by a null, begins the auxiliary vector",
                                      argc, n - 2 - static_cast<u64>(argc)));
  const Addr auxv = argv + 8 * n;
  constexpr u64 kEndless = u64{1} << 28;  // Go looks at it as an array of that many words
  const i64 pairs = co_await sysauxv(rt, {auxv, kEndless, kEndless});
  Runtime::require(pairs != 0, "no auxiliary vector: Go would read /proc/self/auxv");
  const Addr kept = rt.global("runtime.auxv");
  if (rt.go() < 21 || kept == Addr()) co_return;
  rt.step("sysargs/keep",
          "keep where the auxiliary vector is: packages such as golang.org/x/sys/cpu ask for it",
          [&] {
            rt.store<Addr>(kept, auxv);
            rt.store<u64>(kept + 8, static_cast<u64>(2 * pairs));
            rt.store<u64>(kept + 16, static_cast<u64>(2 * pairs));
          });
}

Model<> args(Runtime& rt, i32 argc, Addr argv) {
  rt.step("args/keep",
          "keep argc and argv: how many arguments there are, and where the kernel put them", [&] {
            rt.argc() = argc;
            rt.argv() = argv;
          });
  co_await sysargs(rt, argc, argv);
}

}  // namespace runtime_model::boot
