package sparkplug

import (
	"fmt"
	"math"
	"strings"
)

// Kind says what a Value carries.
type Kind uint8

// The kinds.
const (
	Nothing Kind = iota // no value, and Reason says why
	Number
	Bool // Number is 0 or 1
	Words
)

// Value is one metric's value, by the name that its birth gave it.
type Value struct {
	Name   string
	Kind   Kind
	Number float64
	Text   string
	Reason string // of Nothing
	Doubt  string // why the value may be another metric's; empty: it is not
}

// value reads the metric as the datatype says: its own, or its birth's.
func (m *Metric) value(name string, dt DataType) Value {
	if m.Type != 0 {
		dt = m.Type
	}
	v := Value{Name: name}
	switch {
	case m.Null:
		v.Reason = "null"
	case m.form == formNone:
		v.Reason = "no value"
	case dt == 0:
		v.Reason = "no datatype"
	case dt >= Int8 && dt <= UInt64:
		m.whole(&v, dt)
	case dt == Float || dt == Double:
		m.real(&v)
	case dt == Boolean && m.form == formBool:
		v.Kind = Bool
		if m.bits != 0 {
			v.Number = 1
		}
	case (dt == String || dt == Text || dt == UUID) && m.form == formText:
		v.Kind, v.Text = Words, strings.ToValidUTF8(m.text, "?")
	case dt == Boolean || dt == String || dt == Text || dt == UUID:
		v.Reason = "the value is not of its datatype"
	default:
		v.Reason = fmt.Sprintf("datatype %d gives no single value", dt)
	}
	return v
}

func (m *Metric) real(v *Value) {
	switch m.form {
	case formFloat:
		// The shortest decimal that is this float32: 4.12, not 4.11999988555908.
		v.Number = shortest(math.Float32frombits(uint32(m.bits)))
	case formDouble:
		v.Number = math.Float64frombits(m.bits)
	default:
		v.Reason = "the value is not of its datatype"
		return
	}
	if math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
		v.Number, v.Reason = 0, "not a number"
		return
	}
	v.Kind = Number
}

// whole reads an integer. A signed one travels as the two's complement in an
// unsigned field, in its own width or widened to the field's; whatever else
// stands in it did not come from a value of that datatype.
func (m *Metric) whole(v *Value, dt DataType) {
	if m.form != formInt && m.form != formLong {
		v.Reason = "the value is not of its datatype"
		return
	}
	width := 8 << ((dt - Int8) % 4)
	signed := dt <= Int64
	top := m.bits >> (width - 1) >> 1 // what stands above the width
	widened := signed && m.bits>>(width-1)&1 == 1 && (top == math.MaxUint64>>(width-1)>>1 ||
		(width < 32 && top == math.MaxUint32>>width))
	if top != 0 && !widened {
		v.Reason = fmt.Sprintf("%d does not fit its datatype of %d bits", m.bits, width)
		return
	}
	v.Kind = Number
	if signed {
		v.Number = float64(int64(m.bits<<(64-width)) >> (64 - width))
		return
	}
	v.Number = float64(m.bits)
}
