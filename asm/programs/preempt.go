// preempt: loops that never call anything, which only asynchronous preemption can stop.
//
// Exercises: sysmon's retake, preemptone, tgkill with SIGURG, the signal frame pushed to asyncPreempt, the registers
// that asyncPreempt saves (general and XMM/YMM), stop-the-world while loops run.
// Prints: "main ran", "collected" and sums that are wrong if a register was lost. Without preemption it hangs.
package main

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"
)

var stop int32

// spin keeps many live values in general and vector registers, and makes no call.
func spin(rounds int) (uint64, float64) {
	a, b, c, d, e, f := uint64(1), uint64(2), uint64(3), uint64(4), uint64(5), uint64(6)
	x, y, z := 1.0, 2.0, 3.0
	for i := 0; i < rounds; i++ {
		a, b, c, d, e, f = a*3+b, b^c<<1, c+d>>1, d-e, e+f*5, f^a
		x, y, z = x*0.5+y*0.25, y*0.75+z*0.125, z*0.5+1
	}
	return a ^ b ^ c ^ d ^ e ^ f, x + y + z
}

func main() {
	runtime.GOMAXPROCS(1)

	for i := 0; i < 2; i++ {
		go func() {
			for n := 0; ; n++ {
			}
		}()
	}
	time.Sleep(time.Millisecond) // main can come back only if a loop is stopped
	fmt.Println("main ran")

	started := time.Now()
	runtime.GC() // and the world can stop only if the loops do
	fmt.Println("collected", time.Since(started) < time.Minute)

	const workers, rounds = 3, 300000
	type result struct {
		bits uint64
		sum  float64
	}
	want, wantSum := spin(rounds)
	results := make(chan result, workers)
	for w := 0; w < workers; w++ {
		go func() {
			bits, sum := spin(rounds)
			results <- result{bits, sum}
		}()
	}
	for w := 0; w < workers; w++ {
		r := <-results
		fmt.Println("worker kept its registers:", r.bits == want, r.sum == wantSum)
	}

	go func() {
		time.Sleep(time.Millisecond)
		atomic.StoreInt32(&stop, 1)
	}()
	for atomic.LoadInt32(&stop) == 0 {
	}
	fmt.Println("loop in main ended")
}
