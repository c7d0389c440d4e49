// stackoverflow: recursion without end, which no recover can catch.
//
// Exercises: morestack, newstack and copystack up to the stack limit, throw, the traceback of a very deep stack.
// Prints: one line on stdout; on stderr "runtime: goroutine stack exceeds 1048576-byte limit" and a traceback.
// Exits with status 2.
package main

import (
	"fmt"
	"runtime/debug"
)

func dive(n int) int {
	var frame [64]int
	frame[n%64] = n
	return dive(n+1) + frame[(n+1)%64]
}

func main() {
	debug.SetMaxStack(1 << 20) // Go's own default is 1 GB
	defer func() { fmt.Println("never printed:", recover()) }()
	fmt.Println("diving")
	fmt.Println(dive(0))
}
