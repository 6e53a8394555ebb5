package rules

import (
	"encoding/binary"
	"errors"
	"math"
)

// codecVersion is the first byte of each part of the state.
const codecVersion = 1

var (
	errShort   = errors.New("it is cut off or damaged")
	errVersion = errors.New("it is of another version")
)

// writer makes a part of the state.
type writer []byte

func newWriter() writer { return append(make(writer, 0, 64), codecVersion) }

func (w *writer) int(x int64)     { *w = binary.AppendVarint(*w, x) }
func (w *writer) byte(x byte)     { *w = append(*w, x) }
func (w *writer) fixed(x uint64)  { *w = binary.LittleEndian.AppendUint64(*w, x) }
func (w *writer) float(x float64) { w.fixed(math.Float64bits(x)) }

func (w *writer) string(s string) {
	w.int(int64(len(s)))
	*w = append(*w, s...)
}

// reader takes a part apart. After the first thing that is not there it gives
// zeros, and end says what was wrong.
type reader struct {
	b   []byte
	err error
}

func newReader(b []byte) *reader {
	r := &reader{b: b}
	if r.byte() != codecVersion && r.err == nil {
		r.err = errVersion
	}
	return r
}

func (r *reader) fail() {
	r.b = nil
	if r.err == nil {
		r.err = errShort
	}
}

func (r *reader) int() int64 {
	x, n := binary.Varint(r.b)
	if n <= 0 {
		r.fail()
		return 0
	}
	r.b = r.b[n:]
	return x
}

// time reads an instant or a length of time, which is never negative.
func (r *reader) time() int64 {
	x := r.int()
	if x < 0 || x > lastTime {
		r.fail()
		return 0
	}
	return x
}

// count reads how many follow, of at least so many bytes each.
func (r *reader) count(least int) int {
	n := r.int()
	if n < 0 || n > int64(len(r.b)/least) {
		r.fail()
		return 0
	}
	return int(n)
}

func (r *reader) byte() byte {
	if len(r.b) == 0 {
		r.fail()
		return 0
	}
	x := r.b[0]
	r.b = r.b[1:]
	return x
}

func (r *reader) fixed() uint64 {
	if len(r.b) < 8 {
		r.fail()
		return 0
	}
	x := binary.LittleEndian.Uint64(r.b)
	r.b = r.b[8:]
	return x
}

func (r *reader) float() float64 { return math.Float64frombits(r.fixed()) }

func (r *reader) string() string {
	n := r.count(1)
	s := string(r.b[:n])
	r.b = r.b[n:]
	return s
}

// end is what was wrong, and that nothing was left over.
func (r *reader) end() error {
	if r.err == nil && len(r.b) > 0 {
		return errShort
	}
	return r.err
}
