// traceback: a program that looks at its own stack.
//
// Exercises: runtime.Callers and frames over .gopclntab, inlining tables, debug.Stack, tracebacks of other goroutines,
// runtime/debug and build information.
// Prints: function names and line numbers; no addresses.
package main

import (
	"fmt"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

func frames() (out []string) {
	pcs := make([]uintptr, 32)
	walk := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for {
		f, more := walk.Next()
		if strings.HasPrefix(f.Function, "main.") {
			out = append(out, fmt.Sprintf("%s:%d", strings.TrimPrefix(f.Function, "main."), f.Line))
		}
		if !more {
			return out
		}
	}
}

type thing struct{}

func (thing) value() []string    { return frames() }
func (*thing) pointer() []string { return func() []string { return frames() }() }

func inlined() []string { return frames() }

//go:noinline
func recursive(n int) []string {
	if n == 0 {
		return inlined()
	}
	return recursive(n - 1)
}

func caller() string {
	pc, _, line, ok := runtime.Caller(1)
	return fmt.Sprint(runtime.FuncForPC(pc).Name(), " ", line, " ", ok)
}

func waiting(ready chan bool) {
	ready <- true
	select {}
}

func main() {
	fmt.Println(caller())
	fmt.Println(thing{}.value())
	fmt.Println((&thing{}).pointer())
	fmt.Println(recursive(3))
	func() {
		defer func() {
			recover()
			fmt.Println("in a deferred call:", frames())
		}()
		var m map[string]int
		m["x"] = 1
	}()

	hidden := regexp.MustCompile(`0x[0-9a-f]+|\S*/|goroutine \d+|\?`)
	for _, line := range strings.Split(string(debug.Stack()), "\n") {
		if strings.Contains(line, "main") {
			fmt.Println("stack:", strings.TrimSpace(hidden.ReplaceAllString(line, "_")))
		}
	}

	ready := make(chan bool)
	for i := 0; i < 3; i++ {
		go waiting(ready)
	}
	for i := 0; i < 3; i++ {
		<-ready
	}
	time.Sleep(time.Millisecond)
	buffer := make([]byte, 1<<16)
	all := string(buffer[:runtime.Stack(buffer, true)])
	fmt.Println("goroutines waiting:", strings.Count(all, "main.waiting"), strings.Count(all, "[select (no cases)]"))
	fmt.Println("release:", strings.HasPrefix(runtime.Version(), "go1."), runtime.GOOS, runtime.GOARCH, runtime.Compiler)
}
