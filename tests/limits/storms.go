// Programs that ask the kernel for more of one thing without end, whatever it answers.
// tests/limits/limits_test runs each under rt0 and looks at how it was stopped and what it cost.
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync/atomic"
	"syscall"
	"unsafe"
)

func raw(number uintptr, a ...uintptr) (uintptr, syscall.Errno) {
	var all [6]uintptr
	copy(all[:], a)
	result, _, errno := syscall.RawSyscall6(number, all[0], all[1], all[2], all[3], all[4], all[5])
	return result, errno
}

var fds [2]int32

// Each returns when asking once is done; it is called for ever.
var storms = map[string]func(){
	"pipes": func() { raw(syscall.SYS_PIPE2, uintptr(unsafe.Pointer(&fds)), 0) },
	"maps": func() {
		raw(syscall.SYS_MMAP, 0, 1<<20, 0, syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE, ^uintptr(0), 0)
		maps++
		raw(syscall.SYS_MMAP, 0x10000000000+0x3000*maps, 0x1000, syscall.PROT_READ,
			syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_FIXED, ^uintptr(0), 0)
	},
	"files":  func() { syscall.Open("/dev/null", 0, 0) },
	"names":  func() { names++; syscall.Mkdir("/tmp/"+strconv.Itoa(names), 0755) },
	"disk":   func() { syscall.Write(file(), make([]byte, 1<<16)) },
	"timers": func() { raw(syscall.SYS_TIMER_CREATE, 1, 0, uintptr(unsafe.Pointer(&fds))) },
	"signals": func() {
		raw(syscall.SYS_TGKILL, uintptr(syscall.Getpid()), uintptr(syscall.Gettid()), 40)
	},
	"unknown": func() { names++; raw(uintptr(1000 + names)) },
	"futex":   func() { futexes() },
	"heap":    func() { keep = append(keep, make([]byte, 1<<20)); touch(keep[len(keep)-1]) },
	"sparse":  func() { sparse() },
	"threads": func() { thread() },
}

var (
	maps  uintptr
	names int
	keep  [][]byte
	out   = -1
	far   uintptr
	word  uint32
	count int32
)

func touch(b []byte) {
	for i := 0; i < len(b); i += 4096 {
		b[i] = 1
	}
}

func file() int {
	if out < 0 {
		out, _ = syscall.Open("/tmp/file", syscall.O_CREAT|syscall.O_WRONLY, 0644)
	}
	return out
}

// One page in every two MiB of a reservation of terabytes.
func sparse() {
	if far == 0 {
		far, _ = raw(syscall.SYS_MMAP, 0, 1<<45, syscall.PROT_READ|syscall.PROT_WRITE,
			syscall.MAP_PRIVATE|syscall.MAP_ANON|syscall.MAP_NORESERVE, ^uintptr(0), 0)
	}
	*(*byte)(unsafe.Pointer(far)) = 1
	far += 2 << 20
}

// Four threads that wait for each other and wake each other, without end.
func futexes() {
	for i := 0; i < 4; i++ {
		go func() {
			runtime.LockOSThread()
			for {
				raw(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), 129, 1<<30)
				timeout := syscall.Timespec{Nsec: 1000}
				raw(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&word)), 128, uintptr(atomic.LoadUint32(&word)),
					uintptr(unsafe.Pointer(&timeout)))
			}
		}()
	}
	select {}
}

// A thread that waits for ever, more of them than Go itself allows.
func thread() {
	if count == 0 {
		debug.SetMaxThreads(1 << 30)
		syscall.Pipe2([]int{0, 0}, 0)
	}
	n := atomic.AddInt32(&count, 1)
	started := make(chan bool)
	go func() {
		runtime.LockOSThread()
		started <- true
		raw(syscall.SYS_FUTEX, uintptr(unsafe.Pointer(&n)), 128, uintptr(n))
	}()
	<-started
}

func main() {
	if os.Args[1] == "signals" {
		all := ^uint64(0)
		runtime.LockOSThread()
		raw(syscall.SYS_RT_SIGPROCMASK, 0, uintptr(unsafe.Pointer(&all)), 0, 8)
	}
	storm, ok := storms[os.Args[1]]
	if !ok {
		fmt.Println("no such storm")
		os.Exit(2)
	}
	for {
		storm()
	}
}
