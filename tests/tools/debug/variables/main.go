package main

import (
	"errors"
	"fmt"
	"os"
	"time"
)

type Point struct{ X, Y int }
type Shape interface{ Area() float64 }
type Square struct{ Side float64 }

func (s Square) Area() float64 { return s.Side * s.Side }

type Tree struct {
	Left, Right *Tree
	Key         string
}

var seen []int

func child(n int) int {
	seen = append(seen, n)
	return len(seen) * n
}

func inlinedTwice(n int) int { return child(n) + child(n+1) }

//go:noinline
func add(a, b int) int {
	c := a + b
	return c
}

//go:noinline
func values(name string, list []int, m map[string]int, p *Point, s Shape, err error, f func(int) int, ch chan int, b bool, d time.Duration, r rune, by byte, fl float64, arr [3]int16, any interface{}, t *Tree) int {
	total := 0
	for i, v := range list {
		total += add(i, v)
	}
	fmt.Fprintln(os.Stderr, name, list, m, p, s, err, b, d, r, by, fl, arr, any, t.Key, len(ch), f(2))
	return total
}

func main() {
	ch := make(chan int, 4)
	ch <- 7
	ch <- 8
	m := map[string]int{"one": 1, "two": 2, "three": 3}
	k := 5
	f := func(x int) int { return x + k }
	n := values("gö\n", []int{1, 2, 3}, m, &Point{3, 4}, Square{2.5}, errors.New("boom"), f, ch, true, 1500*time.Millisecond, 'x', 65, 2.25, [3]int16{1, -2, 3}, 42, &Tree{Key: "root", Left: &Tree{Key: "l"}})
	n += inlinedTwice(n)
	fmt.Println(n)
}
