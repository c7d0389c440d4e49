// A thousand goroutines send to one channel.
package main

import (
	"fmt"
	"sync"
)

func main() {
	squares := make(chan int, 16)
	var senders sync.WaitGroup
	for i := 0; i < 1000; i++ {
		senders.Add(1)
		go func(n int) {
			defer senders.Done()
			squares <- n * n
		}(i)
	}
	go func() { senders.Wait(); close(squares) }()
	sum := 0
	for s := range squares {
		sum += s
	}
	fmt.Println("sum", sum)
}
