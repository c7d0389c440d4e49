// deadlock: main waits for a channel that nobody will ever send to.
//
// Shows: gopark, an M that finds nothing to run and stops, checkdead, throw.
// Prints, on stderr, Go's own "fatal error: all goroutines are asleep - deadlock!" and ends with status 2.
package main

func main() {
	never := make(chan int)
	println("main waits")
	<-never
}
