// atomics: sync and sync/atomic.
//
// Exercises: LOCK XADD, CMPXCHG, XCHG, AND, OR; contended mutexes and their starvation mode, semaphores, condition
// variables, Once, Pool, Map, RWMutex.
// Prints: totals that only correct atomic operations can give.
package main

import (
	"fmt"
	"sort"
	"sync"
	"sync/atomic"
	"unsafe"
)

func together(n int, f func(i int)) {
	var group sync.WaitGroup
	group.Add(n)
	for i := 0; i < n; i++ {
		go func(i int) {
			defer group.Done()
			f(i)
		}(i)
	}
	group.Wait()
}

func counters() {
	var i32 int32
	var i64 int64
	var u32 uint32
	var u64, maximum uint64
	var swapped int64
	together(8, func(worker int) {
		for i := 0; i < 500; i++ {
			atomic.AddInt32(&i32, 3)
			atomic.AddInt64(&i64, -5)
			atomic.AddUint32(&u32, ^uint32(0))
			for {
				old := atomic.LoadUint64(&u64)
				if atomic.CompareAndSwapUint64(&u64, old, old*1+7) {
					break
				}
			}
			mine := uint64(worker*1000 + i)
			for old := atomic.LoadUint64(&maximum); mine > old; old = atomic.LoadUint64(&maximum) {
				atomic.CompareAndSwapUint64(&maximum, old, mine)
			}
			atomic.AddInt64(&swapped, atomic.SwapInt64(&swapped, 0))
		}
	})
	fmt.Println("counters:", i32, i64, u32, u64, maximum, swapped)
	fmt.Println("compare and swap:", atomic.CompareAndSwapInt32(&i32, 1, 2), atomic.CompareAndSwapInt32(&i32, 12000, 2), i32)
}

func pointers() {
	type cell struct {
		next  *cell
		value int
	}
	var head unsafe.Pointer // a lock-free stack
	together(6, func(worker int) {
		for i := 0; i < 200; i++ {
			c := &cell{value: worker}
			for {
				old := atomic.LoadPointer(&head)
				c.next = (*cell)(old)
				if atomic.CompareAndSwapPointer(&head, old, unsafe.Pointer(c)) {
					break
				}
			}
		}
	})
	count, sum := 0, 0
	for c := (*cell)(head); c != nil; c = c.next {
		count++
		sum += c.value
	}
	fmt.Println("stack:", count, sum)

	var value atomic.Value
	value.Store([]int{1})
	together(4, func(int) {
		for {
			old := value.Load().([]int)
			if len(old) > 50 {
				return
			}
			value.Store([]int{len(old)})
			value.Store(make([]int, len(old)+1))
		}
	})
	fmt.Println("value:", len(value.Load().([]int)) > 50)
}

func locks() {
	var once sync.Once
	ran := 0
	together(10, func(int) { once.Do(func() { ran++ }) })

	var rw sync.RWMutex
	shared, bad := [2]int{}, int32(0)
	together(8, func(worker int) {
		for i := 0; i < 200; i++ {
			if worker < 2 {
				rw.Lock()
				shared[0]++
				shared[1]++
				rw.Unlock()
			} else {
				rw.RLock()
				if shared[0] != shared[1] {
					atomic.AddInt32(&bad, 1)
				}
				rw.RUnlock()
			}
		}
	})
	fmt.Println("once:", ran, "rwmutex:", shared, bad)

	var mutex sync.Mutex
	cond, queue, taken := sync.NewCond(&mutex), 0, 0
	together(8, func(worker int) {
		for i := 0; i < 100; i++ {
			mutex.Lock()
			if worker%2 == 0 {
				queue++
				cond.Signal()
			} else {
				for queue == 0 {
					cond.Wait()
				}
				queue--
				taken++
			}
			mutex.Unlock()
		}
	})
	fmt.Println("cond:", queue, taken)

	open, through := false, int32(0)
	var started sync.WaitGroup
	started.Add(5)
	go func() {
		started.Wait()
		mutex.Lock()
		open = true
		mutex.Unlock()
		cond.Broadcast()
	}()
	together(5, func(int) {
		mutex.Lock()
		started.Done()
		for !open {
			cond.Wait()
		}
		mutex.Unlock()
		atomic.AddInt32(&through, 1)
	})
	fmt.Println("broadcast:", through)
}

func containers() {
	var m sync.Map
	together(4, func(worker int) {
		for i := 0; i < 100; i++ {
			m.LoadOrStore(i, worker)
			if i%3 == 0 {
				m.Delete(i)
			}
		}
	})
	var keys []int
	m.Range(func(k, _ interface{}) bool { keys = append(keys, k.(int)); return true })
	sort.Ints(keys)
	fmt.Println("map:", len(keys), keys[:5])

	var made int32
	pool := sync.Pool{New: func() interface{} { atomic.AddInt32(&made, 1); return new([64]byte) }}
	together(4, func(int) {
		for i := 0; i < 100; i++ {
			b := pool.Get().(*[64]byte)
			b[i%64]++
			pool.Put(b)
		}
	})
	fmt.Println("pool:", made >= 1 && made <= 400)
}

func main() {
	counters()
	pointers()
	locks()
	containers()
}
