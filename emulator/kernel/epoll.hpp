/// An epoll instance's interest list (epoll(7)) as a plain value. What is ready is worked out when
/// somebody asks.
#pragma once

#include <map>
#include <utility>

#include "emulator/base/types.hpp"
#include "emulator/kernel/pipes.hpp"

namespace emulator::kernel {

/// Readiness and flags: poll(2) and epoll_ctl(2) share the numbers.
enum : u32 {
  kPollIn = 0x1,
  kPollPri = 0x2,
  kPollOut = 0x4,
  kPollErr = 0x8,
  kPollHup = 0x10,
  kPollNval = 0x20,
  kPollRdNorm = 0x40,
  kPollRdBand = 0x80,
  kPollWrNorm = 0x100,
  kPollWrBand = 0x200,
  kPollRdHup = 0x2000,
  kEpollExclusive = 1u << 28,
  kEpollWakeup = 1u << 29,
  kEpollOneShot = 1u << 30,
  kEpollEdge = 1u << 31,
};

/// struct epoll_event: packed on x86-64.
#pragma pack(push, 1)
struct EpollEvent {
  u32 events = 0;
  u64 data = 0;
};
#pragma pack(pop)
static_assert(sizeof(EpollEvent) == 12);

/// What a file is ready for, and how often it woke its waiters.
struct Readiness {
  u32 events = 0;
  Edges edges;
};

struct EpollItem {
  EpollEvent event;
  bool disabled = false;  // EPOLLONESHOT that fired
  bool fresh = true;      // added or modified since it was last reported: ready counts as an edge
  Edges seen;
  u64 order = 0;  // who is next in line: reported items go to the end
};

struct Epoll {
  using Key = std::pair<u64, i32>;  // open file description, descriptor
  std::map<Key, EpollItem> items;
  u64 next_order = 0;
  Edges edges;
};

/// What of `ready` an item would report now; 0 when nothing.
u32 epoll_report(const EpollItem& item, const Readiness& ready);

/// Takes note that an item was reported: edges seen, one-shot disabled, to the end of the line.
void epoll_reported(Epoll& epoll, EpollItem& item, const Readiness& ready);

}  // namespace emulator::kernel
