// defers: the order and the reach of deferred calls.
//
// Exercises: open-coded, stack-allocated and heap-allocated defers, recover and re-panic, Goexit, closures.
// Prints: the order in which things ran.
package main

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
)

func order() (trail []string) {
	defer func() { trail = append(trail, "last") }()
	for i := 0; i < 3; i++ {
		defer func(i int) { trail = append(trail, fmt.Sprint("loop ", i)) }(i)
	}
	defer func() { trail = append(trail, "first") }()
	return trail
}

func arguments() string {
	x := 1
	var b strings.Builder
	func() {
		defer fmt.Fprint(&b, "value ", x, "; ") // evaluated now
		defer func() { fmt.Fprint(&b, "variable ", x, "; ") }()
		x = 2
	}()
	return b.String()
}

func named() (n int, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("recovered: %v", r)
			n *= 2
		}
	}()
	n = 21
	panic("half way")
}

func rethrow() (trail []string) {
	defer func() { trail = append(trail, fmt.Sprint("outer: ", recover())) }()
	func() {
		defer func() {
			r := recover()
			trail = append(trail, fmt.Sprint("inner: ", r))
			panic(fmt.Sprint("re-", r))
		}()
		panic("panic")
	}()
	return append(trail, "not reached")
}

func helper() interface{} { return recover() }

func recoverReach() (result string) {
	defer func() { result = fmt.Sprint("at last: ", recover()) }()
	defer func() { result = fmt.Sprint("too deep: ", func() interface{} { return helper() }()) }()
	panic("out of reach")
}

func conditional(n int) (trail []string) {
	if n%2 == 0 {
		defer func() { trail = append(trail, "even") }()
	}
	if n > 2 {
		defer func() { trail = append(trail, "big") }()
	}
	return append(trail, fmt.Sprint(n))
}

func manyDefers(n int) (sum int) {
	for i := 1; i <= n; i++ {
		i := i
		defer func() { sum = sum*3%1000003 + i }()
	}
	return 0
}

func goexit() []string {
	trail := make(chan string, 8)
	go func() {
		defer close(trail)
		defer func() { trail <- fmt.Sprint("recover gives ", recover()) }()
		defer func() {
			defer func() { trail <- fmt.Sprint("inside: ", recover()) }()
			panic("in a deferred call of Goexit")
		}()
		func() {
			defer func() { trail <- "inner frame" }()
			runtime.Goexit()
		}()
		trail <- "not reached"
	}()
	var all []string
	for s := range trail {
		all = append(all, s)
	}
	return all
}

type closer struct {
	name string
	log  *[]string
}

func (c closer) Close() { *c.log = append(*c.log, "close "+c.name) }

func methods() (log []string) {
	func() {
		a, b := closer{"a", &log}, closer{"b", &log}
		defer a.Close()
		defer b.Close()
		closing := a.Close
		a.name = "changed"
		defer closing()
	}()
	return log
}

func counters() []int {
	var next []func() int
	for start := 0; start < 3; start++ {
		n := start * 10
		next = append(next, func() int { n++; return n })
	}
	var out []int
	for round := 0; round < 2; round++ {
		for _, f := range next {
			out = append(out, f())
		}
	}
	return out
}

func main() {
	fmt.Println("order:", order())
	fmt.Println("arguments:", arguments())
	n, err := named()
	fmt.Println("named:", n, err, errors.Unwrap(err))
	fmt.Println("rethrow:", rethrow())
	fmt.Println("reach:", recoverReach())
	fmt.Println("conditional:", conditional(1), conditional(2), conditional(3), conditional(4))
	fmt.Println("many:", manyDefers(1000))
	fmt.Println("goexit:", goexit())
	fmt.Println("methods:", methods())
	fmt.Println("closures:", counters())
}
