#include "runtime_model/stack/stackinit.hpp"

#include "runtime_model/stack/stackalloc.hpp"

namespace runtime_model::stack {
namespace {

void init(const golang::MSpanList& list) {
  list.first() = Addr();
  list.last() = Addr();
}

}  // namespace

Model<> stackinit(Runtime& rt) {
  rt.step("stackinit/pool", "no span has free small stacks yet, of any order", [&] {
    for (unsigned order = 0; order < kStackOrders; ++order) init(rt.stackpool(order).item().span());
  });
  rt.step("stackinit/large", "no large stack is kept back yet, of any size", [&] {
    const auto free = rt.stackLarge().free();
    for (u64 i = 0; i < free.count(); ++i) init(free[i]);
  });
  co_return;
}

}  // namespace runtime_model::stack
