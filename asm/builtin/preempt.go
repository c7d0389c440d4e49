// preempt: a loop without a call holds the only processor, until sysmon takes it away.
//
// Shows: Gosched, sysmon's retake, preemptone, a signal sent by tgkill, sigtramp on gsignal's stack, asyncPreempt.
// Prints, on stderr: "main runs again". Before Go 1.14 it would loop for ever.
package main

import "runtime"

func spin() {
	for {
	}
}

func main() {
	runtime.GOMAXPROCS(1)
	go spin()
	for i := 0; i < 2; i++ { // once, the scheduler's sixty-first look at the global queue might spare us the wait
		runtime.Gosched()
	}
	println("main runs again")
}
