// The rows of the calls on pipes, sockets and events.
#include "emulator/kernel/event_calls.hpp"

namespace emulator::kernel {
namespace {

constexpr SyscallRow kRows[] = {
    {7, "poll", "fds:ptr nfds:uint timeout:int", calls::poll},
    {22, "pipe", "pipefd:ptr", calls::pipe},
    {23, "select", "nfds:int readfds:ptr writefds:ptr exceptfds:ptr timeout:ptr", calls::select},
    {41, "socket", "domain:int type:hex protocol:int", calls::socket},
    {42, "connect", "sockfd:fd addr:ptr addrlen:uint", calls::not_connected},
    {43, "accept", "sockfd:fd addr:ptr addrlen:ptr", calls::not_connected},
    {44, "sendto", "sockfd:fd buf:in len:size flags:hex dest_addr:ptr addrlen:uint", calls::sendto},
    {45, "recvfrom", "sockfd:fd buf:out len:size flags:hex src_addr:ptr addrlen:ptr",
     calls::recvfrom},
    {46, "sendmsg", "sockfd:fd msg:ptr flags:hex", calls::sendmsg},
    {47, "recvmsg", "sockfd:fd msg:ptr flags:hex", calls::recvmsg},
    {48, "shutdown", "sockfd:fd how:int", calls::shutdown},
    {49, "bind", "sockfd:fd addr:ptr addrlen:uint", calls::not_connected},
    {50, "listen", "sockfd:fd backlog:int", calls::not_connected},
    {51, "getsockname", "sockfd:fd addr:ptr addrlen:ptr", calls::getsockname},
    {52, "getpeername", "sockfd:fd addr:ptr addrlen:ptr", calls::getsockname},
    {53, "socketpair", "domain:int type:hex protocol:int sv:ptr", calls::socketpair},
    {54, "setsockopt", "sockfd:fd level:int optname:int optval:ptr optlen:uint", calls::setsockopt},
    {55, "getsockopt", "sockfd:fd level:int optname:int optval:ptr optlen:ptr", calls::getsockopt},
    {213, "epoll_create", "size:int", calls::epoll_create},
    {232, "epoll_wait", "epfd:fd events:ptr maxevents:int timeout:int", calls::epoll_wait},
    {233, "epoll_ctl", "epfd:fd op:int fd:fd event:ptr", calls::epoll_ctl},
    {270, "pselect6", "nfds:int readfds:ptr writefds:ptr exceptfds:ptr timeout:ptr sigmask:ptr",
     calls::pselect6},
    {271, "ppoll", "fds:ptr nfds:uint tmo_p:ptr sigmask:ptr sigsetsize:size", calls::ppoll},
    {281, "epoll_pwait", "epfd:fd events:ptr maxevents:int timeout:int sigmask:ptr sigsetsize:size",
     calls::epoll_pwait},
    {283, "timerfd_create", "clockid:int flags:hex", calls::timerfd_create},
    {284, "eventfd", "initval:uint", calls::eventfd},
    {286, "timerfd_settime", "fd:fd flags:hex new_value:ptr old_value:ptr", calls::timerfd_settime},
    {287, "timerfd_gettime", "fd:fd curr_value:ptr", calls::timerfd_gettime},
    {288, "accept4", "sockfd:fd addr:ptr addrlen:ptr flags:hex", calls::not_connected},
    {290, "eventfd2", "initval:uint flags:hex", calls::eventfd2},
    {291, "epoll_create1", "flags:hex", calls::epoll_create1},
    {293, "pipe2", "pipefd:ptr flags:hex", calls::pipe2},
    {441, "epoll_pwait2",
     "epfd:fd events:ptr maxevents:int timeout:ptr sigmask:ptr sigsetsize:size",
     calls::epoll_pwait2},
};

}  // namespace

std::span<const SyscallRow> event_calls() { return kRows; }

}  // namespace emulator::kernel
