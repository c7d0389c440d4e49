// reflection: calls and values made at run time.
//
// Exercises: reflectcall and its stack-copying stubs, makeFuncStub and methodValueCall (assembly with register
// arguments), types built at run time, select and channels by reflection, interface tables.
// Prints: the results.
package main

import (
	"fmt"
	"reflect"
	"sort"
	"strings"
)

type small struct{ A, B int32 }
type large struct{ Values [40]int64 }
type mixed struct {
	N int
	F float64
	S string
	B []byte
	E error
}

type counter struct{ n int }

func (c *counter) Add(k int, more ...int) int {
	c.n += k
	for _, m := range more {
		c.n += m
	}
	return c.n
}
func (c counter) Get() int { return c.n }

func many(a int, b float32, c string, d small, e large, f mixed, g bool, h int8, i interface{}, j complex128, k []int, l func() int) (int, string, large, float64) {
	e.Values[0] += int64(a) + int64(d.A)*int64(d.B) + int64(h) + int64(len(k)) + int64(l())
	return a + len(c), fmt.Sprint(c, b, d, f.N, f.S, g, h, i, j), e, f.F + real(j)
}

func calls() {
	var e large
	for i := range e.Values {
		e.Values[i] = int64(i)
	}
	in := []reflect.Value{}
	for _, v := range []interface{}{
		1, float32(2.5), "three", small{4, 5}, e, mixed{N: 6, F: 7.5, S: "eight"}, true, int8(-9), interface{}("ten"), complex(11, 12), []int{13, 14}, func() int { return 15 },
	} {
		in = append(in, reflect.ValueOf(v))
	}
	out := reflect.ValueOf(many).Call(in)
	total := int64(0)
	for _, v := range out[2].Interface().(large).Values {
		total += v
	}
	fmt.Println(out[0].Int(), out[1], total, out[3].Float())

	c := &counter{}
	add := reflect.ValueOf(c).MethodByName("Add")
	add.Call([]reflect.Value{reflect.ValueOf(1)})
	add.CallSlice([]reflect.Value{reflect.ValueOf(2), reflect.ValueOf([]int{3, 4})})
	bound := add.Interface().(func(int, ...int) int)
	fmt.Println(bound(5, 6, 7), c.Get(), reflect.ValueOf(c).Elem().Method(0).Call(nil)[0])
	unbound := (*counter).Add
	fmt.Println(unbound(c, 100), reflect.TypeOf(unbound))
}

func made() {
	swap := func(in []reflect.Value) []reflect.Value { return []reflect.Value{in[1], in[0]} }
	var ints func(int, int) (int, int)
	var texts func(string, float64) (float64, string)
	var structs func(large, small) (small, large)
	for _, f := range []interface{}{&ints, &texts, &structs} {
		v := reflect.ValueOf(f).Elem()
		v.Set(reflect.MakeFunc(v.Type(), swap))
	}
	fmt.Println(ints(1, 2))
	fmt.Println(texts("a", 2.5))
	s, l := structs(large{[40]int64{39: 7}}, small{8, 9})
	fmt.Println(s, l.Values[39])
}

func types() {
	t := reflect.TypeOf(mixed{})
	for i := 0; i < t.NumField(); i++ {
		f := t.Field(i)
		fmt.Print(f.Name, " ", f.Type, " ", f.Offset, "; ")
	}
	fmt.Println(t.Size(), t.Kind(), t.Comparable())
	built := reflect.StructOf([]reflect.StructField{{Name: "X", Type: reflect.TypeOf(0), Tag: `json:"x"`}, {Name: "Y", Type: reflect.SliceOf(reflect.TypeOf(""))}})
	v := reflect.New(built).Elem()
	v.Field(0).SetInt(42)
	v.Field(1).Set(reflect.Append(v.Field(1), reflect.ValueOf("appended")))
	fmt.Printf("%+v %v\n", v, built)
	m := reflect.MakeMap(reflect.MapOf(reflect.TypeOf(""), reflect.TypeOf(1.5)))
	for i, k := range strings.Fields("one two three") {
		m.SetMapIndex(reflect.ValueOf(k), reflect.ValueOf(float64(i)/2))
	}
	keys := m.MapKeys()
	sort.Slice(keys, func(i, j int) bool { return keys[i].String() < keys[j].String() })
	fmt.Println(keys, m.Len(), reflect.ArrayOf(3, t), reflect.ChanOf(reflect.RecvDir, t), reflect.FuncOf(nil, []reflect.Type{t}, false), reflect.PtrTo(t))
	fmt.Println(reflect.DeepEqual(map[string][]int{"a": {1}}, map[string][]int{"a": {1}}), reflect.DeepEqual(small{1, 2}, small{2, 1}))
	stringer := reflect.TypeOf((*fmt.Stringer)(nil)).Elem()
	fmt.Println(reflect.TypeOf(reflect.Value{}).Implements(stringer), t.Implements(stringer), reflect.TypeOf(small{}).ConvertibleTo(t))
}

func channels() {
	c := reflect.MakeChan(reflect.TypeOf(make(chan int)), 2)
	c.Send(reflect.ValueOf(1))
	fmt.Println(c.TrySend(reflect.ValueOf(2)), c.TrySend(reflect.ValueOf(3)), c.Len())
	quit := make(chan string, 1)
	cases := []reflect.SelectCase{{Dir: reflect.SelectRecv, Chan: c}, {Dir: reflect.SelectRecv, Chan: reflect.ValueOf(quit)}}
	sum := 0
	for i := 0; i < 3; i++ {
		if i == 2 {
			quit <- "quit"
		}
		chosen, v, ok := reflect.Select(cases)
		if chosen == 0 {
			sum += int(v.Int())
		} else {
			fmt.Println(v, ok, sum)
		}
	}
}

func main() {
	calls()
	made()
	types()
	channels()
	func() {
		defer func() { fmt.Println("recovered:", recover()) }()
		reflect.ValueOf(small{}).Field(0).SetInt(1)
	}()
}
