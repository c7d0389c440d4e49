// beside: says by which paths it knows itself, and reads the file "beside.txt" next to its executable.
package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"unsafe"
)

// execfn is the string that AT_EXECFN points to.
func execfn() string {
	const atExecfn = 31
	auxv, err := os.ReadFile("/proc/self/auxv")
	if err != nil {
		return err.Error()
	}
	for i := 0; i+16 <= len(auxv); i += 16 {
		if binary.LittleEndian.Uint64(auxv[i:]) != atExecfn {
			continue
		}
		at := uintptr(binary.LittleEndian.Uint64(auxv[i+8:]))
		var text []byte
		for ; *(*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&at))) != 0; at++ {
			text = append(text, *(*byte)(*(*unsafe.Pointer)(unsafe.Pointer(&at))))
		}
		return string(text)
	}
	return "none"
}

// mapped is the path of the first line of /proc/self/maps.
func mapped() string {
	maps, err := os.ReadFile("/proc/self/maps")
	if err != nil {
		return err.Error()
	}
	fields := strings.Fields(strings.SplitN(string(maps), "\n", 2)[0])
	return fields[len(fields)-1]
}

func main() {
	exe, err := os.Executable()
	fmt.Println("executable:", exe, err)
	fmt.Println("argv[0]:", os.Args[0])
	fmt.Println("execfn:", execfn())
	fmt.Println("maps:", mapped())
	link, linkErr := os.Stat("/proc/self/exe")
	there, thereErr := os.Stat(exe)
	fmt.Println("stat:", linkErr, thereErr, linkErr == nil && thereErr == nil && os.SameFile(link, there))
	text, err := os.ReadFile(exe)
	fmt.Println("open:", len(text) > 4 && string(text[1:4]) == "ELF", err)
	resolved, err := filepath.EvalSymlinks(exe)
	fmt.Println("resolved:", resolved, err)
	beside, err := os.ReadFile(filepath.Join(filepath.Dir(exe), "beside.txt"))
	fmt.Printf("beside: %q %v\n", beside, err)
}
