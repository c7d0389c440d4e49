// steal: one processor makes all the goroutines, another one takes half of them.
//
// Shows: wakep, a second M that starts and spins, findrunnable on an empty queue, runqsteal and runqgrab.
// Prints, on stderr: "8 done". It needs two processors (--cores 2, the default).
package main

func work(n int, done chan<- int) {
	x := n
	for i := 0; i < 20000; i++ {
		x = x*5 + 1
	}
	done <- x
}

func main() {
	done := make(chan int, 8)
	for i := 0; i < 8; i++ {
		go work(i, done)
	}
	for i := 0; i < 8; i++ {
		<-done
	}
	println("8 done")
}
