// workers: three goroutines that share the work that comes through a channel, and end.
//
// Shows: newproc and the birth of a goroutine, chansend and chanrecv with gopark and goready, the run queue and
// runnext, close, goexit and the free list of dead goroutines.
// Prints, on stderr: "total 45".
package main

func worker(jobs <-chan int, sums chan<- int) {
	sum := 0
	for n := range jobs {
		sum += n
	}
	sums <- sum
}

func main() {
	jobs, sums := make(chan int), make(chan int)
	for i := 0; i < 3; i++ {
		go worker(jobs, sums)
	}
	for n := 1; n <= 9; n++ {
		jobs <- n
	}
	close(jobs)
	total := 0
	for i := 0; i < 3; i++ {
		total += <-sums
	}
	println("total", total)
}
