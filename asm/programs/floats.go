// floats: floating point to the last bit.
//
// Exercises: SSE2 and SSE4.1 arithmetic, comparison with NaN, every conversion at its edges, FMA, SQRT, ROUND, the math
// package's assembly, complex numbers, strconv both ways.
// Prints: bit patterns and decimal forms. Functions whose last bit may depend on the CPU are rounded.
package main

import (
	"fmt"
	"math"
	"math/cmplx"
	"strconv"
)

var values = []float64{
	0, math.Copysign(0, -1), 1, -1, 0.5, 1.5, -2.5, 3.75, 1e-310, math.SmallestNonzeroFloat64, math.MaxFloat64, 1e300,
	math.Pi, -math.E, 1 << 31, 1 << 32, 1 << 52, 1<<53 + 2, 1 << 62, 1 << 63, 1 << 64, -1 << 63, -1<<31 - 1, 255.9, -0.9,
	math.Inf(1), math.Inf(-1), math.NaN(),
}

func bits(f float64) uint64 {
	if f != f {
		return 0x7ff8 << 48 // which NaN it is does not matter
	}
	return math.Float64bits(f)
}

//go:noinline
func arithmetic(a, b float64) (sum uint64) {
	for _, f := range []float64{a + b, a - b, a * b, a / b, math.Mod(a, b), math.Max(a, b), math.Min(a, b), math.Hypot(a, b), math.Dim(a, b), math.Nextafter(a, b), math.Copysign(a, b), math.Remainder(a, b)} {
		sum = sum*31 + bits(f)
	}
	f, g := float32(a), float32(b)
	for _, h := range []float32{f + g, f - g, f * g, f / g, float32(math.Sqrt(float64(f)))} {
		sum = sum*31 + bits(float64(h))
	}
	for i, yes := range []bool{a < b, a <= b, a == b, a != b, a >= b, a > b, f < g, f == g, f > g} {
		if yes {
			sum ^= 1 << i
		}
	}
	return sum
}

//go:noinline
func conversions(f float64) string {
	return fmt.Sprint(int64(f), int32(f), int16(f), int8(f), uint64(f), uint32(f), uint16(f), uint8(f), int64(float32(f)))
}

func rounding(f float64) string {
	out := ""
	for _, g := range []float64{math.Floor(f), math.Ceil(f), math.Trunc(f), math.Round(f), math.RoundToEven(f), math.Sqrt(f), math.Abs(f), math.Cbrt(f), math.Log2(f)} {
		out += strconv.FormatFloat(g, 'g', 14, 64) + " "
	}
	return out
}

func transcendental() {
	functions := []struct {
		name string
		f    func(float64) float64
	}{
		{"sin", math.Sin}, {"cos", math.Cos}, {"tan", math.Tan}, {"asin", math.Asin}, {"atan", math.Atan}, {"sinh", math.Sinh},
		{"tanh", math.Tanh}, {"exp", math.Exp}, {"exp2", math.Exp2}, {"expm1", math.Expm1}, {"log", math.Log}, {"log1p", math.Log1p},
		{"log10", math.Log10}, {"gamma", math.Gamma}, {"erf", math.Erf}, {"j0", math.J0}, {"y1", math.Y1},
	}
	for _, m := range functions {
		fmt.Print(m.name)
		for _, x := range []float64{-0.75, 0.1, 0.9, 2, 10, 700, 1e10, math.Inf(1), math.NaN()} {
			fmt.Printf(" %.12g", m.f(x))
		}
		fmt.Println()
	}
	fmt.Printf("pow %.14g %.14g %.14g atan2 %.14g\n", math.Pow(2, 0.5), math.Pow(-8, 3), math.Pow(10, -308), math.Atan2(-1, -1))
}

func text() {
	for _, f := range values {
		s := strconv.FormatFloat(f, 'g', -1, 64)
		back, err := strconv.ParseFloat(s, 64)
		fmt.Println(s, strconv.FormatFloat(f, 'e', 20, 64), strconv.FormatFloat(f, 'x', -1, 64), strconv.FormatFloat(f, 'g', -1, 32), bits(back) == bits(f), err)
	}
	for _, s := range []string{"1e400", "0x1.8p-3", "4.9e-324", "2.5e-324", "1.7976931348623159e308", "123456789012345678901234567890", "9007199254740993", "nan", "-inf", "1e", "0.1e-5_0"} {
		f, err := strconv.ParseFloat(s, 64)
		fmt.Printf("%s %016x %v\n", s, bits(f), err)
	}
}

func main() {
	total := uint64(0)
	for _, a := range values {
		row := uint64(0)
		for _, b := range values {
			row = row*37 + arithmetic(a, b)
		}
		total ^= row
		fmt.Printf("%v %016x | %s | %s\n", a, row, conversions(a), rounding(a))
	}
	fmt.Printf("all %016x\n", total)

	for i := int64(-3); i < 1<<62; i = i*5 + 7 {
		fmt.Print(float64(i), " ", float32(i), " ", float64(uint64(i)), " ", float32(uint64(i)), " ", float64(uint32(i)), "; ")
	}
	fmt.Println()

	for _, v := range [][3]float64{{2, 3, 4}, {0.1, 10, -1}, {1 << 53, 1, 0.5}, {1e200, 1e200, -1e300}, {1e-200, 1e-200, 1e-320}, {math.Inf(1), 0, 1}} {
		fmt.Printf("fma %v %016x\n", v, bits(math.FMA(v[0], v[1], v[2])))
	}
	transcendental()
	text()

	z := complex(3, -4)
	fmt.Println("complex:", z*z, z/complex(1, 2), cmplx.Abs(z), real(z), imag(z), z == complex(3, -4), cmplx.Sqrt(-1), cmplx.Inf() == cmplx.Inf())
	fmt.Printf("complex: %.12g %.12g\n", cmplx.Exp(complex(0, math.Pi)), cmplx.Pow(z, complex(0.5, 0.25)))

	// A long chain of roundings: one wrong bit anywhere shows.
	x := 0.3
	for i := 0; i < 100000; i++ {
		x = 3.9*x*(1-x) + math.Sqrt(x)*1e-3
		if x > 1 {
			x = 1 / x
		}
	}
	fmt.Printf("chaos %016x\n", math.Float64bits(x))
}
