// Allocates without end and keeps little of it: goroutines that build trees, maps, strings and slices, and a garbage
// collector that has to keep up. Every round it prints the round, a sum, the number of collections and the pages
// of memory that it has in use, as the kernel counts them.
package main

import (
	"fmt"
	"os"
	"runtime"
	"sort"
	"strings"
)

type node struct {
	left, right *node
	text        string
}

func tree(depth, n int) *node {
	if depth == 0 {
		return nil
	}
	return &node{tree(depth-1, 2*n), tree(depth-1, 2*n+1), strings.Repeat("x", n%17)}
}

func (t *node) sum() int {
	if t == nil {
		return 0
	}
	return len(t.text) + t.left.sum() + t.right.sum()
}

func work(seed int, results chan<- int) {
	words := map[string]int{}
	for i := 0; i < 400; i++ {
		words[fmt.Sprint(seed*i%977, "-", i%13)] += i
	}
	keys := make([]string, 0, len(words))
	for k := range words {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	results <- tree(10, seed).sum() + len(keys)
}

func main() {
	var ring [64][]byte
	results := make(chan int)
	for round := 0; ; round++ {
		sum := 0
		for i := 0; i < 8; i++ {
			go work(round*8+i, results)
		}
		for i := 0; i < 8; i++ {
			sum += <-results
		}
		ring[round%len(ring)] = make([]byte, 1<<10+round%64<<10)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		statm, _ := os.ReadFile("/proc/self/statm")
		fmt.Println(round, sum, m.NumGC, strings.Fields(string(statm))[1])
	}
}
