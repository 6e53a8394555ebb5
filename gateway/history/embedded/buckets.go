package embedded

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/klauspost/compress/s2"

	"steward/gateway/history"
)

// A rollup holds a point's day in buckets of five minutes, so that a chart of
// a year reads a hundred thousand numbers and not thirty million. Its grain
// divides every step that a chart of more than some days has.
const (
	grainMS      = 5 * 60 * 1000
	dayMS        = 24 * 60 * 60 * 1000
	dayBuckets   = dayMS / grainMS
	grain        = grainMS * time.Millisecond
	bucketBytes  = 2 + 4 + 4 + 4*8
	bucketFormat = 1
)

// bucket is the samples of one stream within five minutes.
type bucket struct {
	slot          uint16 // of the day
	n             uint32
	last          uint32 // ms behind the bucket's beginning
	min, max, sum float64
	number        float64 // the last sample's
}

// part is the bucket of a day as a chart takes it.
func (b *bucket) part(day int64) history.Part {
	start := day*dayMS + int64(b.slot)*grainMS
	return history.Part{First: start * int64(time.Millisecond), Last: (start + int64(b.last)) * int64(time.Millisecond),
		N: int(b.n), Min: b.min, Max: b.max, Sum: b.sum, Number: b.number}
}

// buckets are a stream's day in order of time.
type buckets []bucket

// add takes the next sample, ms behind midnight UTC.
func (b *buckets) add(ms int64, v float64) {
	slot := uint16(ms / grainMS)
	list := *b
	if len(list) == 0 || list[len(list)-1].slot != slot {
		list = append(list, bucket{slot: slot, min: v, max: v})
		*b = list
	}
	x := &list[len(list)-1]
	x.n++
	x.last = uint32(ms % grainMS)
	x.min, x.max, x.sum, x.number = min(x.min, v), max(x.max, v), x.sum+v, v
}

// pointDay is a point's day: its good, its uncertain and its other stream.
type pointDay [3]buckets

const (
	dayGood = iota
	dayUncertain
	dayOther
)

func streamOf(q string) int {
	switch q {
	case streamGood:
		return dayGood
	case streamUncertain:
		return dayUncertain
	default:
		return dayOther
	}
}

func (d *pointDay) samples() (n int) {
	for _, stream := range d {
		for i := range stream {
			n += int(stream[i].n)
		}
	}
	return n
}

// encode writes the day column by column, which compresses well.
func (d *pointDay) encode() []byte {
	b := []byte{bucketFormat}
	for _, stream := range d {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(stream)))
		for i := range stream {
			b = binary.LittleEndian.AppendUint16(b, stream[i].slot)
		}
		for i := range stream {
			b = binary.LittleEndian.AppendUint32(b, stream[i].n)
		}
		for i := range stream {
			b = binary.LittleEndian.AppendUint32(b, stream[i].last)
		}
		for _, column := range []func(*bucket) float64{
			func(x *bucket) float64 { return x.min }, func(x *bucket) float64 { return x.max },
			func(x *bucket) float64 { return x.sum }, func(x *bucket) float64 { return x.number },
		} {
			for i := range stream {
				b = binary.LittleEndian.AppendUint64(b, math.Float64bits(column(&stream[i])))
			}
		}
	}
	return s2.Encode(nil, b)
}

var errBuckets = errors.New("is no rollup of a day")

// decode reads what encode wrote; scratch is used again from call to call.
func (d *pointDay) decode(body, scratch []byte) ([]byte, error) {
	if n, err := s2.DecodedLen(body); err != nil || n > 1+len(d)*(2+dayBuckets*bucketBytes) {
		return scratch, errBuckets
	}
	b, err := s2.Decode(scratch[:cap(scratch)], body)
	if err != nil {
		return scratch, fmt.Errorf("%w: %w", errBuckets, err)
	}
	scratch = b
	if len(b) == 0 || b[0] != bucketFormat {
		return scratch, errBuckets
	}
	b = b[1:]
	for i := range d {
		if len(b) < 2 {
			return scratch, errBuckets
		}
		n := int(binary.LittleEndian.Uint16(b))
		if b = b[2:]; n > dayBuckets || len(b) < n*bucketBytes {
			return scratch, errBuckets
		}
		d[i] = decodeStream(d[i][:0], b[:n*bucketBytes], n)
		if !d[i].sound() {
			return scratch, errBuckets
		}
		b = b[n*bucketBytes:]
	}
	if len(b) > 0 {
		return scratch, errBuckets
	}
	return scratch, nil
}

func decodeStream(out buckets, b []byte, n int) buckets {
	word := func(at int) uint32 { return binary.LittleEndian.Uint32(b[at:]) }
	number := func(column, i int) float64 {
		return math.Float64frombits(binary.LittleEndian.Uint64(b[10*n+8*(column*n+i):]))
	}
	for i := range n {
		out = append(out, bucket{
			slot: binary.LittleEndian.Uint16(b[2*i:]), n: word(2*n + 4*i), last: word(6*n + 4*i),
			min: number(0, i), max: number(1, i), sum: number(2, i), number: number(3, i),
		})
	}
	return out
}

// sound reports whether the slots are of one day, in order.
func (b buckets) sound() bool {
	for i := range b {
		if b[i].slot >= dayBuckets || b[i].last >= grainMS || b[i].n == 0 || i > 0 && b[i].slot <= b[i-1].slot {
			return false
		}
	}
	return true
}
