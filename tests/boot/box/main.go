// Tries every way out of the box and says what came of it. Arguments: a host directory and a host file in it that holds
// a secret, the host's process id of the parent, and the host's time in seconds.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func try(what string, err error) {
	verdict := "denied"
	if err == nil {
		verdict = "REACHED"
	}
	fmt.Printf("%s: %s\n", what, verdict)
}

func main() {
	dir, secret := os.Args[1], os.Args[2]
	parent, _ := strconv.Atoi(os.Args[3])
	hostTime, _ := strconv.ParseInt(os.Args[4], 10, 64)

	_, err := os.ReadFile(secret)
	try("read a host file", err)
	_, err = os.ReadFile(filepath.Join("/proc/self/root", secret))
	try("read through /proc/self/root", err)
	_, err = os.ReadFile(filepath.Join("/proc/self/cwd", "..", secret))
	try("read through /proc/self/cwd", err)
	_, err = os.ReadFile("/proc/1/environ")
	if err == nil {
		b, _ := os.ReadFile("/proc/1/environ")
		if !strings.Contains(string(b), "SECRET_OF_THE_HOST") {
			err = os.ErrNotExist
		}
	}
	try("read a host process's environment", err)
	_, err = os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", parent))
	try("see a host process", err)
	err = os.WriteFile(filepath.Join(dir, "written"), []byte("x"), 0o644)
	try("write a host file", err)
	err = os.Remove(secret)
	try("remove a host file", err)
	_, err = os.ReadDir(dir)
	try("list a host directory", err)
	err = os.Symlink(secret, "/tmp/link")
	if err == nil {
		_, err = os.ReadFile("/tmp/link")
	}
	try("read through a symbolic link", err)
	_, err = os.Open("/dev/mem")
	try("open a device", err)

	_, err = net.DialTimeout("tcp", "127.0.0.1:80", time.Second)
	try("connect", err)
	_, err = net.Listen("tcp", "127.0.0.1:0")
	try("listen", err)
	_, err = net.Dial("unix", "/run/host.sock")
	try("connect to a unix socket", err)
	addresses, err := net.LookupHost("localhost.example")
	if len(addresses) == 0 {
		err = os.ErrNotExist
	}
	try("look up a name", err)

	err = exec.Command("/bin/true").Run()
	try("run a host program", err)
	_, err = syscall.ForkExec("/bin/sh", []string{"sh"}, nil)
	try("fork", err)
	err = syscall.Kill(parent, 0)
	try("signal a host process", err)
	_, err = syscall.Getpgid(parent)
	try("ask about a host process", err)

	near := time.Now().Unix()-hostTime < 86400 && hostTime-time.Now().Unix() < 86400
	if near {
		err = nil
	} else {
		err = os.ErrNotExist
	}
	try("read the host's clock", err)
	if os.Getenv("SECRET_OF_THE_HOST") == "" {
		err = os.ErrNotExist
	} else {
		err = nil
	}
	try("read the host's environment", err)
	name, _ := os.Hostname()
	if len(os.Args) > 5 && name == os.Args[5] {
		err = nil
	} else {
		err = os.ErrNotExist
	}
	try("learn the host's name", err)
}
