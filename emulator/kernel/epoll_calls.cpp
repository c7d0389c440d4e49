// epoll(7).
#include <algorithm>
#include <cstring>

#include "emulator/kernel/event_calls.hpp"
#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/limits.hpp"

namespace emulator::kernel::calls {
namespace {

constexpr u64 kMaxEvents = 0x7fffffff / sizeof(EpollEvent);

SysResult make_epoll(Kernel& k, u32 flags) {
  if (flags & ~kCloseOnExec) return Errno::einval;
  const u64 id = k.files().next_object();
  k.files().epolls[id];
  const auto fd = k.files().install(
      k, {.object = EpollFile{id}, .flags = kReadWrite, .path = "anon_inode:[eventpoll]"},
      (flags & kCloseOnExec) != 0);
  if (!fd) return k.files().epolls.erase(id), fd.error();
  return static_cast<u64>(*fd);
}

std::optional<u64> epoll_of(const Description& d) {
  const auto* epoll = std::get_if<EpollFile>(&d.object);
  return epoll ? std::optional(epoll->id) : std::nullopt;
}

/// Files that always are ready cannot be watched (epoll_ctl(2), EPERM).
bool can_be_watched(const Description& d) {
  const FileObject& object = d.object;
  return std::holds_alternative<PipeEnd>(object) || std::holds_alternative<SocketEnd>(object) ||
         std::holds_alternative<EventFile>(object) || std::holds_alternative<TimerFile>(object) ||
         std::holds_alternative<EpollFile>(object) ||
         std::holds_alternative<StandardStream>(object);
}

/// How deep epolls are nested below `id`; more than `most` when they go round in a circle through
/// `target`.
int nesting(const Files& files, u64 id, u64 target, int depth, int most) {
  if (depth > most || id == target) return most + 1;
  int deepest = depth;
  for (const auto& [key, item] : files.epolls.at(id).items)
    if (const auto inner = epoll_of(files.description(key.first)))
      deepest = std::max(deepest, nesting(files, *inner, target, depth + 1, most));
  return deepest;
}

/// Whoever asks an epoll asks all that it watches: without a bound on the breadth too, a few layers
/// would cost hours. Linux bounds the paths through them likewise (fs/eventpoll.c, path_limits) and
/// answers EINVAL.
constexpr i64 kMaxWatchedEpolls = 8;

i64 watched_epolls(const Files& files, u64 id) {
  return std::ranges::count_if(files.epolls.at(id).items, [&](const auto& item) {
    return epoll_of(files.description(item.first.first)).has_value();
  });
}

SysResult add_item(Kernel& k, u64 id, const Description& watched, i32 fd, const EpollEvent& event) {
  constexpr int kMaxNesting = 4;
  if (const auto inner = epoll_of(watched);
      inner && nesting(k.files(), *inner, id, 0, kMaxNesting) > kMaxNesting)
    return Errno::eloop;
  if (epoll_of(watched) && watched_epolls(k.files(), id) >= kMaxWatchedEpolls) return Errno::einval;
  Epoll& epoll = k.files().epolls.at(id);
  if (epoll.items.contains({watched.id, fd})) return Errno::eexist;
  u64 watches = 0;
  for (const auto& [number, each] : k.files().epolls) watches += each.items.size();
  if (watches >= limits::kWatches)
    return k.refuse("epoll watches", limits::kWatches, Errno::enospc);
  EpollItem item;
  item.event = event;
  item.order = ++epoll.next_order;
  epoll.items[{watched.id, fd}] = item;
  return u64{0};
}

/// What is ready, first in line first.
std::vector<EpollEvent> take_ready(Kernel& k, u64 id, u64 most) {
  struct Ready {
    EpollItem* item;
    Readiness state;
    u32 events;
  };
  Epoll& epoll = k.files().epolls.at(id);
  std::vector<Ready> ready;
  for (auto& [key, item] : epoll.items) {
    const Readiness state = k.files().readiness(k, k.files().description(key.first));
    if (const u32 events = epoll_report(item, state)) ready.push_back({&item, state, events});
  }
  std::ranges::sort(ready, {}, [](const Ready& r) { return r.item->order; });
  ready.resize(std::min<u64>(ready.size(), most));
  std::vector<EpollEvent> events;
  for (const Ready& r : ready) {
    events.push_back({r.events, r.item->event.data});
    epoll_reported(epoll, *r.item, r.state);
  }
  return events;
}

SysResult wait_for_events(Kernel& k, Thread& t, const Args& a, Timeout timeout) {
  const Description* d = k.files().find(a.fd(0));
  if (d == nullptr) return Errno::ebadf;
  const auto id = epoll_of(*d);
  if (!id || a.as_int(2) <= 0 || static_cast<u64>(a.as_int(2)) > kMaxEvents) return Errno::einval;
  EventWait wait(k, t, timeout);
  const auto events = take_ready(k, *id, static_cast<u64>(a.as_int(2)));
  const std::span<const u8> bytes(reinterpret_cast<const u8*>(events.data()),
                                  events.size() * sizeof(EpollEvent));
  if (!events.empty() && !k.memory().copy_out(a.addr(1), bytes)) return Errno::efault;
  if (!events.empty() || wait.over()) return u64{events.size()};
  wait.until(k.files().next_event(*d, k.now()));
  return wait.wait();
}

}  // namespace

SysResult epoll_create(Kernel& k, Thread&, const Args& a) {
  if (a.as_int(0) <= 0) return Errno::einval;
  return make_epoll(k, 0);
}

SysResult epoll_create1(Kernel& k, Thread&, const Args& a) { return make_epoll(k, a.as_uint(0)); }

SysResult epoll_ctl(Kernel& k, Thread&, const Args& a) {
  enum Operation : u32 { kAdd = 1, kDelete = 2, kModify = 3 };
  const u32 operation = a.as_uint(1);
  EpollEvent event;
  if (operation != kDelete && !k.memory().copy_in(a.addr(3), event)) return Errno::efault;
  const Description *d = k.files().find(a.fd(0)), *watched = k.files().find(a.fd(2));
  if (d == nullptr || watched == nullptr) return Errno::ebadf;
  if (!can_be_watched(*watched)) return Errno::eperm;
  const auto id = epoll_of(*d);
  if (!id || d == watched) return Errno::einval;
  k.changed();
  if (operation == kAdd) return add_item(k, *id, *watched, a.fd(2), event);
  auto& items = k.files().epolls.at(*id).items;
  const auto item = items.find({watched->id, a.fd(2)});
  if (operation != kDelete && operation != kModify) return Errno::einval;
  if (item == items.end()) return Errno::enoent;
  if (operation == kDelete) {
    items.erase(item);
    return u64{0};
  }
  if ((event.events | item->second.event.events) & kEpollExclusive) return Errno::einval;
  item->second.event = event;
  item->second.disabled = false;
  item->second.fresh = true;
  return u64{0};
}

SysResult epoll_wait(Kernel& k, Thread& t, const Args& a) {
  return wait_for_events(k, t, a, milliseconds(a.as_int(3)));
}

SysResult epoll_pwait(Kernel& k, Thread& t, const Args& a) {
  if (const auto failure = mask_for_wait(k, t, a.addr(4), a[5])) return *failure;
  return wait_for_events(k, t, a, milliseconds(a.as_int(3)));
}

SysResult epoll_pwait2(Kernel& k, Thread& t, const Args& a) {
  const auto timeout = timespec_at(k, a.addr(3));
  if (!timeout) return timeout.error();
  if (const auto failure = mask_for_wait(k, t, a.addr(4), a[5])) return *failure;
  return wait_for_events(k, t, a, *timeout);
}

}  // namespace emulator::kernel::calls
