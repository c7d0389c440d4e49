// bigmem: much address space, little memory.
//
// Exercises: mmap, munmap, mprotect and madvise of large ranges, arenas beyond the first, the scavenger, page faults on
// demand, and the failure of an mmap that is too large.
// Prints: what it read back from a few places.
package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"syscall"
)

func sparse(name string, b []byte, step int) {
	for i := 0; i < len(b); i += step {
		b[i] = byte(i/step + 1)
	}
	sum, others := 0, 0
	for i := 0; i < len(b); i += step {
		sum += int(b[i])
		if i+1 < len(b) {
			others += int(b[i+1])
		}
	}
	fmt.Println(name, len(b)>>20, "MiB:", sum, others)
}

func main() {
	const MiB = 1 << 20
	debug.SetGCPercent(-1) // nothing but what we ask for
	sparse("slice", make([]byte, 64*MiB), 4*MiB)
	sparse("slice", make([]byte, 300*MiB), 16*MiB+1)
	var kept [][]byte
	for i := 0; i < 20; i++ {
		b := make([]byte, 5*MiB)
		b[i*1000] = byte(i)
		kept = append(kept, b)
	}
	sum := 0
	for i, b := range kept {
		sum += int(b[i*1000])
	}
	kept = nil
	debug.FreeOSMemory()
	fmt.Println("twenty:", sum)
	again := make([]byte, 64*MiB) // memory that was given back reads as zero
	fresh := true
	for i := 0; i < len(again); i += 4096 {
		fresh = fresh && again[i] == 0
	}
	fmt.Println("zero again:", fresh)
	runtime.KeepAlive(again)

	flags := syscall.MAP_ANON | syscall.MAP_PRIVATE | syscall.MAP_NORESERVE
	region, err := syscall.Mmap(-1, 0, 4096*MiB, syscall.PROT_READ|syscall.PROT_WRITE, flags)
	if err != nil {
		fmt.Println("mmap:", err)
		return
	}
	sparse("mapped", region, 256*MiB)
	fmt.Println("advise:", syscall.Madvise(region[:512*MiB], syscall.MADV_DONTNEED), region[256*MiB], region[512*MiB])
	fmt.Println("protect:", syscall.Mprotect(region[MiB:2*MiB], syscall.PROT_READ), region[MiB])
	fmt.Println("unmap:", syscall.Munmap(region))

	_, err = syscall.Mmap(-1, 0, 1<<47, syscall.PROT_READ|syscall.PROT_WRITE, flags)
	fmt.Println("the whole address space:", err)
	_, err = syscall.Mmap(-1, 0, 0, syscall.PROT_READ, flags)
	fmt.Println("nothing:", err)
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	fmt.Println("accounted:", stats.Sys > 64*MiB, stats.HeapReleased > 0)
}
