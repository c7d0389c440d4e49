// What a file is ready for: the one answer behind poll, select and epoll.
#include <algorithm>

#include "emulator/kernel/file_records.hpp"
#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel {
namespace {

constexpr u32 kCanRead = kPollIn | kPollRdNorm, kCanWrite = kPollOut | kPollWrNorm;
constexpr int kMaxNesting = 5;  // EP_MAX_NESTS

/// pipe(7): end of file is a hang-up for the reader, no reader is an error for the writer.
Readiness pipe_readiness(const Pipe& pipe, const Description& d) {
  Readiness r{.events = 0, .edges = pipe.edges};
  if (d.readable()) {
    if (pipe.size() > 0) r.events |= kCanRead;
    if (pipe.writers == 0) r.events |= kPollHup;
  }
  if (d.writable()) {
    if (pipe.has_room()) r.events |= kCanWrite;
    if (pipe.readers == 0) r.events |= kPollErr;
  }
  return r;
}

/// unix(7), stream: when the other side is gone, reads return 0 and writes fail at once.
Readiness socket_readiness(const Pipe& in, const Pipe& out) {
  Readiness r{.events = 0, .edges = {in.edges.readable, out.edges.writable}};
  if (in.size() > 0) r.events |= kCanRead;
  if (in.writers == 0) r.events |= kCanRead | kPollRdHup | kPollHup;
  if (out.has_room() || out.readers == 0) r.events |= kCanWrite;
  return r;
}

Readiness event_readiness(const EventCounter& event) {
  Readiness r{.events = 0, .edges = event.edges};
  if (event.count > 0) r.events |= kCanRead;
  if (event.count < EventCounter::kMax) r.events |= kCanWrite;
  return r;
}

Readiness timer_readiness(const TimerCounter& timer, Nanos now) {
  const u64 expired = timer.expirations(now);
  return {.events = expired > 0 ? kCanRead : 0, .edges = {timer.edges + expired, 0}};
}

}  // namespace

Readiness Files::readiness(Kernel& k, const Description& d, int depth) {
  if (const auto* end = std::get_if<PipeEnd>(&d.object))
    return pipe_readiness(pipes.at(end->pipe), d);
  if (const auto* socket = std::get_if<SocketEnd>(&d.object))
    return socket_readiness(pipes.at(socket->in), pipes.at(socket->out));
  if (const auto* event = std::get_if<EventFile>(&d.object))
    return event_readiness(events.at(event->id));
  if (const auto* timer = std::get_if<TimerFile>(&d.object))
    return timer_readiness(timers.at(timer->id), k.now());
  if (const auto* stream = std::get_if<StandardStream>(&d.object))
    return {.events = stream->fd == 0 ? kCanRead : kCanWrite, .edges = {}};
  const auto* epoll = std::get_if<EpollFile>(&d.object);
  if (epoll == nullptr) return {.events = kCanRead | kCanWrite, .edges = {}};
  Readiness r;
  if (depth > kMaxNesting) return r;
  for (const auto& [key, item] : epolls.at(epoll->id).items) {
    const Readiness inner = readiness(k, descriptions_.at(key.first), depth + 1);
    if (epoll_report(item, inner) != 0) r.events = kCanRead;
    r.edges.readable += inner.edges.readable + inner.edges.writable;
  }
  return r;
}

std::optional<Nanos> Files::next_event(const Description& d, Nanos now, int depth) const {
  if (const auto* timer = std::get_if<TimerFile>(&d.object)) {
    const auto& next = timers.at(timer->id).next;
    return next && *next > now ? next : std::nullopt;
  }
  const auto* epoll = std::get_if<EpollFile>(&d.object);
  if (epoll == nullptr || depth > kMaxNesting) return std::nullopt;
  std::optional<Nanos> first;
  for (const auto& [key, item] : epolls.at(epoll->id).items) {
    const auto next = next_event(descriptions_.at(key.first), now, depth + 1);
    if (next && (!first || *next < *first)) first = next;
  }
  return first;
}

}  // namespace emulator::kernel
