// hashes: cryptography and checksums, most of it hand-written assembly in Go's standard library.
//
// Exercises: AES-NI, PCLMULQDQ, SHA, AVX2, BMI2, ADX and SSE4.2 CRC32 paths, 128-bit multiplication, big integers.
// Prints: digests, sums and ciphertexts of fixed input.
package main

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/md5"
	"crypto/rand"
	"crypto/rc4"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"fmt"
	"hash"
	"hash/adler32"
	"hash/crc32"
	"hash/crc64"
	"hash/fnv"
	"math/big"
	mrand "math/rand"
)

func input(n int) []byte {
	b := make([]byte, n)
	mrand.New(mrand.NewSource(1)).Read(b)
	return b
}

func digests() {
	makers := []struct {
		name string
		make func() hash.Hash
	}{
		{"md5", md5.New}, {"sha1", sha1.New}, {"sha224", sha256.New224}, {"sha256", sha256.New},
		{"sha384", sha512.New384}, {"sha512", sha512.New}, {"sha512/256", sha512.New512_256},
		{"hmac-sha256", func() hash.Hash { return hmac.New(sha256.New, []byte("key")) }},
		{"crc32", func() hash.Hash { return crc32.NewIEEE() }},
		{"crc32c", func() hash.Hash { return crc32.New(crc32.MakeTable(crc32.Castagnoli)) }},
		{"crc64", func() hash.Hash { return crc64.New(crc64.MakeTable(crc64.ECMA)) }},
		{"adler32", func() hash.Hash { return adler32.New() }},
		{"fnv1a-64", func() hash.Hash { return fnv.New64a() }}, {"fnv1-128", fnv.New128},
	}
	data := input(9000)
	for _, m := range makers {
		all := m.make()
		for _, size := range []int{0, 1, 15, 16, 17, 55, 56, 63, 64, 65, 127, 128, 129, 1000, 9000} {
			h := m.make()
			h.Write(data[:size])
			all.Write(h.Sum(nil))
		}
		// The same bytes in uneven pieces give the same digest.
		whole, pieces := m.make(), m.make()
		whole.Write(data)
		for rest, step := data, 1; len(rest) > 0; step = step*2 + 1 {
			if step > len(rest) {
				step = len(rest)
			}
			pieces.Write(rest[:step])
			rest = rest[step:]
		}
		fmt.Printf("%-12s %x %t\n", m.name, all.Sum(nil), bytes.Equal(whole.Sum(nil), pieces.Sum(nil)))
	}
}

func ciphers() {
	data := input(1000)
	for _, size := range []int{16, 24, 32} {
		block, _ := aes.NewCipher(data[:size])
		out := make([]byte, len(data))

		cipher.NewCTR(block, data[:16]).XORKeyStream(out, data)
		fmt.Printf("aes-%d ctr %x\n", size*8, sha1.Sum(out))

		cipher.NewCBCEncrypter(block, data[:16]).CryptBlocks(out[:992], data[:992])
		cipher.NewCBCDecrypter(block, data[:16]).CryptBlocks(out[:992], out[:992])
		fmt.Printf("aes-%d cbc round trip %t\n", size*8, bytes.Equal(out[:992], data[:992]))

		gcm, _ := cipher.NewGCM(block)
		for _, n := range []int{0, 1, 16, 100, 1000} {
			sealed := gcm.Seal(nil, data[:12], data[:n], data[:n/2])
			opened, err := gcm.Open(nil, data[:12], sealed, data[:n/2])
			sealed[0] ^= 1
			_, forged := gcm.Open(nil, data[:12], sealed, data[:n/2])
			fmt.Printf("aes-%d gcm %4d %x %t %v %v\n", size*8, n, sealed[n:], bytes.Equal(opened, data[:n]), err, forged)
		}
	}
	stream, _ := rc4.NewCipher(data[:16])
	out := make([]byte, 64)
	stream.XORKeyStream(out, data[:64])
	fmt.Printf("rc4 %x\n", out[48:])
	fmt.Println("constant time:", subtle.ConstantTimeCompare(data, data), subtle.ConstantTimeSelect(1, 7, 9))
}

func bigIntegers() {
	f := new(big.Int).MulRange(1, 300)
	fmt.Printf("300! %x\n", sha256.Sum256([]byte(f.String())))
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 521), big.NewInt(1))
	x := new(big.Int).SetBytes(input(60))
	inverse := new(big.Int).ModInverse(x, p)
	product := new(big.Int).Mul(inverse, x)
	fmt.Println("inverse:", product.Mod(product, p), "prime:", p.ProbablyPrime(2))
	power := new(big.Int).Exp(x, f, p)
	fmt.Println("power:", power.Text(36))
	q, r := new(big.Int).QuoRem(f, x, new(big.Int))
	back := q.Mul(q, x)
	fmt.Println("divide:", back.Add(back, r).Cmp(f), new(big.Int).Sqrt(f).BitLen(), new(big.Int).GCD(nil, nil, f, x))
	fmt.Println("ratio:", big.NewRat(355, 113).FloatString(30), new(big.Float).SetPrec(200).Quo(big.NewFloat(1), big.NewFloat(7)).Text('g', 50))
}

func signatures() {
	key := ed25519.NewKeyFromSeed(input(32))
	signature := ed25519.Sign(key, []byte("message"))
	public := key.Public().(ed25519.PublicKey)
	fmt.Printf("ed25519 %x %t %t\n", signature[:16], ed25519.Verify(public, []byte("message"), signature), ed25519.Verify(public, []byte("massage"), signature))

	for _, curve := range []elliptic.Curve{elliptic.P224(), elliptic.P256(), elliptic.P384()} {
		x, y := curve.ScalarBaseMult(input(28))
		x2, _ := curve.ScalarMult(x, y, input(20))
		fmt.Printf("%s %x\n", curve.Params().Name, x2.Bytes())
	}
	// Keys made from real randomness: what they are differs, that they work does not.
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		fmt.Println(err)
		return
	}
	digest := sha256.Sum256([]byte("message"))
	r, s, _ := ecdsa.Sign(rand.Reader, private, digest[:])
	fmt.Println("ecdsa:", ecdsa.Verify(&private.PublicKey, digest[:], r, s))

	n, _ := new(big.Int).SetString("3233", 10)
	fmt.Println("rsa size:", (&rsa.PublicKey{N: n, E: 17}).Size())
}

func main() {
	digests()
	ciphers()
	bigIntegers()
	signatures()
	r := mrand.New(mrand.NewSource(42))
	fmt.Println("rand:", r.Intn(1000), r.Float64(), r.Perm(8), r.NormFloat64(), r.ExpFloat64(), r.Uint64())
}
