// profiling: a CPU profile of itself.
//
// Exercises: setitimer or timer_create with SIGPROF, the profiling signal handler, the profile's own goroutine, and the
// heap, goroutine and block profiles.
// Prints: "ok" for each profile; what is in them depends on time.
package main

import (
	"bytes"
	"fmt"
	"runtime"
	"runtime/pprof"
	"runtime/trace"
	"sync"
)

//go:noinline
func work(n int) (x uint32) {
	x = 1
	for i := 0; i < n; i++ {
		x ^= x << 13
		x ^= x >> 17
		x ^= x << 5
	}
	return x
}

func main() {
	var cpu bytes.Buffer
	if err := pprof.StartCPUProfile(&cpu); err != nil {
		fmt.Println("cpu:", err)
		return
	}
	fmt.Println("twice:", pprof.StartCPUProfile(&cpu))
	var group sync.WaitGroup
	for i := 0; i < 4; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			work(3000000)
		}()
	}
	group.Wait()
	fmt.Println("work:", work(1000))
	pprof.StopCPUProfile()
	fmt.Println("cpu ok:", cpu.Len() > 0 && bytes.HasPrefix(cpu.Bytes(), []byte{0x1f, 0x8b}))

	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	done := make(chan bool)
	go func() { done <- true }()
	<-done
	for _, name := range []string{"heap", "allocs", "goroutine", "threadcreate", "block", "mutex"} {
		var b bytes.Buffer
		err := pprof.Lookup(name).WriteTo(&b, 0)
		fmt.Println(name, "ok:", b.Len() > 0, err)
	}

	var events bytes.Buffer
	if err := trace.Start(&events); err != nil {
		fmt.Println("trace:", err)
		return
	}
	go func() { done <- true }()
	<-done
	trace.Stop()
	fmt.Println("trace ok:", bytes.HasPrefix(events.Bytes(), []byte("go 1.")))
}
