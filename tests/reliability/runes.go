// Walks through text rune by rune, in many scripts and with broken bytes in it: range loops, decoding by hand, case
// mapping, classes, searches, builders. What it prints is a sum over all of that.
package main

import (
	"fmt"
	"hash/fnv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

const text = "The quick brown fox, Zwölf Boxkämpfer, съешь ещё этих мягких булок, " +
	"いろはにほへと ちりぬるを, 天地玄黃 宇宙洪荒, نص حكيم له سر قاطع, ξεσκεπάζω τὴν ψυχοφθόρα, " +
	"\U0001f600\U0001f469\u200d\U0001f4bb e\u0301 \xff\xc0\xaf\xed\xa0\x80 end"

func classes(s string) (sum int) {
	for at, r := range s {
		switch {
		case unicode.IsUpper(r):
			sum += 3 * at
		case unicode.IsLetter(r):
			sum += at
		case unicode.IsSpace(r), unicode.IsPunct(r):
			sum -= at
		case unicode.Is(unicode.Han, r), r == utf8.RuneError:
			sum += 7
		}
	}
	return sum
}

func reversed(s string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, size := utf8.DecodeLastRuneInString(s)
		b.WriteRune(r)
		s = s[:len(s)-size]
	}
	return b.String()
}

func main() {
	sum, hash := 0, fnv.New64a()
	for round := 0; round < 300; round++ {
		s := text[round%29:] + text[:round%31]
		t := strings.Map(func(r rune) rune {
			if (int(r)+round)%11 == 0 {
				return -1
			}
			return unicode.SimpleFold(r)
		}, strings.ToUpper(s)+strings.ToLower(s))
		sum += classes(s) + classes(t) + utf8.RuneCountInString(reversed(t))
		sum += len(utf16.Encode([]rune(t))) + strings.Count(t, "х") + strings.IndexRune(t, 'Ω')
		if utf8.ValidString(s) != (strings.ToValidUTF8(s, "") == s) {
			panic("validity")
		}
		hash.Write([]byte(t))
	}
	fmt.Printf("runes %d %016x\n", sum, hash.Sum64())
}
