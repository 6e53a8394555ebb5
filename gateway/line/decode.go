package line

import (
	"bytes"
	"fmt"
	"math"
	"strings"
	"time"

	"steward/gateway"
)

// SyntaxError says what is wrong with a line, and where.
type SyntaxError struct {
	Pos     int // byte offset in the line, from 0
	Problem string
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("line: at byte %d: %s", e.Pos, e.Problem)
}

func bad(pos int, problem string) error { return &SyntaxError{Pos: pos, Problem: problem} }

// How much a Decoder remembers. What is beyond makes it forget and start
// again: names come from the site file, so only damaged input gets here.
const (
	maxHeads   = 1 << 14
	maxKeys    = 1 << 14
	maxReasons = 1 << 12
	maxOrder   = 1 << 10 // keys remembered by position, a line
)

// Decoder reads lines that an Encoder wrote. It remembers names, so that
// reading allocates nothing once it has seen them. It is not safe for
// concurrent use; its zero value is not usable.
type Decoder struct {
	heads   map[string]*head
	keys    map[string]*key
	names   map[string]string
	reasons map[string]string
	scratch []byte
}

// head is a measurement with its tags.
type head struct {
	asset gateway.AssetID
	order []*key // the keys of the last such line, by position
}

// part is what a field says about its point.
type part uint8

const (
	partValue part = iota
	partUncertain
	partQuality
	partReason
	partReceived
)

type key struct {
	raw   string // as it stands in a line
	point string
	part  part
}

// NewDecoder makes a decoder that remembers nothing yet.
func NewDecoder() *Decoder {
	return &Decoder{
		heads:   map[string]*head{},
		keys:    map[string]*key{},
		names:   map[string]string{},
		reasons: map[string]string{},
	}
}

// Decode reads one line, without its newline, into r and uses r.Values again.
// Area, kind and site are checked for syntax and otherwise ignored. Times are
// UTC. After an error, a *SyntaxError, r holds nothing of use. Nothing of r
// points into b.
func (d *Decoder) Decode(b []byte, r *gateway.Reading) error {
	r.Values = r.Values[:0]
	pos := headEnd(b)
	if pos < 0 {
		return bad(len(b), "want a blank behind the tags")
	}
	h := d.heads[string(b[:pos])]
	if h == nil {
		var err error
		if h, err = d.newHead(b[:pos]); err != nil {
			return err
		}
	}
	r.Asset = h.asset
	pos++
	for n := 0; ; n++ {
		k, next, err := d.nextKey(b, pos, n, h)
		if err != nil {
			return err
		}
		if k.part == partReceived {
			return decodeTimes(b, next, r)
		}
		if pos, err = d.field(b, pos, next, k, r); err != nil {
			return err
		}
		if pos >= len(b) || b[pos] != ',' {
			return bad(pos, "want a comma and another field: the last one is received")
		}
		pos++
	}
}

// decodeTimes reads the value of the last field, received, and the time
// behind it.
func decodeTimes(b []byte, pos int, r *gateway.Reading) error {
	received, pos, ok := scanInt(b, pos)
	if !ok || pos >= len(b) || b[pos] != 'i' {
		return bad(pos, "want an integer: the time of arrival in nanoseconds")
	}
	if pos++; pos >= len(b) || b[pos] != ' ' {
		return bad(pos, "want a blank and the time: received is the last field")
	}
	at, pos, ok := scanInt(b, pos+1)
	if !ok || pos != len(b) {
		return bad(pos, "want the time in nanoseconds and nothing behind it")
	}
	r.Time, r.Received = time.Unix(0, at).UTC(), time.Unix(0, received).UTC()
	return nil
}

// headEnd is the first blank that no backslash precedes, or -1.
func headEnd(b []byte) int {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], ' ')
		if i < 0 {
			return -1
		}
		if i += from; i == 0 || b[i-1] != '\\' {
			return i
		}
		from = i + 1
	}
}

// newHead reads a measurement and its tags and remembers them.
func (d *Decoder) newHead(b []byte) (*head, error) {
	if len(b) == 0 || b[0] == ',' || b[0] == '#' {
		return nil, bad(0, "want a measurement")
	}
	h := &head{}
	pos := unescapedIndex(b, 0, ',')
	for pos < len(b) {
		start := pos + 1
		eq := unescapedIndex(b, start, '=')
		end := unescapedIndex(b, start, ',')
		if eq == start || eq+1 >= end {
			return nil, bad(start, "want a tag as key=value")
		}
		if string(b[start:eq]) == "asset" {
			h.asset = gateway.AssetID(d.unescape(b[eq+1 : end]))
		}
		pos = end
	}
	if h.asset == "" {
		return nil, bad(len(b), "want a tag named asset")
	}
	if len(d.heads) >= maxHeads {
		clear(d.heads)
	}
	d.heads[string(b)] = h
	return h, nil
}

// unescapedIndex is where c stands from pos on without a backslash before
// it, or len(b).
func unescapedIndex(b []byte, pos int, c byte) int {
	for ; pos < len(b); pos++ {
		switch b[pos] {
		case c:
			return pos
		case '\\':
			if pos+1 < len(b) && isSpecial(b[pos+1]) {
				pos++
			}
		}
	}
	return len(b)
}

func isSpecial(c byte) bool { return c == ',' || c == '=' || c == ' ' }

// unescape removes the backslashes before special characters; the result is
// valid until the next call.
func (d *Decoder) unescape(b []byte) []byte {
	d.scratch = d.scratch[:0]
	for i := 0; i < len(b); i++ {
		if b[i] == '\\' && i+1 < len(b) && isSpecial(b[i+1]) {
			i++
		}
		d.scratch = append(d.scratch, b[i])
	}
	return d.scratch
}

// nextKey reads the key of the line's n-th field and returns it with the
// position behind its '='. Lines of an asset mostly have the same keys in the
// same order, so the one that stood there the last time is tried first.
func (d *Decoder) nextKey(b []byte, pos, n int, h *head) (*key, int, error) {
	if n < len(h.order) {
		k := h.order[n]
		end := pos + len(k.raw)
		if end < len(b) && b[end] == '=' && string(b[pos:end]) == k.raw {
			return k, end + 1, nil
		}
	}
	end := unescapedIndex(b, pos, '=')
	if end >= len(b) || end == pos {
		return nil, 0, bad(pos, "want a field as key=value")
	}
	k := d.keys[string(b[pos:end])]
	if k == nil {
		var err error
		if k, err = d.newKey(b, pos, end); err != nil {
			return nil, 0, err
		}
	}
	if n < len(h.order) {
		h.order[n] = k
	} else if n == len(h.order) && n < maxOrder {
		h.order = append(h.order, k)
	}
	return k, end + 1, nil
}

func (d *Decoder) newKey(b []byte, pos, end int) (*key, error) {
	if i := bytes.IndexAny(b[pos:end], "\n\r"); i >= 0 {
		return nil, bad(pos+i, "a line break inside a line")
	}
	k := &key{raw: string(b[pos:end])}
	name, suffix, dotted := strings.Cut(string(d.unescape(b[pos:end])), ".")
	switch {
	case !dotted && name == receivedKey:
		k.part = partReceived
	case !dotted:
		k.part = partValue
	case suffix == "uncertain":
		k.part = partUncertain
	case suffix == "quality":
		k.part = partQuality
	case suffix == "reason":
		k.part = partReason
	default:
		return nil, bad(pos, "want nothing, uncertain, quality or reason behind a point's dot")
	}
	if name == "" || (dotted && name == receivedKey) {
		return nil, bad(pos, "want the name of a point")
	}
	if len(d.keys) >= maxKeys {
		clear(d.keys)
		clear(d.names)
	}
	k.point = intern(d.names, []byte(name), maxKeys)
	d.keys[k.raw] = k
	return k, nil
}

func intern(m map[string]string, b []byte, limit int) string {
	if s, ok := m[string(b)]; ok {
		return s
	}
	if len(m) >= limit {
		clear(m)
	}
	s := string(b)
	m[s] = s
	return s
}

// field reads one field's value; its key stands at start. It returns the
// position behind the value.
func (d *Decoder) field(b []byte, start, pos int, k *key, r *gateway.Reading) (int, error) {
	switch k.part {
	case partValue, partUncertain:
		f, end, err := scanValue(b, pos)
		if err != nil {
			return 0, err
		}
		q := gateway.QualityGood
		if k.part == partUncertain {
			q = gateway.QualityUncertain
		}
		r.Values = append(r.Values, gateway.Value{Point: k.point, Number: f, Quality: q})
		return end, nil
	case partQuality:
		return d.quality(b, pos, k, r)
	default:
		text, end, err := d.scanString(b, pos)
		if err != nil {
			return 0, err
		}
		last := lastOf(r, k.point)
		if last == nil || last.Quality == gateway.QualityGood || last.Reason != "" {
			return 0, bad(start, "a reason without the quality it explains")
		}
		if len(text) > 3*MaxReason { // longer than an Encoder writes
			last.Reason = string(text)
		} else {
			last.Reason = intern(d.reasons, text, maxReasons)
		}
		return end, nil
	}
}

// quality reads a value's quality, which either follows the number of an
// uncertain value or stands for a value without a number.
func (d *Decoder) quality(b []byte, pos int, k *key, r *gateway.Reading) (int, error) {
	text, end, err := d.scanString(b, pos)
	if err != nil {
		return 0, err
	}
	q, ok := qualityOf(text)
	if !ok {
		return 0, bad(pos, "want the name of a quality")
	}
	switch last := lastOf(r, k.point); {
	case q == gateway.QualityGood:
		return 0, bad(pos, "a good value has no quality field")
	case q != gateway.QualityUncertain:
		r.Values = append(r.Values, gateway.Value{Point: k.point, Number: math.NaN(), Quality: q})
	case last == nil || last.Quality != gateway.QualityUncertain:
		return 0, bad(pos, "an uncertain value without its number")
	}
	return end, nil
}

func qualityOf(b []byte) (gateway.Quality, bool) {
	for q := gateway.QualityUnknown; q <= gateway.QualityLost; q++ {
		if string(b) == q.String() {
			return q, true
		}
	}
	return 0, false
}

// lastOf is the last value, where it is of the point.
func lastOf(r *gateway.Reading, point string) *gateway.Value {
	if n := len(r.Values); n > 0 && r.Values[n-1].Point == point {
		return &r.Values[n-1]
	}
	return nil
}
