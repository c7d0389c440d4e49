// errnos: system calls with bad arguments, and some with good ones.
//
// Exercises: which error each call reports, and which of two errors comes first.
// Prints: a line a call, with its error number or what it returned.
package main

import (
	"fmt"
	"runtime"
	"syscall"
	"unsafe"
)

type args [6]uintptr

const max = ^uintptr(0)

var memory [65536]byte

// at is the address of a byte of memory.
func at(offset uintptr) uintptr { return uintptr(unsafe.Pointer(&memory[offset])) }

// words puts numbers into memory and returns where they are.
func words(offset uintptr, values ...uint64) uintptr {
	for i, v := range values {
		*(*uint64)(unsafe.Pointer(&memory[offset+uintptr(i)*8])) = v
	}
	return at(offset)
}

// pages maps some pages and returns where they are.
func pages(count, protection uintptr) uintptr {
	p, _, _ := syscall.RawSyscall6(syscall.SYS_MMAP, 0, count*4096, protection, 0x22, max, 0)
	return p
}

func main() {
	runtime.LockOSThread()
	p, bad := at(0), uintptr(0x10)
	pid, tid := uintptr(syscall.Getpid()), uintptr(syscall.Gettid())
	region, ro := pages(16, 3), pages(1, 1)
	syscall.RawSyscall(syscall.SYS_MUNMAP, region+8*4096, 4096, 0)
	calls := []struct {
		name   string
		number uintptr
		args   args
	}{
		{"mmap0", 9, args{0, 0, 3, 0x22, max, 0}},
		{"mmap off", 9, args{0, 4096, 3, 0x22, max, 1}},
		{"mmap notype", 9, args{0, 4096, 3, 0x20, max, 0}},
		{"mmap notype hugelen", 9, args{0, max - 4096, 3, 0x20, max, 0}},
		{"mmap len ovf", 9, args{0, max, 3, 0x22, max, 0}},
		{"mmap fixed mis", 9, args{region + 1, 4096, 3, 0x32, max, 0}},
		{"mmap fixed end", 9, args{0x7ffffffff000, 4096, 3, 0x32, max, 0}},
		{"mmap fixed mis end", 9, args{0x7ffffffff001, 4096, 3, 0x32, max, 0}},
		{"mmap norepl", 9, args{region, 4096, 3, 0x100022, max, 0}},
		{"mmap badfd", 9, args{0, 4096, 3, 2, max, 0}},
		{"mmap badfd len0", 9, args{0, 0, 3, 2, max, 0}},
		{"munmap mis", 11, args{region + 1, 4096}},
		{"munmap 0", 11, args{region, 0}},
		{"munmap far", 11, args{0x7ffffffff000, 8192}},
		{"munmap big", 11, args{region, max}},
		{"mprotect mis", 10, args{region + 1, 4096, 1}},
		{"mprotect 0", 10, args{region, 0, 1}},
		{"mprotect hole", 10, args{region, 16 * 4096, 1}},
		{"mprotect back", 10, args{region, 8 * 4096, 3}},
		{"mprotect badprot", 10, args{region, 4096, 0x100}},
		{"mprotect growsdown", 10, args{region, 4096, 0x01000001}},
		{"mprotect growsboth", 10, args{region, 4096, 0x03000001}},
		{"mprotect ovf", 10, args{region, max, 1}},
		{"mprotect unmapped", 10, args{0x10000, 4096, 1}},
		{"madvise mis", 28, args{region + 1, 4096, 4}},
		{"madvise bad", 28, args{region, 4096, 99}},
		{"madvise bad0", 28, args{region, 0, 99}},
		{"madvise hole", 28, args{region, 16 * 4096, 4}},
		{"madvise free", 28, args{region, 4096, 8}},
		{"madvise ovf", 28, args{region, max, 4}},
		{"madvise unm", 28, args{0x10000, 4096, 4}},
		{"madvise far", 28, args{0x7ffffffff000, 4096, 4}},
		{"mincore mis", 27, args{region + 1, 4096, p}},
		{"mincore hole", 27, args{region, 16 * 4096, p}},
		{"mincore efault", 27, args{region, 4096, bad}},
		{"mincore far", 27, args{0x7ffffffff000, 4096, p}},
		{"msync mis", 26, args{region + 1, 4096, 4}},
		{"msync both", 26, args{region, 4096, 5}},
		{"msync hole", 26, args{region, 16 * 4096, 4}},
		{"msync ok", 26, args{region, 4096, 4}},
		{"mlock hole", 149, args{region, 16 * 4096}},
		{"mlock ok", 149, args{region + 5, 10}},
		{"mremap flags", 25, args{region, 4096, 8192, 8, 0}},
		{"mremap mis", 25, args{region + 1, 4096, 8192, 0, 0}},
		{"mremap 0", 25, args{region, 4096, 0, 0, 0}},
		{"mremap unm", 25, args{0x10000, 4096, 8192, 0, 0}},
		{"mremap nomove", 25, args{region, 4096, 8192, 0, 0}},
		{"mremap fixed nomay", 25, args{region, 4096, 8192, 2, region}},
		{"mremap overlap", 25, args{region, 8192, 8192, 3, region + 4096}},
		{"mremap span", 25, args{region, 16 * 4096, 17 * 4096, 1, 0}},
		{"mremap span shrink", 25, args{region + 9*4096, 7 * 4096, 4 * 4096, 1, 0}},
		{"futex mis", 202, args{p + 1, 128, 0, 0}},
		{"futex again", 202, args{p, 128, 5, 0}},
		{"futex efault", 202, args{bad, 128, 5, 0}},
		{"futex efault2", 202, args{bad &^ 3, 129, 5, 0}},
		{"futex bad ts", 202, args{p, 128, 0, words(512, 0, 2000000000)}},
		{"futex bad ts neg", 202, args{p, 128, 5, words(528, ^uint64(0), 0)}},
		{"futex ts efault", 202, args{p, 128, 0, bad}},
		{"futex bitset0", 202, args{p, 137, 0, 0, 0, 0}},
		{"futex wakebitset0", 202, args{p, 138, 0, 0, 0, 0}},
		{"futex wake rt", 202, args{p, 129 | 256, 0, 0, 0, 0}},
		{"futex wait rt", 202, args{p, 128 | 256, 5, 0, 0, 0}},
		{"futex tmo", 202, args{p, 128, 0, words(544, 0, 1000)}},
		{"futex tmo past", 202, args{p, 137, 0, words(560, 0, 1000), 0, 1}},
		{"futex wake", 202, args{p, 129, 1}},
		{"futex wake mis", 202, args{p + 2, 129, 1}},
		{"futex cmprq", 202, args{p, 132, 1, 1, p + 64, 7}},
		{"futex rq neg", 202, args{p, 131, max, 1, p + 64, 7}},
		{"futex wakeop", 202, args{p, 133, 1, 1, p + 64, 0}},
		{"sigaction 0", 13, args{0, 0, 0, 8}},
		{"sigaction 65", 13, args{65, 0, 0, 8}},
		{"sigaction 64", 13, args{64, 0, p, 8}},
		{"sigaction size", 13, args{10, 0, 0, 4}},
		{"sigaction kill q", 13, args{9, 0, p, 8}},
		{"sigaction kill s", 13, args{9, p, 0, 8}},
		{"sigaction efault", 13, args{10, bad, 0, 8}},
		{"sigaction efault2", 13, args{10, 0, bad, 8}},
		{"sigaction bad+efault", 13, args{0, bad, 0, 8}},
		{"sigprocmask size", 14, args{0, 0, 0, 4}},
		{"sigprocmask how null", 14, args{99, 0, p, 8}},
		{"sigprocmask how", 14, args{99, p + 2048, p, 8}},
		{"sigprocmask efault", 14, args{0, bad, p, 8}},
		{"sigpending", 127, args{p, 9}},
		{"sigpending4", 127, args{p, 4}},
		{"sigtimedwait size", 128, args{p, 0, 0, 4}},
		{"sigtimedwait tmo", 128, args{words(600, 0x200), 0, words(616, 0, 0), 8}},
		{"sigtimedwait tmobad", 128, args{words(600, 0x200), 0, words(632, 0, 1<<40), 8}},
		{"sigsuspend size", 130, args{p, 4}},
		{"sigaltstack flags", 131, args{words(700, uint64(p), 5, 65536), 0}},
		{"kill 0sig", 62, args{pid, 0}},
		{"kill 65", 62, args{pid, 65}},
		{"kill nobody", 62, args{0x3ffffff, 0}},
		{"kill nobody bad", 62, args{0x3ffffff, 99}},
		{"tgkill 0", 234, args{pid, 0, 0}},
		{"tgkill -1", 234, args{max, 1, 0}},
		{"tgkill none", 234, args{pid, 0x3ffffff, 0}},
		{"tgkill badsig", 234, args{pid, tid, 65}},
		{"tkill 0", 200, args{0, 0}},
		{"tkill badsig", 200, args{tid, 65}},
		{"nanosleep bad", 35, args{words(800, 0, 1000000000), 0}},
		{"nanosleep neg", 35, args{words(816, ^uint64(0), 0), 0}},
		{"nanosleep efault", 35, args{bad, 0}},
		{"nanosleep ok", 35, args{words(832, 0, 1), 0}},
		{"clock bad", 228, args{77, p}},
		{"clock 11", 228, args{11, p}},
		{"clock efault", 228, args{1, bad}},
		{"getres null", 229, args{1, 0}},
		{"getres bad", 229, args{77, 0}},
		{"clock_nanosleep cpu", 230, args{3, 0, p, 0}},
		{"clock_nanosleep bad", 230, args{77, 0, p, 0}},
		{"clock_nanosleep abs past", 230, args{1, 1, words(848, 0, 1), 0}},
		{"setitimer bad", 38, args{3, p, 0}},
		{"setitimer badval", 38, args{0, words(864, 0, 0, 0, 1000000), 0}},
		{"getitimer bad", 36, args{5, p}},
		{"getitimer efault", 36, args{0, bad}},
		{"timer_create bad", 222, args{77, 0, p}},
		{"timer_create badsig", 222, args{1, words(900, 0, 99), p}},
		{"timer_create badnotify", 222, args{1, words(1000, 0, 10|9<<32), p}},
		{"timer_settime none", 223, args{12345, 0, p + 2048, 0}},
		{"timer_settime null", 223, args{12345, 0, 0, 0}},
		{"timer_gettime none", 224, args{12345, p}},
		{"timer_overrun none", 225, args{12345}},
		{"timer_delete none", 226, args{12345}},
		{"getaffinity nobody", 204, args{0x3ffffff, 8, p}},
		{"getaffinity efault", 204, args{0, 64, bad}},
		{"setaffinity empty", 203, args{0, 8, words(1100, 0)}},
		{"getscheduler", 145, args{0}},
		{"getparam", 143, args{0, p}},
		{"getparam null", 143, args{0, 0}},
		{"prio max", 146, args{1}},
		{"prio min", 147, args{1}},
		{"prio max bad", 146, args{9}},
		{"prio idle", 146, args{5}},
		{"robust size", 273, args{p, 4}},
		{"arch_prctl bad", 158, args{1, 0}},
		{"arch_prctl noncanon", 158, args{0x1001, 1 << 47}},
		{"arch_prctl getgs", 158, args{0x1004, p}},
		{"arch_prctl efault", 158, args{0x1003, bad}},
		{"prctl bad", 157, args{12345}},
		{"prctl name", 157, args{15, words(1200, 0x41424344)}},
		{"prctl name efault", 157, args{15, bad}},
		{"prctl getname", 157, args{16, p}},
		{"getrandom flags", 318, args{p, 8, 8}},
		{"getrandom both", 318, args{p, 8, 6}},
		{"getrandom 0", 318, args{0, 0, 0}},
		{"getrandom efault", 318, args{bad, 8, 0}},
		{"getrlimit bad", 97, args{16, p}},
		{"getrlimit efault", 97, args{7, bad}},
		{"setrlimit inval", 160, args{4, words(1300, 5, 3)}},
		{"prlimit nobody", 302, args{0x3ffffff, 7, 0, p}},
		{"getrusage bad", 98, args{5, p}},
		{"getrusage", 98, args{1, p}},
		{"wait4", 61, args{max, 0, 0, 0}},
		{"waitid", 247, args{0, 0, p, 4}},
		{"waitid noopt", 247, args{0, 0, p, 0}},
		{"getpgid nobody", 121, args{0x3ffffff}},
		{"getsid nobody", 124, args{0x3ffffff}},
		{"getgroups neg", 115, args{max, p}},
		{"personality q", 135, args{0xffffffff}},
		{"capget", 125, args{words(1400, 0x20080522), p}},
		{"capget badver", 125, args{words(1416, 1), p}},
		{"capget badver null", 125, args{words(1432, 1), 0}},
		{"clone thr nosig", 56, args{0x10000, 0}},
		{"clone sig novm", 56, args{0x800, 0}},
		{"getpriority bad", 140, args{7, 0}},
		{"membarrier bad", 324, args{64000, 0}},
		{"membarrier flag", 324, args{0, 5}},
		{"uname efault", 63, args{bad}},
		{"sysinfo efault", 99, args{bad}},
		{"times efault", 100, args{bad}},
		{"gettimeofday efault", 96, args{bad, 0}},
		{"time efault", 201, args{bad}},
		{"ro copyout", 63, args{ro}},
	}
	for _, c := range calls {
		a := c.args
		r, _, errno := syscall.RawSyscall6(c.number, a[0], a[1], a[2], a[3], a[4], a[5])
		switch {
		case errno != 0:
			fmt.Printf("%s: %d %v\n", c.name, int(errno), errno)
		case r < 100:
			fmt.Printf("%s = %d\n", c.name, r)
		default:
			fmt.Printf("%s: an address\n", c.name)
		}
	}
}
