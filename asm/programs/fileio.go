// fileio: files and directories under the directory given as the argument.
//
// Exercises: openat, read, write, pread, pwrite, lseek, ftruncate, fsync, fstat, getdents64, renameat, unlinkat, mkdirat,
// fchmodat, and the errors ENOENT, EEXIST, ENOTDIR, EISDIR, ENOTEMPTY, EBADF.
// Prints: what it wrote and read back, with the directory's own name left out. Leaves kept.txt and tree/ behind.
package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

var root string

func in(name string) string { return filepath.Join(root, name) }

// show prints values and errors; the directory's name is "DIR" wherever it turns up.
func show(name string, values ...interface{}) {
	text := strings.TrimSuffix(fmt.Sprintln(values...), "\n")
	fmt.Printf("%-14s %s\n", name, strings.ReplaceAll(text, root, "DIR"))
}

func writing() {
	f, err := os.Create(in("a.txt"))
	show("create", err)
	n, err := f.WriteString("hello, file\n")
	show("write", n, err)
	n, err = f.WriteAt([]byte("HELLO"), 0)
	show("write at", n, err)
	at, err := f.Seek(0, io.SeekStart)
	show("seek", at, err)
	all, err := io.ReadAll(f)
	show("read all", fmt.Sprintf("%q", all), err)
	at, err = f.Seek(-5, io.SeekEnd)
	buffer := make([]byte, 16)
	n, _ = f.Read(buffer)
	show("from the end", at, err, fmt.Sprintf("%q", buffer[:n]))
	n, err = f.Read(buffer)
	show("at the end", n, err)
	n, err = f.ReadAt(buffer[:4], 2)
	show("read at", n, err, string(buffer[:4]))
	at, err = f.Seek(100, io.SeekStart)
	f.WriteString("after a hole")
	size, _ := f.Seek(0, io.SeekCurrent)
	show("hole", at, err, size)
	show("sync", f.Sync())
	show("truncate", f.Truncate(5))
	info, err := f.Stat()
	show("stat", info.Name(), info.Size(), info.Mode(), info.IsDir(), err)
	_, err = f.Seek(-1, io.SeekStart)
	show("bad seek", err)
	show("close", f.Close(), "again:", f.Close())
	_, err = f.Write([]byte("x"))
	show("write closed", err)
}

func appending() {
	for i := 0; i < 3; i++ {
		f, err := os.OpenFile(in("log"), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o640)
		if err != nil {
			show("append", err)
			return
		}
		fmt.Fprintf(f, "line %d\n", i)
		_, err = f.Read(make([]byte, 1))
		if i == 0 {
			show("write only", err)
		}
		f.Close()
	}
	f, _ := os.Open(in("log"))
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		show("line", lines.Text())
	}
	_, err := f.WriteString("x")
	show("read only", err)
}

func large() {
	data := bytes.Repeat([]byte("0123456789abcdef"), 40000)
	show("write file", os.WriteFile(in("large"), data, 0o600))
	back, err := os.ReadFile(in("large"))
	show("read file", len(back), bytes.Equal(back, data), err)
	from, _ := os.Open(in("large"))
	to, _ := os.Create(in("copy"))
	n, err := io.Copy(to, from)
	from.Close()
	to.Close()
	back, _ = os.ReadFile(in("copy"))
	show("copy", n, err, bytes.Equal(back, data))
}

func naming() {
	show("rename", os.Rename(in("log"), in("kept.txt")))
	show("rename over", os.Rename(in("copy"), in("large")))
	_, err := os.Stat(in("log"))
	show("gone", err, errors.Is(err, fs.ErrNotExist))
	show("mkdir", os.Mkdir(in("tree"), 0o755))
	show("mkdir all", os.MkdirAll(in("tree/b/c/d"), 0o755))
	for _, name := range []string{"tree/z", "tree/b/y", "tree/b/c/x", "tree/b/c/d/w"} {
		os.WriteFile(in(name), []byte(name), 0o644)
	}
	entries, err := os.ReadDir(in("tree"))
	for _, e := range entries {
		show("entry", e.Name(), e.IsDir(), e.Type())
	}
	show("read dir", len(entries), err)
	show("walk", filepath.WalkDir(in("tree"), func(path string, d fs.DirEntry, err error) error {
		info, _ := d.Info()
		size := info.Size()
		if d.IsDir() {
			size = 0 // differs between file systems
		}
		show("  visit", path, d.IsDir(), size, err)
		return nil
	}))
	matches, err := filepath.Glob(in("tree/b/*"))
	show("glob", matches, err)
	show("chmod", os.Chmod(in("tree/z"), 0o400))
	info, _ := os.Stat(in("tree/z"))
	show("mode", info.Mode())
	show("remove all", os.RemoveAll(in("tree/b")))

	for i := 0; i < 300; i++ { // more than one getdents64 buffer
		os.WriteFile(in(fmt.Sprintf("tree/a-rather-long-file-name-%03d", i)), nil, 0o644)
	}
	entries, err = os.ReadDir(in("tree"))
	show("many", len(entries), entries[0].Name(), entries[299].Name(), err)
	for _, e := range entries[:300] {
		os.Remove(in("tree/" + e.Name()))
	}
}

func failing() {
	_, err := os.Open(in("missing"))
	show("ENOENT", err, errors.Is(err, syscall.ENOENT))
	_, err = os.OpenFile(in("kept.txt"), os.O_CREATE|os.O_EXCL|os.O_RDWR, 0o600)
	show("EEXIST", err, errors.Is(err, fs.ErrExist))
	show("EEXIST", os.Mkdir(in("tree"), 0o755))
	_, err = os.Open(in("kept.txt/below"))
	show("ENOTDIR", err, errors.Is(err, syscall.ENOTDIR))
	_, err = os.ReadFile(root)
	show("EISDIR", err)
	_, err = os.OpenFile(in("tree"), os.O_WRONLY, 0)
	show("EISDIR", err)
	show("ENOTEMPTY", os.Remove(in("tree")))
	show("ENOENT", os.Remove(in("missing")))
	show("ENOENT", os.Rename(in("missing"), in("elsewhere")))
	show("ENOENT", os.Mkdir(in("missing/below"), 0o755))
	_, err = syscall.Read(999, make([]byte, 1))
	show("EBADF", err)
	_, err = syscall.Open("", syscall.O_RDONLY, 0)
	show("ENOENT", err)
	_, err = os.Open("bad\x00name")
	show("EINVAL", strings.ReplaceAll(fmt.Sprint(err), "\x00", "NUL"))
}

func main() {
	if len(os.Args) < 2 {
		fmt.Println("usage: fileio DIRECTORY")
		os.Exit(2)
	}
	root = os.Args[1]
	writing()
	appending()
	large()
	naming()
	failing()
	show("clean up", os.Remove(in("a.txt")), os.Remove(in("large")))
	entries, err := os.ReadDir(root)
	for _, e := range entries {
		show("left", e.Name())
	}
	show("end", err)
}
