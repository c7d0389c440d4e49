// hello: the smallest Go program that still boots the whole runtime.
//
// Exercises: the boot itself, from the entry point to main.main, and the exit. It imports nothing,
// so every instruction that runs belongs to the runtime. This is the program embedded in rt0.
// Prints, on stderr (where println writes): "hello, world".
package main

func main() {
	println("hello, world")
}
