// growstack: a recursion that does not fit on the stack that it began on.
//
// Shows: morestack, newstack, copystack with its pointers adjusted, and the old stack given back. The pointer to a
// variable of main's is right after each move.
// Prints, on stderr: "depth 40".
package main

func down(n int, deepest *int) {
	var room [64]int
	room[n%64] = n
	if room[n%64] > *deepest {
		*deepest = n
	}
	if n < 40 {
		down(n+1, deepest)
	}
}

func main() {
	deepest := 0
	down(1, &deepest)
	println("depth", deepest)
}
