// many: makes many of one thing, so that bench/curve can tell what one costs.
//
//	many threads N      N threads at once, each locked to a goroutine that waits for its turn, then ends
//	many mmaps N        N mappings at once, none of which joins its neighbours
//	many goroutines N   N goroutines at once, which wait, then end
package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"sync"
	"syscall"
)

func threads(n int) {
	debug.SetMaxThreads(n + 100)
	var started, ended sync.WaitGroup
	started.Add(n)
	ended.Add(n)
	turns := make(chan int)
	for i := 0; i < n; i++ {
		go func() {
			runtime.LockOSThread()
			started.Done()
			<-turns
			ended.Done()
		}()
	}
	started.Wait()
	for i := 0; i < n; i++ {
		turns <- i
	}
	ended.Wait()
}

func mmaps(n int) {
	const page = 4096
	all := make([][]byte, n)
	for i := range all {
		m, err := syscall.Mmap(-1, 0, page, syscall.PROT_READ|(i&1)<<1, syscall.MAP_PRIVATE|syscall.MAP_ANON)
		if err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		all[i] = m
	}
	// Every third first: holes everywhere.
	for first := 0; first < 3; first++ {
		for i := first; i < n; i += 3 {
			if err := syscall.Munmap(all[i]); err != nil {
				fmt.Println(err)
				os.Exit(1)
			}
		}
	}
}

func goroutines(n int) {
	var group sync.WaitGroup
	group.Add(n)
	turns := make(chan int)
	for i := 0; i < n; i++ {
		go func() {
			<-turns
			group.Done()
		}()
	}
	for i := 0; i < n; i++ {
		turns <- i
	}
	group.Wait()
}

func main() {
	kinds := map[string]func(int){"threads": threads, "mmaps": mmaps, "goroutines": goroutines}
	if len(os.Args) == 3 {
		if n, err := strconv.Atoi(os.Args[2]); err == nil && kinds[os.Args[1]] != nil {
			kinds[os.Args[1]](n)
			return
		}
	}
	fmt.Fprintln(os.Stderr, "usage: many threads|mmaps|goroutines N")
	os.Exit(2)
}
