/// Where goroutine stacks come from. Go: runtime/stack.go.
#pragma once

#include <bit>

#include "runtime_model/model/abi.hpp"
#include "runtime_model/model/model.hpp"

namespace runtime_model::stack {

using emulator::u32;
using emulator::u64;
using emulator::u8;
using model::Addr;
using model::Model;
using model::Part;
using model::Runtime;
using model::Stack;

inline constexpr u32 kFixedStack = 2048;       ///< the smallest stack: order 0
inline constexpr unsigned kStackOrders = 4;    ///< 2, 4, 8 and 16 KiB come from the pool
inline constexpr u32 kStackCacheSize = 32768;  ///< bytes of one order that an mcache may hold
inline constexpr u32 kPageSize = 8192;         ///< Go's page
inline constexpr u64 kSpanAllocStack = 1;      ///< spanAllocType of a stack's span

/// Why a stack is left to the real code, by itself or as part of another model.
inline constexpr const char* kEfence = "GODEBUG=efence=1: each stack is mapped alone";

/// Order 0 is kFixedStack, each next one twice as large.
unsigned order_of(u64 n);
/// Are stacks of n bytes from the pool? Larger ones have a span of their own.
constexpr bool is_small(u64 n) { return n < kFixedStack << kStackOrders && n < kStackCacheSize; }

/// Which of stackLarge's lists has free stacks of so many pages. go1.26 counts from another one.
inline unsigned list_of_large(Runtime& rt, u64 npages) {
  return static_cast<unsigned>(std::bit_width(npages)) - (rt.go() >= 26 ? 0 : 1);
}

/// A stack of n bytes, a power of two; runs on g0.
Model<Stack> stackalloc(Runtime& rt, u32 n);
/// Half fills the cache of an order from the pool.
Model<> stackcacherefill(Runtime& rt, golang::Mcache c, u8 order);
/// One free stack of an order from the pool's spans; the pool of that order is locked.
Model<Addr> stackpoolalloc(Runtime& rt, u8 order);

}  // namespace runtime_model::stack
