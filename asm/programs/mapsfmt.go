// mapsfmt: maps, sorting, formatting and JSON.
//
// Exercises: map growth, iteration and deletion with every key kind, hashing (AES instructions), fmt's reflection,
// sort, strconv, encoding/json.
// Prints: everything in sorted order, so that Go's random map iteration does not show.
package main

import (
	"encoding/json"
	"fmt"
	"math"
	"sort"
	"strconv"
	"strings"
)

type key struct {
	name string
	id   int32
}

type shape interface{ Area() float64 }
type square struct{ Side float64 }
type circle struct{ Radius float64 }

func (s square) Area() float64  { return s.Side * s.Side }
func (c *circle) Area() float64 { return 3 * c.Radius * c.Radius }
func (c *circle) String() string {
	return "circle of " + strconv.FormatFloat(c.Radius, 'g', -1, 64)
}

type record struct {
	Name   string            `json:"name"`
	Tags   []string          `json:"tags,omitempty"`
	Scores map[string]int    `json:"scores"`
	Nested *record           `json:"nested,omitempty"`
	Any    interface{}       `json:"any"`
	Raw    json.RawMessage   `json:"raw,omitempty"`
	Secret string            `json:"-"`
	Extra  map[string]string `json:"extra,omitempty"`
}

func wordCount(text string) []string {
	counts := map[string]int{}
	for _, word := range strings.Fields(strings.ToLower(text)) {
		counts[strings.Trim(word, ".,;")]++
	}
	var lines []string
	for word, n := range counts {
		lines = append(lines, fmt.Sprintf("%s=%d", word, n))
	}
	sort.Strings(lines)
	return lines
}

func keyKinds() {
	ints, strs, structs := map[int]int{}, map[string]int{}, map[key]int{}
	floats, faces, arrays := map[float64]int{}, map[interface{}]int{}, map[[3]byte]int{}
	small, wide := map[uint8]int{}, map[uint32]int{}
	for i := 0; i < 1000; i++ {
		ints[i*i] += i
		strs[strconv.Itoa(i%100)] += i
		structs[key{strconv.Itoa(i % 7), int32(i % 11)}] += i
		floats[float64(i)/8] += i
		arrays[[3]byte{byte(i), byte(i >> 2), byte(i >> 4)}] += i
		small[uint8(i)] += i
		wide[uint32(i)<<20] += i
		switch i % 3 {
		case 0:
			faces[i] += i
		case 1:
			faces[fmt.Sprint(i)] += i
		default:
			faces[key{"k", int32(i)}] += i
		}
	}
	floats[math.NaN()], floats[math.NaN()] = 1, 2
	for i := 0; i < 1000; i += 2 {
		delete(ints, i*i)
	}
	fmt.Println(len(ints), len(strs), len(structs), len(floats), len(faces), len(arrays), len(small), len(wide))
	fmt.Println(ints[25], strs["42"], structs[key{"3", 10}], floats[1.5], faces[999], arrays[[3]byte{9, 2, 0}], small[7], wide[5<<20])
	_, found := floats[math.NaN()]
	fmt.Println("NaN found:", found)
}

func main() {
	fmt.Println(wordCount("The quick brown fox; the lazy dog. The end, the fox, the DOG."))
	keyKinds()
	fmt.Println(map[string][]int{"b": {2, 3}, "a": nil, "c": {}})

	shapes := []shape{square{3}, &circle{2}, square{1.5}}
	sort.Slice(shapes, func(i, j int) bool { return shapes[i].Area() < shapes[j].Area() })
	for _, s := range shapes {
		fmt.Printf("%v %T %.2f\n", s, s, s.Area())
	}
	fmt.Printf("%v|%[1]*[1]d|%6.2[2]f%%|%x|% X|%+q|%-6d|%+.3e\n", 3, 45.678, "hex", "hex", "⌘", 12, 6.02e23)
	for _, wrong := range []string{"%d %d", "%z", "%d %s %v", "%!", "%[5]d"} {
		fmt.Println(fmt.Sprintf(wrong, 1, "two"))
	}

	in := record{
		Name: "rt0 <&> \u2028", Tags: []string{"a", "b"}, Scores: map[string]int{"z": 26, "a": 1, "m": 13},
		Nested: &record{Name: "inner", Any: []interface{}{1, "two", 3.5, nil, true}}, Any: 1e21, Raw: json.RawMessage(`{"k":[1,2]}`), Secret: "no",
	}
	text, err := json.MarshalIndent(in, "", "  ")
	fmt.Println(string(text), err)
	var out record
	fmt.Println(json.Unmarshal(text, &out), out.Name == in.Name, out.Nested.Any, out.Scores, out.Any)
	var loose map[string]interface{}
	fmt.Println(json.Unmarshal([]byte(`{"a":[1,{"b":null}],"c":"\u00e9\ud83d\ude00"}`), &loose), loose)
	fmt.Println(json.Unmarshal([]byte(`{"a":}`), &loose))
	fmt.Println(json.Unmarshal([]byte(`{"name":5}`), &out))

	for _, s := range []string{"12", "-0x1f", "0b101", "9223372036854775808", "zz", "1_000"} {
		n, err := strconv.ParseInt(s, 0, 64)
		fmt.Println(n, err)
	}
	fmt.Println(strconv.Quote("tab\t nul\x00 é \xff"), strconv.FormatInt(-255, 36), strconv.AppendBool(nil, true))
}
