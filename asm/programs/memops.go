// memops: block operations on memory, at every small size and alignment.
//
// Exercises: memmove, memclr, memequal, cmpbody, indexbytebody, countbody, Index: the runtime's vector assembly (SSE2,
// AVX2, REP MOVSB/STOSB, PCMPEQB, VPCMPEQB, PMOVMSKB, POPCNT), also where an operand ends at a page that must not be read.
// Prints: "ok" or the first case that differs from a plain loop, for each operation; and checksums of large moves.
package main

import (
	"bytes"
	"fmt"
	"hash/crc32"
	"strings"
	"syscall"
)

const page = 4096

// guarded returns a page of memory that ends where reading faults.
func guarded() []byte {
	all, err := syscall.Mmap(-1, 0, 2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		panic(err)
	}
	if err := syscall.Mprotect(all[page:], syscall.PROT_NONE); err != nil {
		panic(err)
	}
	return all[:page:page]
}

func fill(b []byte, seed int) {
	for i := range b {
		b[i] = byte(i*7 + i>>8 + seed)
	}
}

func check(name string, f func(n, offset int) bool) {
	for n := 0; n < 300; n++ {
		for offset := 0; offset < 33; offset += 1 + offset/5 {
			if !f(n, offset) {
				fmt.Println(name, "differs at size", n, "offset", offset)
				return
			}
		}
	}
	fmt.Println(name, "ok")
}

func main() {
	a, b := guarded(), guarded()
	tail := func(m []byte, n int) []byte { return m[page-n:] }

	check("copy", func(n, offset int) bool {
		fill(a, n)
		fill(b, 99)
		to := b[offset : offset+n]
		copy(to, tail(a, n))
		for i := range to {
			if to[i] != byte((page-n+i)*7+(page-n+i)>>8+n) {
				return false
			}
		}
		return n == 0 || b[offset+n] == byte((offset+n)*7+(offset+n)>>8+99)
	})
	check("overlap", func(n, offset int) bool {
		fill(a[:600], 3)
		copy(a[offset:], a[:n]) // forwards
		for i := 0; i < n; i++ {
			if a[offset+i] != byte(i*7+i>>8+3) {
				return false
			}
		}
		fill(a[:600], 4)
		copy(a, a[offset:offset+n]) // backwards
		for i := 0; i < n; i++ {
			if a[i] != byte((offset+i)*7+(offset+i)>>8+4) {
				return false
			}
		}
		return true
	})
	check("clear", func(n, offset int) bool {
		fill(a[:600], 5)
		part := a[offset : offset+n]
		for i := range part {
			part[i] = 0
		}
		for i := range part {
			if part[i] != 0 {
				return false
			}
		}
		return a[offset+n] == byte((offset+n)*7+(offset+n)>>8+5)
	})
	check("equal", func(n, offset int) bool {
		x, y := tail(a, n), b[offset:offset+n]
		fill(x, 1)
		copy(y, x)
		if !bytes.Equal(x, y) || bytes.Compare(x, y) != 0 || string(x) != string(y) {
			return false
		}
		for i := 0; i < n; i += 1 + i/4 {
			y[i] ^= 0x80
			want := +1
			if x[i] < y[i] {
				want = -1
			}
			if bytes.Equal(x, y) || bytes.Compare(x, y) != want || bytes.Compare(y, x) != -want || string(x) == string(y) {
				return false
			}
			y[i] ^= 0x80
		}
		return bytes.Compare(x, append(y[:n:n], 0)) == -1
	})
	check("find byte", func(n, offset int) bool {
		x := tail(a, n)
		for i := range x {
			x[i] = 'a'
		}
		if bytes.IndexByte(x, 'b') != -1 || bytes.Count(x, []byte("b")) != 0 || bytes.Count(x, []byte("a")) != n {
			return false
		}
		for i := offset % 4; i < n; i += 1 + i/3 {
			x[i] = 'b'
			if bytes.IndexByte(x, 'b') != i || strings.IndexByte(string(x), 'b') != i || bytes.LastIndexByte(x, 'b') != i || bytes.Count(x, []byte("b")) != 1 {
				return false
			}
			x[i] = 'a'
		}
		return true
	})
	check("find string", func(n, offset int) bool {
		x := tail(a, n)
		for i := range x {
			x[i] = "ab"[i%2]
		}
		for _, size := range []int{2, 3, 5, 7, 8, 12, 16, 20, 31, 32, 40, 63, 64, 80} {
			if size+offset > n {
				continue
			}
			at := n - size - offset
			needle := bytes.Repeat([]byte("ab"), 40)[:size]
			if at%2 == 1 {
				needle = bytes.Repeat([]byte("ba"), 40)[:size]
			}
			needle[size-1] = '!'
			saved := x[at+size-1]
			x[at+size-1] = '!'
			if bytes.Index(x, needle) != at || strings.Index(string(x), string(needle)) != at {
				return false
			}
			x[at+size-1] = saved
			if bytes.Contains(x, needle) {
				return false
			}
		}
		return true
	})

	for _, size := range []int{1000, 2048, 5000, 70000, 1 << 20, 3<<20 + 5} {
		from, to := make([]byte, size), make([]byte, size+64)
		fill(from, size)
		n := copy(to[13:], from)
		copy(to[40:], to[:size])
		copy(to, to[29:])
		fmt.Printf("move %d %08x %t\n", n, crc32.ChecksumIEEE(to), bytes.Equal(from, from[:size]))
		for i := range to {
			to[i] = 0
		}
		fmt.Printf("clear %d %t\n", size, bytes.Count(to, []byte{0}) == len(to))
	}
}
