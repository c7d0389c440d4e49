/// The system calls on pipes, sockets and events; the rows are in event_calls.cpp.
#pragma once

#include "emulator/kernel/kernel.hpp"

namespace emulator::kernel::calls {

// pipe_calls.cpp: pipe(2), eventfd(2), timerfd_create(2)
SysResult pipe(Kernel& k, Thread& t, const Args& a);
SysResult pipe2(Kernel& k, Thread& t, const Args& a);
SysResult eventfd(Kernel& k, Thread& t, const Args& a);
SysResult eventfd2(Kernel& k, Thread& t, const Args& a);
SysResult timerfd_create(Kernel& k, Thread& t, const Args& a);
SysResult timerfd_settime(Kernel& k, Thread& t, const Args& a);
SysResult timerfd_gettime(Kernel& k, Thread& t, const Args& a);

// socket_calls.cpp: socket(2), socketpair(2), send(2), recv(2)
SysResult socket(Kernel& k, Thread& t, const Args& a);
SysResult socketpair(Kernel& k, Thread& t, const Args& a);
SysResult sendto(Kernel& k, Thread& t, const Args& a);
SysResult recvfrom(Kernel& k, Thread& t, const Args& a);
SysResult sendmsg(Kernel& k, Thread& t, const Args& a);
SysResult recvmsg(Kernel& k, Thread& t, const Args& a);
SysResult shutdown(Kernel& k, Thread& t, const Args& a);
SysResult getsockopt(Kernel& k, Thread& t, const Args& a);
SysResult setsockopt(Kernel& k, Thread& t, const Args& a);
SysResult getsockname(Kernel& k, Thread& t, const Args& a);
SysResult not_connected(Kernel& k, Thread& t, const Args& a);

// epoll_calls.cpp: epoll(7)
SysResult epoll_create(Kernel& k, Thread& t, const Args& a);
SysResult epoll_create1(Kernel& k, Thread& t, const Args& a);
SysResult epoll_ctl(Kernel& k, Thread& t, const Args& a);
SysResult epoll_wait(Kernel& k, Thread& t, const Args& a);
SysResult epoll_pwait(Kernel& k, Thread& t, const Args& a);
SysResult epoll_pwait2(Kernel& k, Thread& t, const Args& a);

// poll_calls.cpp: poll(2), select(2)
SysResult poll(Kernel& k, Thread& t, const Args& a);
SysResult ppoll(Kernel& k, Thread& t, const Args& a);
SysResult select(Kernel& k, Thread& t, const Args& a);
SysResult pselect6(Kernel& k, Thread& t, const Args& a);

// -- what they share (event_wait.cpp) --

/// How long a call may wait. Nothing: for ever.
using Timeout = std::optional<Nanos>;

/// The timeout arguments: milliseconds (negative: for ever), or a struct timespec (null: for ever);
/// EFAULT, EINVAL.
Timeout milliseconds(i32 count);
Result<Timeout> timespec_at(Kernel& k, Addr at);

/// One wait for readiness. The guest's own deadline is fixed when the call is first made, and kept
/// in Wait::key over later tries; the wait itself also ends when a timerfd comes due.
class EventWait {
 public:
  EventWait(Kernel& k, Thread& t, Timeout timeout);
  /// The guest's deadline has passed (or it did not want to wait at all).
  bool over() const;
  /// A file that is watched becomes ready by itself at that time.
  void until(std::optional<Nanos> next);
  SysResult wait();

 private:
  Kernel& k_;
  Thread& t_;
  std::optional<Nanos> deadline_, next_;
};

/// The signal mask of epoll_pwait, ppoll and pselect6, on the first try only; EINVAL, EFAULT.
Failure mask_for_wait(Kernel& k, Thread& t, Addr mask, u64 size);

}  // namespace emulator::kernel::calls
