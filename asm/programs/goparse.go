// goparse: parses, checks and prints Go source: a real program with a large, branchy code path.
//
// Exercises: go/parser, go/ast, go/types, go/format, go/constant, text/scanner; a deep recursion over interfaces and maps.
// Prints: the formatted source, its functions and types, a constant worked out with exact arithmetic, and two errors.
package main

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"go/types"
	"sort"
	"strings"
)

const source = `package sample
import "unsafe"
// Tree is a binary tree.
type Tree struct { Left,Right *Tree; Value int }
type Walker interface { Walk(*Tree) error }
const Big = 1<<100/3.0
const Size=unsafe.Sizeof(Tree{})
func (t *Tree) Sum() (total int) { if t==nil {return}
 for _,c:=range []*Tree{t.Left,t.Right} { total+=c.Sum() }
 switch { case total>10: total-- ; default: }
 return total+t.Value }
func Apply(f func(int)int, xs ...int) []int { out:=make([]int,0,len(xs)); for _,x:=range xs{out=append(out,f(x))}; return out }
var handlers = map[string]func(){ "a": func(){}, }
`

// onlyUnsafe imports the one package that needs no file.
type onlyUnsafe struct{}

func (onlyUnsafe) Import(path string) (*types.Package, error) {
	if path == "unsafe" {
		return types.Unsafe, nil
	}
	return nil, fmt.Errorf("no package %q here", path)
}

func check(text string) (*types.Package, *types.Info, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, "sample.go", text, parser.ParseComments)
	if err != nil {
		return nil, nil, err
	}
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: onlyUnsafe{}, Sizes: types.SizesFor("gc", "amd64")}
	p, err := config.Check("sample", files, []*ast.File{file}, info)
	return p, info, err
}

func main() {
	pretty, err := format.Source([]byte(source))
	fmt.Println(string(pretty), err)

	p, info, err := check(source)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, name := range p.Scope().Names() {
		o := p.Scope().Lookup(name)
		fmt.Printf("%-8s %v\n", name, types.ObjectString(o, types.RelativeTo(p)))
	}
	var uses []string
	for id, o := range info.Uses {
		if o.Pkg() == nil {
			uses = append(uses, id.Name)
		}
	}
	sort.Strings(uses)
	fmt.Println("builtins used:", strings.Join(uses, " "))

	for _, bad := range []string{"package p; func f( {", "package p; var x int = \"text\""} {
		_, _, err := check(bad)
		fmt.Println(err)
	}

	files := token.NewFileSet()
	tree, _ := parser.ParseFile(files, "sample.go", pretty, 0)
	kinds := map[string]int{}
	ast.Inspect(tree, func(n ast.Node) bool {
		if n != nil {
			kinds[fmt.Sprintf("%T", n)]++
		}
		return true
	})
	fmt.Println(kinds)
}
