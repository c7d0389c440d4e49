// stdin: reads its standard input to the end.
//
// Exercises: read(2) on descriptor 0: short reads, end of file, no input at all.
// Prints: the numbers of lines, words and bytes, the longest line, a checksum.
package main

import (
	"bufio"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"strings"
)

func main() {
	sum := crc32.NewIEEE()
	in := bufio.NewReader(io.TeeReader(os.Stdin, sum))
	lines, words, bytes, longest := 0, 0, 0, ""
	for {
		line, err := in.ReadString('\n')
		bytes += len(line)
		words += len(strings.Fields(line))
		if strings.HasSuffix(line, "\n") {
			lines++
		}
		if line = strings.TrimSuffix(line, "\n"); len(line) > len(longest) {
			longest = line
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			fmt.Println("error:", err)
			os.Exit(1)
		}
	}
	fmt.Println(lines, words, bytes)
	fmt.Printf("longest: %.60q of %d\n", longest, len(longest))
	fmt.Printf("crc: %08x\n", sum.Sum32())
}
