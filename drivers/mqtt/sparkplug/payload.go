package sparkplug

import (
	"errors"
	"fmt"
	"math"
	"time"
)

// DataType is a metric's datatype by its number in Sparkplug B 3.0.
type DataType uint32

// The datatypes that give a value here. Others (data sets, templates, bytes,
// files, arrays, times) do not.
const (
	Int8 DataType = iota + 1
	Int16
	Int32
	Int64
	UInt8
	UInt16
	UInt32
	UInt64
	Float
	Double
	Boolean
	String
	DateTime
	Text
	UUID
)

// maxMetrics is how many metrics one payload may have.
const maxMetrics = 20_000

// form is in which of a metric's value fields its value travels.
type form uint8

const (
	formNone   form = iota
	formInt         // bits, 32 of them
	formLong        // bits, 64 of them
	formFloat       // bits of a float32
	formDouble      // bits of a float64
	formBool        // bits
	formText        // text
	formOther       // bytes, data set, template: nothing to read
)

// Payload is a Sparkplug B payload as it was written.
type Payload struct {
	Time    time.Time // zero: none
	Seq     uint64
	HasSeq  bool
	Metrics []Metric
}

// Metric is one metric of a payload.
type Metric struct {
	Name       string // empty where only the alias stands
	Alias      uint64
	HasAlias   bool
	Time       time.Time // zero: none
	Type       DataType  // 0: none
	Historical bool
	Null       bool

	form form
	bits uint64
	text string
}

// Decode reads a payload, and the one in it where it is compressed. Texts in p
// are parts of b, or of what was compressed. p's memory is used again. Unknown
// fields are passed over; of a field written twice the last counts.
func Decode(b string, p *Payload) error {
	uuid, body, err := decode(b, p)
	if err != nil || uuid != compressed {
		return err
	}
	return open(body, p)
}

// decode reads a payload as it is written.
func decode(b string, p *Payload) (uuid, body string, err error) {
	*p = Payload{Metrics: p.Metrics[:0]}
	r := reader{b: b}
	for r.more() {
		switch field, wire := r.key(); field {
		case 1:
			p.Time = millis(r.uint(wire))
		case 2:
			if len(p.Metrics) == maxMetrics {
				return "", "", fmt.Errorf("more than %d metrics", maxMetrics)
			}
			p.Metrics = append(p.Metrics, Metric{})
			if err := p.Metrics[len(p.Metrics)-1].decode(r.bytes(wire)); err != nil {
				return "", "", fmt.Errorf("metric %d: %w", len(p.Metrics), err)
			}
		case 3:
			p.Seq, p.HasSeq = r.uint(wire), true
		case 4:
			uuid = r.bytes(wire)
		case 5:
			body = r.bytes(wire)
		default:
			r.skip(wire)
		}
	}
	return uuid, body, r.err
}

func (m *Metric) decode(b string) error {
	r := reader{b: b}
	for r.more() {
		switch field, wire := r.key(); field {
		case 1:
			m.Name = r.bytes(wire)
		case 2:
			m.Alias, m.HasAlias = r.uint(wire), true
		case 3:
			m.Time = millis(r.uint(wire))
		case 4:
			m.Type = DataType(min(r.uint(wire), math.MaxUint32))
		case 5:
			m.Historical = r.uint(wire) != 0
		case 7:
			m.Null = r.uint(wire) != 0
		case 10:
			m.form, m.bits = formInt, r.uint(wire)
		case 11:
			m.form, m.bits = formLong, r.uint(wire)
		case 12:
			m.form, m.bits = formFloat, r.fixed(wire, 4)
		case 13:
			m.form, m.bits = formDouble, r.fixed(wire, 8)
		case 14:
			m.form, m.bits = formBool, r.uint(wire)
		case 15:
			m.form, m.text = formText, r.bytes(wire)
		case 16, 17, 18:
			m.form, m.text = formOther, ""
			r.skip(wire)
		default:
			r.skip(wire)
		}
	}
	return r.err
}

// maxMillis bounds milliseconds that still make a sensible time (year 5138).
const maxMillis = 100_000_000_000_000

// millis makes a time of milliseconds since 1970; one that makes no sense is
// as good as none.
func millis(ms uint64) time.Time {
	if ms == 0 || ms > maxMillis {
		return time.Time{}
	}
	return time.UnixMilli(int64(ms))
}

// Protobuf's wire types.
const (
	wireVarint = 0
	wireFixed8 = 1
	wireBytes  = 2
	wireFixed4 = 5
)

// reader takes protobuf fields off a text. After an error it has nothing more.
type reader struct {
	b   string
	err error
}

var (
	errShort = errors.New("ends in the middle of a field")
	errWire  = errors.New("a field has another type than Sparkplug B says")
	errInt   = errors.New("a number longer than 64 bits")
)

func (r *reader) more() bool { return r.err == nil && len(r.b) > 0 }

func (r *reader) fail(err error) {
	r.b = ""
	if r.err == nil {
		r.err = err
	}
}

// key returns the number and the wire type of the next field.
func (r *reader) key() (field uint64, wire byte) {
	k := r.varint()
	if k>>3 == 0 && r.err == nil {
		r.fail(errors.New("field number 0"))
	}
	return k >> 3, byte(k & 7)
}

func (r *reader) varint() uint64 {
	var v uint64
	for i := 0; i < 10; i++ {
		if i >= len(r.b) {
			r.fail(errShort)
			return 0
		}
		c := r.b[i]
		if i == 9 && c > 1 {
			break
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			r.b = r.b[i+1:]
			return v
		}
	}
	r.fail(errInt)
	return 0
}

func (r *reader) uint(wire byte) uint64 {
	if wire != wireVarint {
		r.fail(errWire)
		return 0
	}
	return r.varint()
}

func (r *reader) bytes(wire byte) string {
	if wire != wireBytes {
		r.fail(errWire)
		return ""
	}
	n := r.varint()
	if n > uint64(len(r.b)) {
		r.fail(errShort)
		return ""
	}
	s := r.b[:n]
	r.b = r.b[n:]
	return s
}

// fixed reads size bytes, the lowest first.
func (r *reader) fixed(wire byte, size int) uint64 {
	if (size == 4 && wire != wireFixed4) || (size == 8 && wire != wireFixed8) {
		r.fail(errWire)
		return 0
	}
	if len(r.b) < size {
		r.fail(errShort)
		return 0
	}
	var v uint64
	for i := range size {
		v |= uint64(r.b[i]) << (8 * i)
	}
	r.b = r.b[size:]
	return v
}

func (r *reader) skip(wire byte) {
	switch wire {
	case wireVarint:
		r.varint()
	case wireFixed8:
		r.fixed(wire, 8)
	case wireBytes:
		r.bytes(wire)
	case wireFixed4:
		r.fixed(wire, 4)
	default:
		r.fail(fmt.Errorf("wire type %d", wire)) // groups: Sparkplug B has none
	}
}
