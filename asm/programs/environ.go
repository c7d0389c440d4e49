// environ: arguments, environment and exit status.
//
// Exercises: the initial stack: argc, argv, envp; exit_group.
// Prints: its arguments and environment, without its own name. A first argument "exit=N" is the exit status.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
)

func main() {
	fmt.Println("arguments:", len(os.Args)-1)
	for i, a := range os.Args[1:] {
		fmt.Printf("  %d %q\n", i+1, a)
	}
	fmt.Println("own name given:", os.Args[0] != "")
	environment := os.Environ()
	fmt.Println("environment:", len(environment))
	for _, e := range environment {
		fmt.Printf("  %q\n", e)
	}
	value, found := os.LookupEnv("MISSING")
	fmt.Printf("missing: %q %t\n", value, found)
	os.Setenv("ADDED", "here")
	fmt.Println(os.ExpandEnv("$ADDED and ${GREETING}"), os.Getenv("GREETING"))
	os.Unsetenv("GREETING")
	fmt.Println("unset:", os.Getenv("GREETING") == "", len(os.Environ()))
	_, ok := syscall.Getenv("ADDED")
	os.Clearenv()
	fmt.Println("cleared:", ok, len(os.Environ()))
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "exit=") {
		status, err := strconv.Atoi(os.Args[1][5:])
		if err != nil {
			fmt.Println(err)
		}
		os.Exit(status)
	}
}
