/// A value or a Linux error number: how the kernel's own functions answer before there is a system
/// call's result.
#pragma once

#include <optional>
#include <utility>
#include <variant>

#include "emulator/kernel/errno.hpp"

namespace emulator::kernel {

template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}       // NOLINT: a value is a result
  Result(Errno error) : state_(std::in_place_index<1>, error) {}  // NOLINT: so is an error

  explicit operator bool() const { return state_.index() == 0; }
  Errno error() const { return *std::get_if<1>(&state_); }
  T& operator*() { return *std::get_if<0>(&state_); }
  const T& operator*() const { return *std::get_if<0>(&state_); }
  T* operator->() { return std::get_if<0>(&state_); }
  const T* operator->() const { return std::get_if<0>(&state_); }

 private:
  std::variant<T, Errno> state_;
};

/// What went wrong, if anything did.
using Failure = std::optional<Errno>;

/// A call that succeeds with 0.
inline SysResult to_sys(Failure failure) {
  if (failure) return *failure;
  return u64{0};
}

}  // namespace emulator::kernel
