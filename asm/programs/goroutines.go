// goroutines: channels, wait groups, mutexes, pipelines.
//
// Exercises: newproc, gopark and goready, channel send, receive, close and select, futex sleeps between threads.
// Prints: sums and orders that do not depend on how the goroutines are scheduled.
package main

import (
	"fmt"
	"sync"
)

// sieve returns the first n primes from a chain of one filtering goroutine per prime.
func sieve(n int) []int {
	done := make(chan struct{})
	defer close(done)
	source := make(chan int)
	go func(out chan<- int) {
		for i := 2; ; i++ {
			select {
			case out <- i:
			case <-done:
				return
			}
		}
	}(source)
	var primes []int
	for len(primes) < n {
		prime := <-source
		primes = append(primes, prime)
		next := make(chan int)
		go func(in <-chan int, out chan<- int) {
			for {
				select {
				case i := <-in:
					if i%prime == 0 {
						continue
					}
					select {
					case out <- i:
					case <-done:
						return
					}
				case <-done:
					return
				}
			}
		}(source, next)
		source = next
	}
	return primes
}

func fanOut(workers, jobs int) (sum int) {
	in, out := make(chan int), make(chan int, 4)
	var group sync.WaitGroup
	for w := 0; w < workers; w++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for n := range in {
				out <- n * n
			}
		}()
	}
	go func() {
		for i := 1; i <= jobs; i++ {
			in <- i
		}
		close(in)
		group.Wait()
		close(out)
	}()
	for n := range out {
		sum += n
	}
	return sum
}

func counter(workers, rounds int) int {
	var (
		mutex sync.Mutex
		group sync.WaitGroup
		count int
	)
	group.Add(workers)
	for w := 0; w < workers; w++ {
		go func() {
			defer group.Done()
			for i := 0; i < rounds; i++ {
				mutex.Lock()
				count++
				mutex.Unlock()
			}
		}()
	}
	group.Wait()
	return count
}

// relay passes a token through n goroutines, each of which adds one.
func relay(n int) int {
	first := make(chan int)
	in := first
	for i := 0; i < n; i++ {
		out := make(chan int)
		go func(in <-chan int, out chan<- int) { out <- 1 + <-in }(in, out)
		in = out
	}
	first <- 0
	return <-in
}

func pingPong(rounds int) (last string) {
	ping, pong := make(chan string), make(chan string)
	go func() {
		for s := range ping {
			pong <- s + "!"
		}
		close(pong)
	}()
	for i := 0; i < rounds; i++ {
		ping <- fmt.Sprint(i)
		last = <-pong
	}
	close(ping)
	_, open := <-pong
	return fmt.Sprint(last, " open=", open)
}

func main() {
	fmt.Println("sieve:", sieve(30))
	fmt.Println("fan out:", fanOut(7, 500))
	fmt.Println("counter:", counter(8, 1000))
	fmt.Println("relay:", relay(500))
	fmt.Println("ping pong:", pingPong(200))

	empty := make(chan int, 1)
	select {
	case n := <-empty:
		fmt.Println("unexpected", n)
	default:
		fmt.Println("select: nothing ready")
	}
	empty <- 7
	fmt.Println("buffered:", len(empty), cap(empty), <-empty)

	var never chan int
	select {
	case <-never:
	case never <- 1:
	default:
		fmt.Println("nil channel: never ready")
	}
}
