// clocks: no clock ever goes back, whatever threads begin and end.
//
// Exercises: clock_gettime of every clock, getrusage, times, /proc/self/stat, ITIMER_PROF and a POSIX timer of CPU time,
// while goroutines that are locked to their threads work and take the threads along when they end.
// Prints: "ok", or what was wrong.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"unsafe"
)

const (
	processCPU, threadCPU = 2, 3
	prof                  = 2
	forever               = 1000000 // seconds
)

var failed bool

func fail(format string, args ...interface{}) {
	failed = true
	fmt.Printf(format+"\n", args...)
}

func nanos(t syscall.Timespec) int64  { return t.Sec*1e9 + t.Nsec }
func fromVal(t syscall.Timeval) int64 { return t.Sec*1e9 + t.Usec*1e3 }
func raw(n, a, b, c uintptr) uintptr  { _, _, e := syscall.RawSyscall(n, a, b, c); return uintptr(e) }
func at(p *syscall.Timespec) uintptr  { return uintptr(unsafe.Pointer(p)) }

func clock(id uintptr) int64 {
	var t syscall.Timespec
	if e := raw(syscall.SYS_CLOCK_GETTIME, id, at(&t), 0); e != 0 {
		fail("clock %d: errno %d", id, e)
	}
	return nanos(t)
}

// statTicks is utime+stime of /proc/self/stat.
func statTicks() int64 {
	text, err := os.ReadFile("/proc/self/stat")
	if err != nil {
		fail("stat: %v", err)
		return 0
	}
	fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
	user, _ := strconv.ParseInt(fields[11], 10, 64)
	system, _ := strconv.ParseInt(fields[12], 10, 64)
	return user + system
}

type itimer struct{ interval, value syscall.Timeval }
type timer struct{ interval, value syscall.Timespec }

var posix int32

func startTimers() {
	it := itimer{value: syscall.Timeval{Sec: forever}}
	if e := raw(syscall.SYS_SETITIMER, prof, uintptr(unsafe.Pointer(&it)), 0); e != 0 {
		fail("setitimer: %d", e)
	}
	var event [64]byte
	event[12] = 1 // SIGEV_NONE
	if e := raw(syscall.SYS_TIMER_CREATE, processCPU, uintptr(unsafe.Pointer(&event)), uintptr(unsafe.Pointer(&posix))); e != 0 {
		fail("timer_create: %d", e)
	}
	t := timer{value: syscall.Timespec{Sec: forever}}
	if _, _, e := syscall.RawSyscall6(syscall.SYS_TIMER_SETTIME, uintptr(posix), 0, uintptr(unsafe.Pointer(&t)), 0, 0, 0); e != 0 {
		fail("timer_settime: %d", e)
	}
}

// gone is the CPU time that the timers have counted, less what they had counted before the first look.
func gone() (int64, int64) {
	var it itimer
	raw(syscall.SYS_GETITIMER, prof, uintptr(unsafe.Pointer(&it)), 0)
	var t timer
	raw(syscall.SYS_TIMER_GETTIME, uintptr(posix), uintptr(unsafe.Pointer(&t)), 0)
	return forever*1e9 - fromVal(it.value), forever*1e9 - nanos(t.value)
}

var last [16]int64

// look reads every clock and compares it with what it was; on a locked thread.
func look(thread *int64) {
	for _, id := range []uintptr{0, 1, 2, 4, 5, 6, 7} {
		now := clock(id)
		if now < last[id] {
			fail("clock %d went back from %d to %d", id, last[id], now)
		}
		last[id] = now
	}
	if now := clock(threadCPU); now < *thread {
		fail("the thread's clock went back from %d to %d", *thread, now)
	} else {
		*thread = now
	}
}

// agree: each account of the process's CPU time lies between two looks at its clock, as far as a real kernel is exact: it splits
// the time into user and system by the ticks that it saw.
func agree(armed int64) {
	accounts := []struct {
		name   string
		behind int64 // at most; the interval timer of a real kernel looks only now and then
		read   func() int64
	}{
		{"getrusage", 2e7, func() int64 {
			var u syscall.Rusage
			syscall.Getrusage(syscall.RUSAGE_SELF, &u)
			return fromVal(u.Utime) + fromVal(u.Stime)
		}},
		{"times", 2e7, func() int64 {
			var t syscall.Tms
			syscall.Times(&t)
			return (t.Utime + t.Stime) * 1e7
		}},
		{"stat", 2e7, func() int64 { return statTicks() * 1e7 }},
		{"ITIMER_PROF", 1e18, func() int64 { it, _ := gone(); return it + armed }},
		{"timer_gettime", 1e7, func() int64 { _, t := gone(); return t + armed }},
	}
	for _, a := range accounts {
		before := clock(processCPU)
		said := a.read()
		after := clock(processCPU)
		if said < before-a.behind || said > after+2e7 {
			fail("%s says %d, between %d and %d of the clock", a.name, said, before, after)
		}
	}
}

func main() {
	runtime.LockOSThread()
	startTimers()
	armed := clock(processCPU)
	var mine int64
	x := uint32(1)
	for round := 0; round < 8; round++ {
		var group sync.WaitGroup
		for i := 0; i < 4; i++ {
			group.Add(1)
			go func(n int) {
				defer group.Done()
				runtime.LockOSThread() // and never unlocked: the thread ends with it
				y := uint32(n + 1)
				for j := 0; j < 20000*(n+1); j++ {
					y ^= y << 13
					y ^= y >> 17
					y ^= y << 5
				}
				if y == 0 {
					fail("zero")
				}
			}(i)
		}
		for i := 0; i < 40; i++ {
			look(&mine)
			x = x*1664525 + 1013904223
			runtime.Gosched()
		}
		group.Wait()
		look(&mine)
		agree(armed)
	}
	if !failed && x != 0 {
		fmt.Println("ok")
	}
}
