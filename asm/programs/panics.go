// panics: every run-time panic that recover can catch.
//
// Exercises: SIGSEGV and SIGFPE turned into panics (sigpanic), panicIndex and its family, gopanic, recovery, Goexit.
// Prints: the message of each panic, in order.
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"syscall"
	"unsafe"
)

type big struct {
	padding [1 << 20]byte
	value   int
}

type speaker interface{ Speak() string }
type listener interface{ Listen() }
type dog struct{ name string }

func (d *dog) Speak() string { return d.name }

var (
	zero, five, minus = 0, 5, -1
	nilDog            *dog
	nilBig            *big
	nilMap            map[string]int
	nilFunc           func()
	nilChan           chan int
	nilFace           speaker
	sink              interface{}
	slice             = []int{1, 2, 3}
	text              = "text"
)

func caught(name string, f func()) {
	defer func() {
		r := recover()
		err, isError := r.(runtime.Error)
		if isError {
			fmt.Printf("%s: %v\n", name, err)
		} else {
			fmt.Printf("%s: %v (%T)\n", name, r, r)
		}
	}()
	f()
}

// faultAddress reads memory without permission; SetPanicOnFault makes that a panic that knows the address.
func faultAddress() {
	defer debug.SetPanicOnFault(debug.SetPanicOnFault(true))
	page, err := syscall.Mmap(-1, 0, 8192, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	page[4100] = 1
	if err := syscall.Mprotect(page, syscall.PROT_NONE); err != nil {
		panic(err)
	}
	defer func() {
		r := recover()
		where, ok := r.(interface{ Addr() uintptr })
		fmt.Println("protected page: runtime error:", ok, "offset:", where.Addr()-uintptr(unsafe.Pointer(&page[0])))
		syscall.Munmap(page)
	}()
	page[4100]++
}

func main() {
	caught("nil pointer", func() { sink = nilDog.name })
	caught("nil pointer, far offset", func() { sink = nilBig.value })
	caught("nil write", func() { nilBig.padding[4096] = 1 })
	caught("nil function", func() { nilFunc() })
	caught("nil interface", func() { sink = nilFace.Speak() })
	caught("nil map", func() { nilMap["a"] = 1 })
	caught("divide", func() { sink = five / zero })
	caught("remainder", func() { sink = uint8(five) % uint8(zero) })
	caught("no overflow trap", func() { m := -1 << 63; sink = m / minus; panic(fmt.Sprint(sink)) })
	caught("index", func() { sink = slice[five] })
	caught("negative index", func() { sink = slice[minus] })
	caught("string index", func() { sink = text[five] })
	caught("slice end", func() { sink = slice[:five] })
	caught("slice order", func() { sink = slice[2 : 1+zero] })
	caught("slice three", func() { sink = slice[0:2:five] })
	caught("string slice", func() { sink = text[five:] })
	caught("slice to array", func() { sink = (*[4]int)(slice) })
	caught("makeslice", func() { sink = make([]int, minus) })
	caught("makechan", func() { sink = make(chan int, minus) })
	caught("shift", func() { sink = 1 << minus })
	caught("assertion", func() { sink = 1; sink = sink.(string) })
	caught("assertion, method", func() { sink = &dog{}; sink = sink.(listener) })
	caught("assertion, nil", func() { sink = nil; sink = sink.(int) })
	caught("compare", func() { a, b := interface{}(slice), interface{}(slice); sink = a == b })
	caught("hash", func() { m := map[interface{}]int{}; m[slice] = 1 })
	caught("close nil", func() { close(nilChan) })
	caught("close twice", func() { c := make(chan int); close(c); close(c) })
	caught("send on closed", func() { c := make(chan int, 1); close(c); c <- 1 })
	caught("error", func() { panic(fmt.Errorf("wrapped: %w", os.ErrNotExist)) })
	caught("custom", func() { panic(struct{ code int }{7}) })
	caught("again", func() {
		defer func() { panic(fmt.Sprint("second after ", recover())) }()
		panic("first")
	})
	faultAddress()

	// A panic unwinds through many frames and runs each deferred call once.
	depth := 0
	var dive func(n int)
	dive = func(n int) {
		defer func() { depth++ }()
		if n == 0 {
			panic(errors.New("bottom"))
		}
		dive(n - 1)
	}
	caught("deep", func() { dive(1000) })
	fmt.Println("deferred calls:", depth)

	// Goexit runs deferred calls and ends only its goroutine; recover sees nothing.
	done := make(chan interface{})
	go func() {
		defer func() { done <- recover() }()
		runtime.Goexit()
	}()
	fmt.Println("goexit:", <-done)

	many := make(chan int)
	for i := 0; i < 50; i++ {
		go func() {
			defer func() {
				recover()
				many <- 1
			}()
			nilDog.name = "x"
		}()
	}
	total := 0
	for i := 0; i < 50; i++ {
		total += <-many
	}
	fmt.Println("goroutines recovered:", total)
}
