#include "emulator/kernel/epoll.hpp"

namespace emulator::kernel {

u32 epoll_report(const EpollItem& item, const Readiness& ready) {
  if (item.disabled) return 0;
  const u32 events = ready.events & (item.event.events | kPollErr | kPollHup);
  const bool edge = item.fresh || !(item.seen == ready.edges);
  if ((item.event.events & kEpollEdge) && !edge) return 0;
  return events;
}

void epoll_reported(Epoll& epoll, EpollItem& item, const Readiness& ready) {
  item.fresh = false;
  item.seen = ready.edges;
  item.disabled = (item.event.events & kEpollOneShot) != 0;
  item.order = ++epoll.next_order;
}

}  // namespace emulator::kernel
