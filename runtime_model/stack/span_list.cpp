#include "runtime_model/stack/span_list.hpp"

namespace runtime_model::stack {

using emulator::Addr;

void insert(const golang::MSpanList& list, const golang::Mspan& span) {
  model::Runtime::require(!span.next() && !span.prev() && !span.list(), "mSpanList.insert");
  const golang::Mspan first = list.first();
  span.next() = first;
  if (first)
    first.prev() = span;
  else
    list.last() = span;
  list.first() = span;
  span.list() = list;
}

void remove(const golang::MSpanList& list, const golang::Mspan& span) {
  model::Runtime::require(span.list() == list, "mSpanList.remove");
  const golang::Mspan next = span.next(), prev = span.prev();
  if (list.first() == span)
    list.first() = next;
  else
    prev.next() = next;
  if (list.last() == span)
    list.last() = prev;
  else
    next.prev() = prev;
  span.next() = Addr();
  span.prev() = Addr();
  span.list() = Addr();
}

}  // namespace runtime_model::stack
