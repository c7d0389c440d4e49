// gosched: goroutines, threads and processors, moved by hand.
//
// Exercises: Gosched, LockOSThread and thread exit, GOMAXPROCS (which stops the world), NumGoroutine, goroutine reuse.
// Prints: counts that hold whatever the scheduler does.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// takeTurns lets n goroutines yield to one another on a single processor and counts their turns.
func takeTurns(n, rounds int) (counts map[int]int) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	counts = map[int]int{}
	var group sync.WaitGroup
	var mutex sync.Mutex
	for i := 0; i < n; i++ {
		i := i
		group.Add(1)
		go func() {
			defer group.Done()
			for r := 0; r < rounds; r++ {
				mutex.Lock()
				counts[i]++
				mutex.Unlock()
				runtime.Gosched()
			}
		}()
	}
	group.Wait()
	return counts
}

// lockedThreads starts n goroutines, each wired to a thread of its own, and counts the threads.
func lockedThreads(n int) int {
	ids := make(chan int)
	var ready, group sync.WaitGroup
	ready.Add(n)
	group.Add(n)
	for i := 0; i < n; i++ {
		go func() {
			defer group.Done()
			runtime.LockOSThread() // never unlocked: the thread ends with its goroutine
			ready.Done()
			ready.Wait()
			before := syscall.Gettid()
			runtime.Gosched()
			time.Sleep(time.Millisecond)
			if syscall.Gettid() != before {
				before = -1
			}
			ids <- before
		}()
	}
	distinct := map[int]bool{}
	for i := 0; i < n; i++ {
		distinct[<-ids] = true
	}
	group.Wait()
	if distinct[-1] {
		return -1
	}
	return len(distinct)
}

func nested() (same bool) {
	runtime.LockOSThread()
	runtime.LockOSThread()
	a := syscall.Gettid()
	runtime.UnlockOSThread()
	time.Sleep(time.Millisecond)
	same = a == syscall.Gettid()
	runtime.UnlockOSThread()
	return same
}

func main() {
	fmt.Println("turns:", takeTurns(4, 25))
	fmt.Println("main thread:", nested(), syscall.Getpid() == os.Getpid())
	fmt.Println("locked threads:", lockedThreads(10))

	before := runtime.NumGoroutine()
	quit := make(chan bool)
	for i := 0; i < 100; i++ {
		go func() { <-quit }()
	}
	fmt.Println("goroutines:", runtime.NumGoroutine()-before)
	close(quit)
	for runtime.NumGoroutine() > before {
		runtime.Gosched()
	}
	fmt.Println("ended")

	// Changing the number of processors stops the world each time.
	original, sum := runtime.GOMAXPROCS(0), 0
	results := make(chan int)
	for _, n := range []int{1, 2, 4, 8, 3, 1, 2} {
		runtime.GOMAXPROCS(n)
		for w := 0; w < 4; w++ {
			go func() {
				total := 0
				for i := 0; i < 1000; i++ {
					total += i % n
				}
				results <- total
			}()
		}
		for w := 0; w < 4; w++ {
			sum += <-results
		}
		if runtime.GOMAXPROCS(0) != n {
			fmt.Println("not set:", n)
		}
	}
	fmt.Println("sum:", sum, "restored:", runtime.GOMAXPROCS(original) == 2)
}
