#include "runtime_model/boot/environment.hpp"

#include <fmt/format.h>

#include <charconv>

namespace runtime_model::boot {
namespace {

std::string text_at(Runtime& rt, Addr from, u64 size) {
  std::string text(size, '\0');
  rt.memory().read(from, std::span(reinterpret_cast<u8*>(text.data()), size));
  return text;
}

}  // namespace

Value find_variable(Runtime& rt, std::string_view key) {
  const Addr envs = rt.global("runtime.envs");
  const Addr first = rt.load<Addr>(envs);
  const u64 count = rt.load<u64>(envs + 8);
  for (u64 i = 0; i < count; ++i) {
    const Addr text = rt.load<Addr>(first + 16 * i);
    const u64 size = rt.load<u64>(first + 16 * i + 8);
    if (size <= key.size() || text_at(rt, text, key.size()) != key) continue;
    if (rt.load<char>(text + key.size()) == '=')
      return {text + (key.size() + 1), size - key.size() - 1};
  }
  return {Addr(), 0};
}

std::optional<i32> number_at(Runtime& rt, const Value& text) {
  const auto [from, size] = text;
  std::string digits = text_at(rt, from, std::min(size, u64{16}));
  if (digits.starts_with('+')) digits.erase(0, 1);
  i32 n = 0;
  const char* end = digits.data() + digits.size();
  const auto [at, error] = std::from_chars(digits.data(), end, n);
  if (digits.empty() || error != std::errc{} || at != end) return std::nullopt;
  return n;
}

Model<Value> gogetenv(Runtime& rt, model::StringWords key) {
  if (rt.global("runtime.envs") == Addr())
    co_await rt.decline("where runtime.envs is cannot be told from this program");
  const std::string name = text_at(rt, key.data, key.len);
  const Value found = find_variable(rt, name);
  if (std::get<0>(found) != Addr())
    rt.step("gogetenv/found", fmt::format("{} is set in the environment", name));
  co_return found;
}

}  // namespace runtime_model::boot
