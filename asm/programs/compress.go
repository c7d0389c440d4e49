// compress: compression and encodings, there and back.
//
// Exercises: byte-wise state machines, table lookups, bit buffers: flate, gzip, zlib, lzw, bzip2 (reading), base64, base32,
// hex, ascii85, csv, xml, gob, tar, zip.
// Prints: sizes and checksums of what was packed, and whether it came back the same.
package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"compress/gzip"
	"compress/lzw"
	"compress/zlib"
	"encoding/ascii85"
	"encoding/base32"
	"encoding/base64"
	"encoding/csv"
	"encoding/gob"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"hash/crc32"
	"io"
	"strings"
)

const helloBzip2 = "425a6839314159265359b123de4300000359800010400410001264c0102000310340d02001a69103ab6c8284f8bb9229c28485891ef218"

// text is compressible, and long enough to fill every window.
func text() []byte {
	var b bytes.Buffer
	for i, x := 0, uint32(1); b.Len() < 40000; i++ {
		x = x*1664525 + 1013904223
		fmt.Fprintf(&b, "%d %s ", x>>24, []string{"goroutine", "stack", "heap", "machine", "processor"}[x>>16%5])
	}
	return b.Bytes()
}

func must(err error) {
	if err != nil {
		panic(err)
	}
}

func round(name string, data []byte, writer func(io.Writer) io.WriteCloser, reader func(io.Reader) io.Reader) {
	var packed bytes.Buffer
	w := writer(&packed)
	_, err := w.Write(data)
	must(err)
	must(w.Close())
	size, sum := packed.Len(), crc32.ChecksumIEEE(packed.Bytes())
	back, err := io.ReadAll(reader(&packed))
	fmt.Printf("%-10s %6d %08x %t %v\n", name, size, sum, bytes.Equal(back, data), err)
}

func codecs(data []byte) {
	for _, level := range []int{-2, -1, 0, 1, 5, 9} {
		round(fmt.Sprint("flate ", level), data,
			func(w io.Writer) io.WriteCloser { f, err := flate.NewWriter(w, level); must(err); return f },
			func(r io.Reader) io.Reader { return flate.NewReader(r) })
	}
	round("gzip", data, func(w io.Writer) io.WriteCloser { return gzip.NewWriter(w) },
		func(r io.Reader) io.Reader { z, err := gzip.NewReader(r); must(err); return z })
	round("zlib", data, func(w io.Writer) io.WriteCloser { return zlib.NewWriter(w) },
		func(r io.Reader) io.Reader { z, err := zlib.NewReader(r); must(err); return z })
	round("lzw", data, func(w io.Writer) io.WriteCloser { return lzw.NewWriter(w, lzw.LSB, 8) },
		func(r io.Reader) io.Reader { return lzw.NewReader(r, lzw.LSB, 8) })
	round("base64", data, func(w io.Writer) io.WriteCloser { return base64.NewEncoder(base64.StdEncoding, w) },
		func(r io.Reader) io.Reader { return base64.NewDecoder(base64.StdEncoding, r) })
	round("base32", data, func(w io.Writer) io.WriteCloser { return base32.NewEncoder(base32.HexEncoding, w) },
		func(r io.Reader) io.Reader { return base32.NewDecoder(base32.HexEncoding, r) })
	round("ascii85", data, ascii85.NewEncoder, ascii85.NewDecoder)

	dumped := hex.Dump(data[:40])
	fmt.Print(dumped)
	back, err := hex.DecodeString(hex.EncodeToString(data[:100]))
	fmt.Println("hex:", bytes.Equal(back, data[:100]), err)

	// "hello, bzip2\n", packed by bzip2 -9.
	packed, err := hex.DecodeString(helloBzip2)
	must(err)
	plain, err := io.ReadAll(bzip2.NewReader(bytes.NewReader(packed)))
	fmt.Printf("bzip2: %q %v\n", plain, err)

	broken := append([]byte{}, packed...)
	broken[len(broken)/2] ^= 4
	_, err = io.ReadAll(bzip2.NewReader(bytes.NewReader(broken)))
	fmt.Println("broken bzip2 is an error:", err != nil)
	_, err = gzip.NewReader(strings.NewReader("not gzip at all"))
	fmt.Println(err)
}

func archives(data []byte) {
	var t, z bytes.Buffer
	tw, zw := tar.NewWriter(&t), zip.NewWriter(&z)
	for _, name := range []string{"a.txt", "dir/b.txt", "dir/" + strings.Repeat("long", 40)} {
		body := data[:len(name)*10]
		must(tw.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(body))}))
		_, err := tw.Write(body)
		must(err)
		f, err := zw.Create(name)
		must(err)
		_, err = f.Write(body)
		must(err)
	}
	must(tw.Close())
	must(zw.Close())
	for r := tar.NewReader(&t); ; {
		header, err := r.Next()
		if err != nil {
			fmt.Println("tar:", err)
			break
		}
		body, _ := io.ReadAll(r)
		fmt.Printf("tar: %.20s %d %08x\n", header.Name, header.Size, crc32.ChecksumIEEE(body))
	}
	r, err := zip.NewReader(bytes.NewReader(z.Bytes()), int64(z.Len()))
	must(err)
	for _, f := range r.File {
		body, err := f.Open()
		must(err)
		all, err := io.ReadAll(body)
		fmt.Printf("zip: %.20s %d %d %08x %v\n", f.Name, f.CompressedSize64, f.UncompressedSize64, crc32.ChecksumIEEE(all), err)
	}
}

type entry struct {
	XMLName xml.Name `xml:"entry" json:"-"`
	ID      int      `xml:"id,attr"`
	Title   string   `xml:"title"`
	Tags    []string `xml:"tags>tag"`
}

func records() {
	in := entry{ID: 7, Title: "a < b & \"c\"", Tags: []string{"x", "y"}}
	out, err := xml.MarshalIndent(in, "", " ")
	fmt.Println(string(out), err)
	var back entry
	err = xml.Unmarshal(out, &back)
	fmt.Println(back.ID, back.Title, back.Tags, err, xml.Unmarshal([]byte("<a><b></a>"), &back))

	rows, err := csv.NewReader(strings.NewReader("a,b\n\"x,1\",\"say \"\"hi\"\"\"\n,\n")).ReadAll()
	fmt.Printf("%q %v\n", rows, err)
	_, err = csv.NewReader(strings.NewReader("a,b\n1\n")).ReadAll()
	fmt.Println(err)

	type tree struct {
		Left, Right *tree
		Values      map[string]float64
		Any         interface{}
	}
	gob.Register(entry{})
	var b bytes.Buffer
	must(gob.NewEncoder(&b).Encode(tree{Left: &tree{Values: map[string]float64{"pi": 3.14}}, Any: entry{ID: 9}}))
	var t tree
	must(gob.NewDecoder(&b).Decode(&t))
	fmt.Println("gob:", t.Left.Values, t.Right == nil, t.Any.(entry).ID)
}

func main() {
	data := text()
	fmt.Println(len(data), string(data[:50]))
	codecs(data)
	archives(data)
	records()
}
