// strings: text of every kind.
//
// Exercises: strings, bytes, unicode, utf8, utf16, regexp (also its backtracker and one-pass matcher), text/template,
// text/tabwriter, sort, string conversion and concatenation in the runtime.
// Prints: the results.
package main

import (
	"bytes"
	"fmt"
	"os"
	"regexp"
	"sort"
	"strings"
	"text/tabwriter"
	"text/template"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const sample = "Größe, naïve café; 日本語 and emoji 🙂.\tTabs\nand lines — done"

func words() {
	fmt.Println(len(sample), utf8.RuneCountInString(sample), len([]rune(sample)), len(utf16.Encode([]rune(sample))))
	fmt.Printf("%q\n", strings.FieldsFunc(sample, func(r rune) bool { return !unicode.IsLetter(r) }))
	fmt.Println(strings.ToUpper(sample), strings.Title("two words"), strings.EqualFold("STRASSE", "strasse"))
	fmt.Println(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) {
			return -1
		}
		return unicode.SimpleFold(r)
	}, sample))
	fmt.Println(strings.Split("a,b,,c", ","), strings.SplitN("a,b,c", ",", 2), strings.Replace("aaaa", "a", "bc", 3), strings.Repeat("ab", 5))
	fmt.Println(strings.TrimFunc("123abc456", unicode.IsDigit), strings.TrimLeft("xxabc", "x"), strings.LastIndex("go gopher", "go"), strings.ContainsAny("team", "i"))
	fmt.Println(strings.NewReplacer("<", "&lt;", ">", "&gt;", "a", "A").Replace("<a>banana</a>"), strings.Compare("a", "b"))
	for i, r := range "aé日🙂\xff!" {
		fmt.Print(i, ":", string(r), ":", utf8.RuneLen(r), " ")
	}
	fmt.Println(utf8.ValidString("ok"), utf8.Valid([]byte{0xc0, 0x80}))
	fmt.Println(bytes.ToTitle([]byte("go")), string(bytes.TrimSuffix([]byte("file.go"), []byte(".go"))), bytes.HasPrefix([]byte("abc"), []byte("ab")))
}

func building() {
	s := ""
	for i := 0; i < 1000; i++ {
		s += string(rune('a' + i%26))
	}
	var b strings.Builder
	for i := 0; i < 1000; i++ {
		b.WriteByte(byte('a' + i%26))
	}
	var buffer bytes.Buffer
	for i := 0; i < 100; i++ {
		fmt.Fprintf(&buffer, "%d-", i)
	}
	fmt.Println(s == b.String(), len(s), s[990:], buffer.Len(), strings.Count(buffer.String(), "9-"))
	x, y, z := s[:3], s[3:6], s[6:9]
	fmt.Println(x+y+z, x+y < y+x, []byte(x+"!"), string([]rune(y)), map[string]int{x + y: 1}["abcdef"])
}

func expressions() {
	for _, c := range [][2]string{
		{`(\w+)@(\w+)\.com`, "ann@example.com, bob@test.com"}, {`^(\d{4})-(\d\d)-(\d\d)$`, "2021-08-16"}, {`(?i)go+`, "GOoogle gO"},
		{`a(b|c)*d`, "abcbcd ad abx"}, {`[\p{L}--]+`, "naïve 日本"}, {`(a*)*b`, strings.Repeat("a", 200)}, {`\bfoo\b`, "foo food foo"}, {`x*`, "axxb"},
	} {
		re, err := regexp.Compile(c[0])
		if err != nil {
			fmt.Println(err)
			continue
		}
		fmt.Printf("%q %q %q\n", c[0], re.FindAllStringSubmatch(c[1], -1), re.ReplaceAllString(c[1], "<$0>"))
	}
	_, err := regexp.Compile("a(b")
	fmt.Println(err)
}

func templates() {
	type item struct {
		Name  string
		Price float64
		Tags  []string
	}
	t := template.Must(template.New("list").Funcs(template.FuncMap{"upper": strings.ToUpper}).Parse(
		`{{range $i, $e := .}}{{$i}} {{.Name | upper | printf "%-6s"}} {{printf "%.2f" .Price}}{{range .Tags}} #{{.}}{{else}} no tags{{end}}{{if gt .Price 2.0}} dear{{end}}
{{end}}`))
	if err := t.Execute(os.Stdout, []item{{"tea", 1.5, []string{"hot", "green"}}, {"coffee", 2.25, nil}}); err != nil {
		fmt.Println(err)
	}
	_, err := template.New("bad").Parse("{{.A")
	fmt.Println(err)
	w := tabwriter.NewWriter(os.Stdout, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(w, "one\ttwo\tthree\t")
	fmt.Fprintln(w, "1\t22222\t3\t")
	w.Flush()
}

func sorting() {
	list := strings.Fields("the quick brown fox jumps over the lazy dog and runs away from the very slow bear")
	sort.Strings(list)
	fmt.Println(list, sort.SearchStrings(list, "fox"))
	sort.SliceStable(list, func(i, j int) bool { return len(list[i]) < len(list[j]) })
	fmt.Println(list)
	numbers := make([]int, 2000)
	for i := range numbers {
		numbers[i] = (i * 7919) % 2003
	}
	sort.Sort(sort.Reverse(sort.IntSlice(numbers)))
	fmt.Println(numbers[:5], numbers[1995:], sort.IsSorted(sort.Reverse(sort.IntSlice(numbers))))
}

func main() {
	words()
	building()
	expressions()
	templates()
	sorting()
}
