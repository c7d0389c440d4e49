// signals: sending signals to itself and catching, ignoring or dying of them.
//
// Exercises: rt_sigaction, rt_sigprocmask, sigaltstack, the signal frame and rt_sigreturn, kill, tgkill, os/signal.
// Prints: the signals that arrived, one at a time. With an argument (TERM, KILL, HUP, INT, ABRT, QUIT, SEGV, PIPE, USR1)
// it sends itself that signal, uncaught: TERM, HUP, INT and KILL kill it; ABRT, QUIT and SEGV print a traceback and exit
// with status 2; PIPE and USR1 do nothing, and it prints "survived". With STDOUT it dies of SIGPIPE, as Go programs do
// when nobody reads their standard output.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"syscall"
	"time"
)

var fatal = map[string]syscall.Signal{
	"TERM": syscall.SIGTERM, "KILL": syscall.SIGKILL, "HUP": syscall.SIGHUP, "INT": syscall.SIGINT, "ABRT": syscall.SIGABRT,
	"QUIT": syscall.SIGQUIT, "SEGV": syscall.SIGSEGV, "PIPE": syscall.SIGPIPE, "USR1": syscall.SIGUSR1,
}

func raise(s syscall.Signal) {
	if err := syscall.Kill(syscall.Getpid(), s); err != nil {
		fmt.Println("kill:", err)
	}
}

func die(name string) {
	fmt.Println("raising", name)
	raise(fatal[name])
	time.Sleep(50 * time.Millisecond)
	fmt.Println("survived")
}

// brokenStdout puts a pipe without a reader in the place of standard output and writes to it.
func brokenStdout() {
	r, w, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	if err := syscall.Dup3(int(w.Fd()), 1, 0); err != nil {
		panic(err)
	}
	r.Close()
	fmt.Println("nobody reads this")
	fmt.Fprintln(os.Stderr, "survived")
}

func main() {
	if len(os.Args) > 1 && os.Args[1] == "STDOUT" {
		brokenStdout()
		return
	}
	if len(os.Args) > 1 {
		die(os.Args[1])
		return
	}

	all := make(chan os.Signal, 8)
	caught := []os.Signal{
		syscall.SIGHUP, syscall.SIGINT, syscall.SIGQUIT, syscall.SIGUSR1, syscall.SIGUSR2, syscall.SIGPIPE, syscall.SIGALRM,
		syscall.SIGTERM, syscall.SIGCHLD, syscall.SIGCONT, syscall.SIGTSTP, syscall.SIGWINCH, syscall.SIGIO, syscall.Signal(40),
	}
	signal.Notify(all, caught...)
	for _, s := range caught {
		raise(s.(syscall.Signal))
		got := <-all
		fmt.Println("caught:", got, got == s)
	}

	// Two listeners, then one.
	other := make(chan os.Signal, 1)
	signal.Notify(other, syscall.SIGUSR1)
	raise(syscall.SIGUSR1)
	fmt.Println("both:", <-all, "and", <-other)
	signal.Stop(other)
	raise(syscall.SIGUSR1)
	fmt.Println("one:", <-all, "other has", len(other))

	fmt.Println("ignored before:", signal.Ignored(syscall.SIGHUP))
	signal.Ignore(syscall.SIGHUP, syscall.SIGTERM)
	raise(syscall.SIGHUP)
	raise(syscall.SIGTERM)
	fmt.Println("ignored now:", signal.Ignored(syscall.SIGHUP), "waiting:", len(all))
	signal.Notify(all, syscall.SIGHUP)
	raise(syscall.SIGHUP)
	fmt.Println("heard again:", <-all)

	signal.Reset(syscall.SIGUSR1)
	raise(syscall.SIGUSR1)
	raise(syscall.SIGUSR2)
	fmt.Println("after reset only:", <-all)

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT)
	raise(syscall.SIGINT)
	<-ctx.Done()
	fmt.Println("context:", ctx.Err())
	stop()
	fmt.Println("and on the channel:", <-all)

	// Many signals while other goroutines work: at most one of a kind is pending, so count arrivals one at a time.
	count, busy, quit := 0, make(chan int), make(chan bool)
	for w := 0; w < 3; w++ {
		go func() {
			n := 0
			for {
				select {
				case <-quit:
					busy <- n
					return
				default:
					n++
					runtime.Gosched()
				}
			}
		}()
	}
	for i := 0; i < 100; i++ {
		raise(syscall.SIGUSR2)
		<-all
		count++
	}
	close(quit)
	for w := 0; w < 3; w++ {
		<-busy
	}
	fmt.Println("under load:", count)
	fmt.Println("no such process:", syscall.Kill(1<<22+1, 0), "no such signal:", syscall.Kill(syscall.Getpid(), 99))
}
