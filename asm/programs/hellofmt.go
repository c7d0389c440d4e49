// hellofmt: hello, world by way of fmt, os and reflect.
//
// Exercises: package initialisation of the common standard library, write(2) to stdout and stderr.
// Prints: a greeting on stdout, a handful of formatted values, one line on stderr.
package main

import (
	"fmt"
	"os"
)

type point struct{ X, Y int }

func main() {
	fmt.Println("hello, world")
	fmt.Printf("%d %x %o %b %c %q %U\n", 42, 42, 42, 42, 'G', 'o', '⌘')
	fmt.Printf("%v %+v %#v %T\n", point{1, 2}, point{1, 2}, point{1, 2}, point{1, 2})
	fmt.Printf("%8.3f|%-8s|%08b|%t\n", 3.14159, "left", 5, true)
	fmt.Fprintln(os.Stderr, "and to stderr")
}
