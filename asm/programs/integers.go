// integers: integer arithmetic at every width and its edges.
//
// Exercises: add and subtract with carry, wide multiplication and division, shifts and rotations by any count, sign and
// zero extension, bit counting (POPCNT, LZCNT, TZCNT, BSF, BSR), byte swaps, conditional moves, jump tables.
// Prints: one checksum a family; any wrong result changes it.
package main

import (
	"encoding/binary"
	"fmt"
	"math/bits"
)

var edges = []uint64{
	0, 1, 2, 3, 7, 8, 15, 31, 32, 63, 64, 100, 127, 128, 255, 256, 1000, 0x7fff, 0x8000, 0xffff, 0x10000, 0x7fffffff, 0x80000000,
	0xffffffff, 0x100000000, 0x123456789abcdef0, 0x7fffffffffffffff, 0x8000000000000000, 0xfedcba9876543210, 0xffffffffffffffff,
}

var hash uint64

func mix(values ...uint64) {
	for _, v := range values {
		hash = (hash ^ v) * 0x100000001b3
		hash ^= hash >> 29
	}
}

func report(name string) {
	fmt.Printf("%-10s %016x\n", name, hash)
	hash = 0xcbf29ce484222325
}

//go:noinline
func basic(a, b uint64) {
	mix(a+b, a-b, a*b, a&b, a|b, a^b, a&^b, -a, ^a)
	mix(uint64(uint32(a)+uint32(b)), uint64(uint16(a)*uint16(b)), uint64(uint8(a)-uint8(b)))
	mix(uint64(int8(a)), uint64(int16(a)), uint64(int32(a)), uint64(int64(int8(a))*int64(int32(b))))
	flags := uint64(0)
	for i, yes := range []bool{a < b, int64(a) < int64(b), int32(a) <= int32(b), uint8(a) > uint8(b), int16(a) >= int16(b), a == b, a&b == 0} {
		if yes {
			flags |= 1 << i
		}
	}
	mix(flags)
}

//go:noinline
func divide(a, b uint64) {
	if b != 0 {
		mix(a/b, a%b)
		if int64(b) != 0 {
			mix(uint64(int64(a)/int64(b)), uint64(int64(a)%int64(b)))
		}
	}
	if uint32(b) != 0 {
		mix(uint64(uint32(a)/uint32(b)), uint64(uint32(a)%uint32(b)), uint64(int32(a)/int32(b)), uint64(int32(a)%int32(b)))
	}
	if uint16(b) != 0 {
		mix(uint64(uint16(a)/uint16(b)), uint64(int16(a)%int16(b)))
	}
	if uint8(b) != 0 {
		mix(uint64(uint8(a)/uint8(b)), uint64(int8(a)%int8(b)))
	}
	mix(a/3, a/10, a%7, uint64(int64(a)/5), uint64(int64(a)%1000), uint64(int32(a)/9), a/(1<<20), uint64(int64(a)/(1<<20)))
}

//go:noinline
func shift(a uint64, n uint) {
	mix(a<<n, a>>n, uint64(int64(a)>>n), uint64(uint32(a)<<n), uint64(uint32(a)>>n), uint64(int32(a)>>n))
	mix(uint64(uint16(a)<<n), uint64(int16(a)>>n), uint64(uint8(a)>>n), uint64(int8(a)>>n), a<<(n&63), a>>(n&63))
	mix(bits.RotateLeft64(a, int(n)), uint64(bits.RotateLeft32(uint32(a), int(n))), uint64(bits.RotateLeft16(uint16(a), int(n))), uint64(bits.RotateLeft8(uint8(a), -int(n))))
	mix(a&(1<<(n&63)), a|1<<(n&63), a&^(1<<(n&63)), a^1<<(n&63))
}

//go:noinline
func counting(a uint64) {
	for _, n := range []int{
		bits.OnesCount64(a), bits.OnesCount32(uint32(a)), bits.OnesCount16(uint16(a)), bits.LeadingZeros64(a), bits.LeadingZeros32(uint32(a)),
		bits.LeadingZeros8(uint8(a)), bits.TrailingZeros64(a), bits.TrailingZeros32(uint32(a)), bits.TrailingZeros16(uint16(a)), bits.Len64(a), bits.Len16(uint16(a)),
	} {
		mix(uint64(n))
	}
	mix(bits.ReverseBytes64(a), uint64(bits.ReverseBytes32(uint32(a))), uint64(bits.ReverseBytes16(uint16(a))), bits.Reverse64(a))
	mix(a&(a-1), a&-a, a^(a-1))
}

//go:noinline
func wide(a, b, c uint64) {
	hi, lo := bits.Mul64(a, b)
	sum, carry := bits.Add64(a, b, c&1)
	diff, borrow := bits.Sub64(a, b, c&1)
	mix(hi, lo, sum, carry, diff, borrow)
	if c > hi {
		q, r := bits.Div64(hi, lo, c)
		mix(q, r)
	}
}

//go:noinline
func jump(n int) uint64 {
	switch n {
	case 0:
		return 11
	case 1:
		return 13
	case 2:
		return 17
	case 3:
		return 19
	case 4:
		return 23
	case 5:
		return 29
	case 6:
		return 31
	case 7:
		return 37
	case 8:
		return 41
	case 9:
		return 43
	}
	return 47
}

func memory() {
	buffer := make([]byte, 64)
	for i, e := range edges {
		binary.LittleEndian.PutUint64(buffer[i%50:], e)
		binary.BigEndian.PutUint32(buffer[(i*7)%60:], uint32(e))
		binary.BigEndian.PutUint16(buffer[(i*5)%61:], uint16(e))
		mix(binary.BigEndian.Uint64(buffer[i%56:]), uint64(binary.LittleEndian.Uint32(buffer[i:])), uint64(binary.BigEndian.Uint16(buffer[i+1:])))
	}
	n := binary.PutVarint(buffer, -1<<63)
	v, m := binary.Varint(buffer)
	mix(uint64(n), uint64(v), uint64(m))
}

func main() {
	report("start")
	each := func(name string, f func(a, b uint64)) {
		for _, a := range edges {
			for _, b := range edges {
				f(a, b)
			}
		}
		report(name)
	}
	each("basic", basic)
	each("divide", divide)
	each("shift", func(a, b uint64) { shift(a, uint(b)) })
	each("wide", func(a, b uint64) { wide(a, b, a^b<<3); wide(b, a, ^a) })
	for _, a := range edges {
		counting(a)
	}
	report("counting")
	for i := -2; i < 12; i++ {
		mix(jump(i))
	}
	report("jump")
	memory()
	report("memory")

	// xorshift and a linear congruential generator, a million steps together.
	x, y := uint64(88172645463325252), uint32(1)
	for i := 0; i < 500000; i++ {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		y = y*1664525 + 1013904223
	}
	mix(x, uint64(y))
	report("random")
}
