package journal

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"

	"steward/gateway"
)

// testBlock is a block of n lines as it lies on disk.
func testBlock(n int) (sums, body []byte) {
	b := &block{first: 100}
	for i := range n {
		b.body = fmt.Appendf(b.body, "pump,asset=pump-1 n=%di,received=%di %d\n", i, i*7, i*13)
		b.ends = append(b.ends, uint32(len(b.body)))
	}
	return b.appendSums(nil), b.body
}

// check decodes and makes sure that whatever came is right; it returns how
// many entries are missing.
func check(t *testing.T, sums, body, original []byte, n int) int {
	t.Helper()
	lines := bytes.Split(bytes.TrimSuffix(original, []byte("\n")), []byte("\n"))
	last := gateway.Seq(0)
	entries := decodeBlock(nil, 100, sums, body)
	for _, e := range entries {
		if e.Seq <= last || e.Seq < 100 || int(e.Seq-100) >= n || !bytes.Equal(e.Line, lines[e.Seq-100]) {
			t.Fatalf("entry %d came as %q", e.Seq, e.Line)
		}
		last = e.Seq
	}
	return n - len(entries)
}

// TestFlippedBit flips every bit of a block: never more than one entry is
// lost, and never a wrong one comes.
func TestFlippedBit(t *testing.T) {
	t.Parallel()
	const n = 5
	sums, body := testBlock(n)
	if lost := check(t, sums, body, body, n); lost != 0 {
		t.Fatalf("%d of an undamaged block are lost", lost)
	}
	for bit := range 8 * len(body) {
		damaged := bytes.Clone(body)
		damaged[bit/8] ^= 1 << (bit % 8)
		lost := check(t, sums, damaged, body, n)
		if newline := body[bit/8] == '\n'; newline && lost != 0 || !newline && lost != 1 {
			t.Fatalf("bit %d of byte %d (%q): %d entries are lost", bit%8, bit/8, body[bit/8], lost)
		}
	}
	for bit := range 8 * len(sums) {
		damaged := bytes.Clone(sums)
		damaged[bit/8] ^= 1 << (bit % 8)
		if lost := check(t, damaged, body, body, n); lost != 1 {
			t.Fatalf("bit %d of the sums: %d entries are lost", bit, lost)
		}
	}
}

func TestDamagedRun(t *testing.T) {
	t.Parallel()
	const n = 40
	sums, body := testBlock(n)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	lineLength := len(body) / n
	for range 500 {
		damaged := bytes.Clone(body)
		from := rnd.IntN(len(body))
		to := min(len(body), from+1+rnd.IntN(100))
		for i := from; i < to; i++ {
			damaged[i] = byte(rnd.Uint32())
		}
		if lost := check(t, sums, damaged, body, n); lost > (to-from)/lineLength+4 {
			t.Fatalf("%d to %d damaged: %d entries are lost", from, to, lost)
		}
		cut := rnd.IntN(len(body))
		if lost := check(t, sums, body[:cut], body, n); n-lost != bytes.Count(body[:cut], []byte("\n")) && lost > n-bytes.Count(body[:cut], []byte("\n")) {
			t.Fatalf("cut at %d: %d entries are lost", cut, lost)
		}
	}
}

func FuzzDecodeBlock(f *testing.F) {
	sums, body := testBlock(3)
	f.Add(sums, body)
	f.Add(sums[:7], body)
	f.Add(sums, body[:20])
	f.Add([]byte{}, []byte("\n\n"))
	f.Add(make([]byte, 12), []byte("\n\n\n"))
	f.Fuzz(func(t *testing.T, sums, body []byte) {
		last := gateway.Seq(0)
		for _, e := range decodeBlock(nil, 1, sums, body) {
			if e.Seq <= last || int(e.Seq) > len(sums)/4 || bytes.IndexByte(e.Line, '\n') >= 0 || !bytes.Contains(body, e.Line) {
				t.Fatalf("entry %d after %d: %q", e.Seq, last, e.Line)
			}
			last = e.Seq
		}
		// A block made of the body's own lines gives all of them back.
		b := &block{first: 1, body: append(bytes.Clone(body), '\n')}
		for i, c := range b.body {
			if c == '\n' {
				b.ends = append(b.ends, uint32(i+1))
			}
		}
		own := b.appendSums(nil)
		if got := decodeBlock(nil, 1, own, b.body); len(got) != len(own)/4 {
			t.Fatalf("%d of %d entries came back", len(got), len(own)/4)
		}
	})
}

func TestSumsAreCastagnoliLittleEndian(t *testing.T) {
	t.Parallel()
	b := &block{body: []byte("123456789\n"), ends: []uint32{10}}
	if got := binary.LittleEndian.Uint32(b.appendSums(nil)); got != 0xE3069283 {
		t.Fatalf("got %#x: the check value of CRC-32C is 0xE3069283", got)
	}
}
