#include "runtime_model/boot/osinit.hpp"

#include <fmt/format.h>

#include <bit>
#include <charconv>

namespace runtime_model::boot {

Model<i32> getproccount(Runtime& rt) {
  constexpr u64 kBytes = 64 * 1024 / 8;  // for as many CPUs as Go foresees
  const model::Local& mask = rt.local(kBytes);
  const i32 filled = co_await rt.call<i32>("runtime.sched_getaffinity", u64{0}, kBytes, mask);
  i32 n = 0;
  for (i32 i = 0; i < filled; ++i)
    n += std::popcount(rt.load<u8>(mask.address + static_cast<u64>(i)));
  n = filled < 0 ? 1 : std::max(n, 1);
  rt.step(
      "getproccount/count",
      fmt::format(
          "count the CPUs that this process may use, the bits in the mask of sched_getaffinity: {}",
          n));
  co_return n;
}

Model<u64> getHugePageSize(Runtime& rt) {
  const Addr variable = rt.global("runtime.sysTHPSizePath");
  if (variable == Addr()) co_await rt.decline("where the path's text is cannot be told");
  const Addr path = rt.load<Addr>(variable);
  const i32 fd = co_await rt.call<i32>("runtime.open", path, i32{0}, i32{0});
  if (fd < 0) co_return 0;
  const model::Local& text = rt.local(20);
  const i32 n = co_await rt.call<i32>("runtime.read", fd, text, i32{20});
  co_await rt.call<i32>("runtime.closefd", fd);
  if (n <= 0) co_return 0;
  u64 size = 0;
  std::array<char, 20> digits{};
  for (i32 i = 0; i < n - 1; ++i)  // a newline ends it
    digits[static_cast<std::size_t>(i)] = rt.load<char>(text.address + static_cast<u64>(i));
  const char* end = digits.data() + (n - 1);
  const auto [at, error] = std::from_chars(digits.data(), end, size);
  if (error != std::errc{} || at != end || !std::has_single_bit(size)) size = 0;
  rt.step(
      "getHugePageSize/read",
      fmt::format(
          "the kernel's file transparent_hugepage/hpage_pmd_size gives {} bytes for a huge page",
          size));
  co_return size;
}

Model<> osinit(Runtime& rt) {
  // go1.25 calls it getCPUCount.
  const bool renamed = !rt.has_function("runtime.getproccount");
  const std::string_view count = renamed ? "runtime.getCPUCount" : "runtime.getproccount";
  const i32 n = co_await rt.call<i32>(count);
  // go1.25 heeds how much CPU time a container may have.
  rt.step(
      "osinit/ncpu",
      rt.go() >= 25
          ? fmt::format("{} CPUs: there will be as many Ps, unless GOMAXPROCS or the container's "
                        "limit says otherwise",
                        n)
          : fmt::format("{} CPUs: there will be as many Ps, unless GOMAXPROCS says otherwise", n),
      [&] { rt.ncpu() = n; });
  const u64 huge = co_await rt.call<u64>("runtime.getHugePageSize");
  rt.step("osinit/huge-page",
          huge == 0 ? std::string("the kernel tells no size for huge pages")
                    : fmt::format("the kernel's huge pages have {} bytes", huge),
          [&] { rt.physHugePageSize() = huge; });
  if (rt.go() >= 24 && rt.has_function("runtime.vgetrandomInit"))
    co_await rt.call<void>("runtime.vgetrandomInit");
}

}  // namespace runtime_model::boot
