// stackgrow: stacks that grow, move and shrink.
//
// Exercises: morestack, newstack, copystack with pointers into the stack, stackalloc's free lists, shrinkstack at GC,
// thousands of goroutines, the reuse of dead ones.
// Prints: sums that are wrong if a pointer into a moved stack was not adjusted.
package main

import (
	"fmt"
	"runtime"
	"strings"
	"sync"
)

// descend keeps a pointer to each frame's variable in the next frame.
//
//go:noinline
func descend(n int, up *int) int {
	mine := n
	if n == 0 {
		return *up
	}
	deeper := descend(n-1, &mine)
	return deeper + mine - n + *up%2
}

// frames of very different sizes
//
//go:noinline
func wide(n int) (sum int) {
	var block [3000]int
	block[n%3000] = n
	if n > 0 {
		sum = wide(n-1) + narrow(n)
	}
	return sum + block[n%3000]
}

//go:noinline
func narrow(n int) int {
	if n%10 == 0 {
		return n
	}
	return narrow(n-1) + 1
}

func ackermann(m, n int) int {
	if m == 0 {
		return n + 1
	}
	if n == 0 {
		return ackermann(m-1, 1)
	}
	return ackermann(m-1, ackermann(m, n-1))
}

func deferring(n int, log *strings.Builder) {
	if n == 0 {
		return
	}
	local := n
	defer func() {
		if local%500 == 0 {
			fmt.Fprint(log, local, " ")
		}
	}()
	deferring(n-1, log)
}

func main() {
	seed := 3
	fmt.Println("descend:", descend(10, &seed), descend(1000, &seed), descend(100000, &seed))
	fmt.Println("wide:", wide(200))
	fmt.Println("ackermann:", ackermann(2, 300))
	var log strings.Builder
	deferring(2000, &log)
	fmt.Println("deferred:", log.String())

	// Each goroutine grows its stack, and waits while the collector shrinks it.
	for round := 0; round < 3; round++ {
		const count = 60
		var deep, group sync.WaitGroup
		release := make(chan bool)
		sums := make([]int, count)
		for i := range sums {
			i := i
			deep.Add(1)
			group.Add(1)
			go func() {
				defer group.Done()
				local := i
				sums[i] = descend(200+i*20, &local)
				deep.Done()
				<-release
				sums[i] += descend(300, &local) + local
			}()
		}
		deep.Wait()
		runtime.GC()
		runtime.GC()
		close(release)
		group.Wait()
		total := 0
		for _, s := range sums {
			total += s
		}
		fmt.Println("round:", round, total)
	}

	results := make(chan int, 100)
	for i := 0; i < 5000; i++ {
		go func(n int) { results <- narrow(n % 50) }(i)
	}
	total := 0
	for i := 0; i < 5000; i++ {
		total += <-results
	}
	fmt.Println("five thousand:", total)
}
