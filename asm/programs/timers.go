// timers: select with time.After, timers, tickers, deadlines.
//
// Exercises: the timer heap, netpoll and futex timeouts, context deadlines and cancellation.
// Prints: which event came first and how many there were; never how long anything took.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const tick = 5 * time.Millisecond

func main() {
	start := time.Now()

	select {
	case <-time.After(tick):
		fmt.Println("after: the short one")
	case <-time.After(time.Hour):
		fmt.Println("after: the long one")
	}

	timer := time.NewTimer(time.Hour)
	fmt.Println("stop a pending timer:", timer.Stop(), "again:", timer.Stop())
	timer.Reset(tick)
	<-timer.C
	fmt.Println("reset timer fired")

	ticker, ticks := time.NewTicker(tick), 0
	for range ticker.C {
		if ticks++; ticks == 5 {
			ticker.Stop()
			break
		}
	}
	fmt.Println("ticks:", ticks)

	called := make(chan string)
	time.AfterFunc(tick, func() { called <- "called back" })
	fmt.Println("after func:", <-called)

	ctx, cancel := context.WithTimeout(context.Background(), tick)
	defer cancel()
	<-ctx.Done()
	fmt.Println("deadline:", ctx.Err(), errors.Is(ctx.Err(), context.DeadlineExceeded))

	parent, stop := context.WithCancel(context.Background())
	child, stopChild := context.WithTimeout(parent, time.Hour)
	defer stopChild()
	time.AfterFunc(tick, stop)
	<-child.Done()
	fmt.Println("cancelled:", child.Err())

	// Deadlines in one goroutine, far enough apart that their order is certain.
	events := make(chan int)
	for i := 3; i >= 1; i-- {
		i := i
		time.AfterFunc(time.Duration(i)*20*tick, func() { events <- i })
	}
	fmt.Println("order:", <-events, <-events, <-events)

	elapsed := time.Since(start)
	fmt.Println("time passed:", elapsed >= 70*tick, "and not hours:", elapsed < time.Hour)
	fmt.Println("wall clock agrees:", time.Now().Round(0).Sub(start.Round(0)) > 0)
}
