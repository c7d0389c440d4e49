// gcload: the garbage collector under load.
//
// Exercises: every allocation size class, large objects, concurrent marking with write barriers on, assists,
// sweeping, finalizers, sync.Pool, stack scanning, forced and automatic collections.
// Prints: checksums over everything that had to survive, and that what could go was collected.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

type node struct {
	left, right *node
	value       int
}

func grow(depth, value int) *node {
	if depth == 0 {
		return &node{value: value}
	}
	return &node{grow(depth-1, 2*value), grow(depth-1, 2*value+1), value}
}

func (n *node) sum() int {
	if n == nil {
		return 0
	}
	return n.value + n.left.sum() + n.right.sum()
}

// mirror swaps subtrees, so that pointers move while the collector marks.
func (n *node) mirror() {
	if n != nil {
		n.left, n.right = n.right, n.left
		n.left.mirror()
		n.right.mirror()
	}
}

func sizeClasses() (sum int) {
	keep := make([][]byte, 0, 400)
	for size := 1; size <= 40000; size += 1 + size/8 {
		for i := 0; i < 4; i++ {
			b := make([]byte, size)
			for j := range b {
				if b[j] != 0 {
					panic("memory is not zero")
				}
			}
			b[0], b[size-1] = byte(size), byte(i)
			keep = append(keep, b)
		}
	}
	runtime.GC()
	for _, b := range keep {
		sum += int(b[0]) + int(b[len(b)-1]) + len(b)
	}
	return sum
}

func maps() int {
	m := map[int]*node{}
	for i := 0; i < 5000; i++ {
		m[i] = &node{value: i}
		delete(m, i-1000)
	}
	runtime.GC()
	sum := 0
	for _, n := range m {
		sum += n.value
	}
	return sum
}

var finalized int32

func dropFinalizable(count int) {
	for i := 0; i < count; i++ {
		n := &node{value: i}
		runtime.SetFinalizer(n, func(*node) { atomic.AddInt32(&finalized, 1) })
	}
}

func mutators(workers int) int {
	var group sync.WaitGroup
	sums := make([]int, workers)
	for w := range sums {
		w := w
		group.Add(1)
		go func() {
			defer group.Done()
			tree := grow(8, 1)
			for i := 0; i < 30; i++ {
				tree.mirror()
				grow(6, i)
			}
			sums[w] = tree.sum()
		}()
	}
	group.Wait()
	total := 0
	for _, s := range sums {
		total += s
	}
	return total
}

func main() {
	debug.SetGCPercent(20)
	tree := grow(12, 1)
	fmt.Println("tree:", tree.sum())
	fmt.Println("size classes:", sizeClasses())
	fmt.Println("maps:", maps())
	fmt.Println("mutators:", mutators(4))

	done := make(chan bool)
	go func() { dropFinalizable(200); done <- true }()
	<-done
	for i := 0; i < 100 && atomic.LoadInt32(&finalized) < 190; i++ {
		runtime.GC()
		time.Sleep(time.Millisecond)
	}
	fmt.Println("finalizers ran:", atomic.LoadInt32(&finalized) >= 190)

	pool := sync.Pool{New: func() interface{} { return new(node) }}
	for i := 0; i < 100; i++ {
		n := pool.Get().(*node)
		n.value = i
		pool.Put(n)
	}
	runtime.GC()
	runtime.GC()
	fmt.Println("pool after two collections:", pool.Get().(*node).value)

	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("collections counted:", stats.NumGC >= 5, "forced:", stats.NumForcedGC >= 5)
	fmt.Println("tree still:", tree.sum())
	tree.mirror()
	debug.FreeOSMemory()
	fmt.Println("mirrored:", tree.sum(), tree.left.value, tree.right.value)
}
