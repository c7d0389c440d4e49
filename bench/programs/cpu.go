// cpu SCALE PHASE: integer work in one of three phases, the same on every run.
//
//	calls    recursive Fibonacci: calls, returns, stack checks
//	bytes    a sieve: byte loads and stores
//	alu      a mixing hash: shifts, multiplications, additions
package main

import (
	"os"
	"strconv"
)

//go:noinline
func fibonacci(n int) int {
	if n < 2 {
		return n
	}
	return fibonacci(n-1) + fibonacci(n-2)
}

func primesBelow(limit int) int {
	composite := make([]bool, limit)
	found := 0
	for n := 2; n < limit; n++ {
		if composite[n] {
			continue
		}
		found++
		for multiple := n + n; multiple < limit; multiple += n {
			composite[multiple] = true
		}
	}
	return found
}

func mixed(rounds int) uint64 {
	h := uint64(1)
	for i := 0; i < rounds; i++ {
		h ^= h >> 31
		h *= 0x9fb21c651e98df25
		h ^= h >> 28
		h += uint64(i)
	}
	return h
}

func main() {
	scale, _ := strconv.Atoi(os.Args[1])
	switch os.Args[2] {
	case "calls":
		sum := 0
		for i := 0; i < scale; i++ {
			sum += fibonacci(26)
		}
		println(sum)
	case "bytes":
		sum := 0
		for i := 0; i < 4*scale; i++ {
			sum += primesBelow(1 << 16)
		}
		println(sum)
	case "alu":
		println(mixed(scale * 500000))
	}
}
