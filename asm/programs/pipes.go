// pipes: os.Pipe between goroutines, and signals that arrive while they wait.
//
// Exercises: pipe2, epoll through the network poller, blocking and deadlines on descriptors, EPIPE without SIGPIPE's
// death, a signal during a blocked read.
// Prints: byte counts, checksums and errors.
package main

import (
	"bufio"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func bulk() {
	r, w, err := os.Pipe()
	must(err)
	const pieces = 100
	go func() {
		for i := 0; i < pieces; i++ {
			_, err := w.Write([]byte(strings.Repeat(fmt.Sprintf("%04d", i), 1000)))
			must(err)
		}
		w.Close()
	}()
	sum := crc32.NewIEEE()
	n, err := io.Copy(sum, r)
	fmt.Printf("bulk: %d bytes, crc %08x, %v\n", n, sum.Sum32(), err)
	r.Close()
}

func chain(length int) {
	first, w, err := os.Pipe()
	must(err)
	in := first
	for i := 0; i < length; i++ {
		next, out, err := os.Pipe()
		must(err)
		go func(in, out *os.File) {
			defer out.Close()
			lines := bufio.NewScanner(in)
			for lines.Scan() {
				fmt.Fprintln(out, lines.Text()+".")
			}
		}(in, out)
		in = next
	}
	go func() {
		for i := 0; i < 3; i++ {
			fmt.Fprintln(w, "line", i)
		}
		w.Close()
	}()
	all, err := io.ReadAll(in)
	fmt.Printf("chain: %q %v\n", all, err)
}

func closedReader() {
	r, w, err := os.Pipe()
	must(err)
	must(r.Close())
	_, err = w.Write([]byte("nobody reads this"))
	fmt.Println("closed reader:", err, errors.Is(err, syscall.EPIPE))
	must(w.Close())
}

func deadlines() {
	r, w, err := os.Pipe()
	must(err)
	must(r.SetReadDeadline(time.Now().Add(5 * time.Millisecond)))
	_, err = r.Read(make([]byte, 1))
	fmt.Println("read deadline:", errors.Is(err, os.ErrDeadlineExceeded))
	must(r.SetReadDeadline(time.Time{}))

	must(w.SetWriteDeadline(time.Now().Add(5 * time.Millisecond)))
	n, err := w.Write(make([]byte, 1<<20))
	fmt.Println("write deadline:", n > 0 && n < 1<<20, errors.Is(err, os.ErrDeadlineExceeded)) // the pipe is full

	var group sync.WaitGroup
	group.Add(1)
	go func() {
		defer group.Done()
		_, err := io.Copy(io.Discard, r)
		fmt.Println("close during read:", errors.Is(err, os.ErrClosed))
	}()
	time.Sleep(5 * time.Millisecond)
	must(r.Close())
	group.Wait()
	must(w.Close())
}

func signalWhileReading() {
	r, w, err := os.Pipe()
	must(err)
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGUSR1)
	defer signal.Stop(signals)
	go func() {
		must(syscall.Kill(syscall.Getpid(), syscall.SIGUSR1))
		fmt.Println("signal:", <-signals)
		w.WriteString("x")
	}()
	n, err := r.Read(make([]byte, 8))
	fmt.Println("read after the signal:", n, err)
}

func memoryPipe() {
	r, w := io.Pipe()
	go func() {
		fmt.Fprint(w, "in memory")
		w.CloseWithError(errors.New("writer's own error"))
	}()
	all, err := io.ReadAll(r)
	fmt.Printf("io.Pipe: %q %v\n", all, err)
}

func rawPipe() {
	var fds [2]int
	must(syscall.Pipe2(fds[:], syscall.O_NONBLOCK|syscall.O_CLOEXEC))
	_, err := syscall.Read(fds[0], make([]byte, 1))
	fmt.Println("empty, non-blocking:", err)
	n, err := syscall.Write(fds[1], []byte("raw"))
	fmt.Println("raw write:", n, err)
	copied, err := syscall.Dup(fds[0])
	must(err)
	buffer := make([]byte, 8)
	n, err = syscall.Read(copied, buffer)
	fmt.Printf("read from a duplicate: %q %v\n", buffer[:n], err)
	must(syscall.Close(fds[1]))
	n, err = syscall.Read(fds[0], buffer)
	fmt.Println("writer gone:", n, err)
}

func main() {
	bulk()
	chain(20)
	closedReader()
	deadlines()
	signalWhileReading()
	memoryPipe()
	rawPipe()
}
