// mappings: files that are mapped MAP_SHARED, and written through memory.
//
// Exercises: mmap, mprotect, msync, munmap and ftruncate of shared file mappings, at two places at once, beside read and
// write; EACCES for a file that is open for reading only.
// Prints: what each way of looking sees. Its argument is a directory for the file, which is left there.
package main

import (
	"fmt"
	"os"
	"syscall"
	"unsafe"
)

const page = 4096

func check(what string, err error) {
	if err != nil {
		fmt.Println(what, "failed:", err)
	}
}

func msync(b []byte) error {
	_, _, e := syscall.Syscall(syscall.SYS_MSYNC, uintptr(unsafe.Pointer(&b[0])), uintptr(len(b)), 4)
	if e != 0 {
		return e
	}
	return nil
}

func main() {
	if len(os.Args) != 2 {
		fmt.Println("usage: mappings DIR")
		os.Exit(2)
	}
	name := os.Args[1] + "/mapped"
	f, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE, 0o644)
	check("open", err)
	check("truncate", f.Truncate(3*page))
	both := syscall.PROT_READ | syscall.PROT_WRITE
	a, err := syscall.Mmap(int(f.Fd()), 0, 3*page, both, syscall.MAP_SHARED)
	check("mmap", err)
	b, err := syscall.Mmap(int(f.Fd()), page, 2*page, syscall.PROT_READ, syscall.MAP_SHARED)
	check("second mmap", err)

	copy(a[page:], "through memory")
	fmt.Printf("other mapping: %q\n", b[:14])
	text := make([]byte, 14)
	_, err = f.ReadAt(text, page)
	fmt.Printf("read: %q %v\n", text, err)
	_, err = f.WriteAt([]byte("by write"), page+8)
	check("write", err)
	fmt.Printf("mapping: %q\n", a[page:page+16])
	copy(a, "first page")
	copy(a[2*page:], "last page")
	check("msync", msync(a))
	whole, err := os.ReadFile(name)
	fmt.Printf("file: %d %q %q %v\n", len(whole), whole[:10], whole[2*page:2*page+9], err)

	check("shrink", f.Truncate(page+4))
	check("grow", f.Truncate(3*page))
	fmt.Printf("cut: %q\n", a[page:page+8])
	fmt.Println("last byte:", a[3*page-1])
	copy(a[2*page:], "after")
	fmt.Println("mprotect:", syscall.Mprotect(b, both))

	r, err := os.Open(name)
	check("open to read", err)
	_, err = syscall.Mmap(int(r.Fd()), 0, page, both, syscall.MAP_SHARED)
	fmt.Println("mmap to write:", err)
	c, err := syscall.Mmap(int(r.Fd()), 0, page, syscall.PROT_READ, syscall.MAP_SHARED)
	fmt.Printf("mmap to read: %q %v\n", c[:10], err)
	fmt.Println("mprotect to write:", syscall.Mprotect(c, both))
	check("munmap", syscall.Munmap(c))
	check("close", r.Close())

	check("close", f.Close())
	copy(a[100:], "the file is closed")
	check("munmap", syscall.Munmap(a))
	whole, err = os.ReadFile(name)
	fmt.Printf("file: %q %v\n", whole[100:118], err)
	copy(b[20:], "at the end")
}
