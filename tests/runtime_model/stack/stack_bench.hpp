// A bench whose heap hands out spans for stacks and takes them back.
#pragma once

#include "runtime_model/stack/span_list.hpp"
#include "runtime_model/stack/stackalloc.hpp"
#include "tests/runtime_model/support/bench.hpp"

namespace tests {

class StackBench : public Bench {
 public:
  explicit StackBench(int minor) : Bench(minor) {
    native("runtime.(*mheap).allocManual", [this](const std::vector<u64>& arguments) {
      spans_.push_back(make_span(arguments.at(1)));
      return std::vector<u64>{spans_.back().address().value};
    });
    native("runtime.(*mheap).freeManual", [this](const std::vector<u64>& arguments) {
      freed.push_back(Addr(arguments.at(1)));
      return std::vector<u64>{};
    });
  }

  /// How many spans the heap gave.
  std::size_t spans() const { return spans_.size(); }
  runtime_model::golang::Mspan span(std::size_t i) const { return spans_.at(i); }
  runtime_model::golang::Stackfreelist cache(unsigned order) const {
    return p0().mcache()->stackcache(order);
  }
  runtime_model::golang::MSpanList pool(unsigned order) const {
    return views().stackpool(order).item().span();
  }
  /// The free stacks of this P's cache, first to last.
  std::vector<u64> cached(unsigned order) { return chain(cache(order).list()); }
  std::vector<u64> free_in(const runtime_model::golang::Mspan& s) {
    return chain(s.manualFreeList());
  }
  /// As after a GC cycle during which it was freed.
  void keep_large(const runtime_model::golang::Mspan& s, unsigned log2_pages) {
    runtime_model::stack::insert(views().stackLarge().free(log2_pages), s);
  }

  std::vector<Addr> freed;  ///< spans that the heap got back

 private:
  std::vector<u64> chain(Addr x) {
    std::vector<u64> out;
    for (; x != Addr(); x = load<Addr>(x)) out.push_back(x.value);
    return out;
  }
  std::vector<runtime_model::golang::Mspan> spans_;
};

}  // namespace tests
