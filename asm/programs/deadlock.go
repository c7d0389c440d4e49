// deadlock: everyone sleeps and nobody can wake anybody.
//
// Exercises: checkdead and its count of idle threads.
// Prints: "start" on stdout; on stderr "fatal error: all goroutines are asleep - deadlock!". Exits with status 2.
// By argument main waits in another way: chan (default), select, mutex, group, cond, ring (ten goroutines in a ring).
package main

import (
	"fmt"
	"os"
	"sync"
)

func main() {
	fmt.Println("start")
	how := "chan"
	if len(os.Args) > 1 {
		how = os.Args[1]
	}
	switch how {
	case "chan":
		<-make(chan int)
	case "select":
		select {}
	case "mutex":
		var m sync.Mutex
		m.Lock()
		m.Lock()
	case "group":
		var g sync.WaitGroup
		g.Add(1)
		g.Wait()
	case "cond":
		c := sync.NewCond(new(sync.Mutex))
		c.L.Lock()
		c.Wait()
	case "ring":
		ring := make([]chan int, 10)
		for i := range ring {
			ring[i] = make(chan int)
		}
		for i := range ring {
			go func(in, out chan int) { out <- <-in }(ring[i], ring[(i+1)%len(ring)])
		}
		select {}
	}
}
