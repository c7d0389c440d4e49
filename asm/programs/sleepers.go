// sleepers: a hundred goroutines that sleep, hours in total.
//
// Exercises: time.Sleep, the timer heaps, nanosleep and futex timeouts: with a virtual clock it ends at once.
// Prints: that nobody woke too early. The argument is the unit of sleep (default 1s; the longest sleep is 100
// units, all together 5,050), so that the same program can be run on a real clock: sleepers 5ms.
package main

import (
	"fmt"
	"os"
	"sync"
	"time"
)

func main() {
	unit := time.Second
	if len(os.Args) > 1 {
		var err error
		if unit, err = time.ParseDuration(os.Args[1]); err != nil {
			fmt.Println(err)
			os.Exit(2)
		}
	}
	const sleepers = 100
	start := time.Now()
	var group sync.WaitGroup
	early := make([]bool, sleepers+1)
	for i := 1; i <= sleepers; i++ {
		i := i
		group.Add(1)
		go func() {
			defer group.Done()
			time.Sleep(time.Duration(i) * unit)
			early[i] = time.Since(start) < time.Duration(i)*unit
		}()
	}
	group.Wait()
	for i, e := range early {
		if e {
			fmt.Println("woke too early:", i)
		}
	}
	fmt.Println("all awake; long enough:", time.Since(start) >= sleepers*unit)

	time.Sleep(0)
	time.Sleep(-time.Hour)
	fmt.Println("zero and negative sleeps return")

	// One after the other, each a fraction of the unit.
	for i := 0; i < 20; i++ {
		before := time.Now()
		time.Sleep(unit / 100)
		if time.Since(before) < unit/100 {
			fmt.Println("woke too early in the row:", i)
		}
	}
	fmt.Println("done")
}
