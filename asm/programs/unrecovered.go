// unrecovered: ways for a program to die of its own doing.
//
// Exercises: fatalpanic, printpanics, tracebacks, exit status 2, and os.Exit, which skips deferred calls.
// Prints: "start" on stdout; then, by argument:
//
//	error      panic with an error                         exit 2
//	nested     a panic during a panic                      exit 2
//	nil        nil dereference: "[signal SIGSEGV…"         exit 2
//	goroutine  a panic in a goroutine that is not main     exit 2
//	goexit     main calls Goexit while nothing else runs   exit 2
//	throw      concurrent-map-style fatal error: unlock of an unlocked mutex   exit 2
//	exit       os.Exit(3), without deferred calls          exit 3
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
)

type account struct{ balance int }

func main() {
	fmt.Println("start")
	defer fmt.Println("deferred call of main")
	how := "error"
	if len(os.Args) > 1 {
		how = os.Args[1]
	}
	switch how {
	case "error":
		panic(errors.New("out of luck"))
	case "nested":
		defer func() { panic(fmt.Sprint("while panicking: ", 2)) }()
		panic(1.5)
	case "nil":
		var a *account
		fmt.Println(a.balance)
	case "goroutine":
		go func() { panic("not in main") }()
		select {}
	case "goexit":
		runtime.Goexit()
	case "throw":
		var m sync.Mutex
		m.Unlock()
	case "exit":
		os.Exit(3)
	default:
		fmt.Println("no such way:", how)
	}
}
