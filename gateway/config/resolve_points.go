package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

// mapper turns the points of one asset or profile into mappings to the
// points of its kind.
type mapper struct {
	*strict.Problems
	kind  kind.Kind
	table string // of registers that name none
	order string

	factors []string // that scale_by may name
	suspect []suspect
}

var tables = map[string]Table{
	"coil": Coils, "discrete": DiscreteInputs, "holding": HoldingRegisters, "input": InputRegisters,
}

func (t Table) String() string {
	for name, v := range tables {
		if v == t {
			return name
		}
	}
	return fmt.Sprintf("table %d", uint8(t))
}

// point finds a point of the kind.
func (m *mapper) point(id strict.Ident) (gateway.Point, bool) {
	if !id.Set {
		return gateway.Point{}, false
	}
	pt, ok := m.kind.Point(id.V)
	if !ok {
		m.Add(id.At, m.Suggest(id.V, "points of the kind", m.kind.PointNames()), "%s has no point %q", m.kind.Name, id.V)
	}
	return pt, ok
}

// register maps registers to a point; ok is false when it could not.
func (m *mapper) register(b *registerBlock) (Register, bool) {
	pt, known := m.point(b.Point)
	for key, m := range map[string]strict.Mark{"type": b.Type.Mark, "bit": b.Bit.Mark, "bits": b.Bits.Mark} {
		if b.Has(key) && !m.Set {
			return Register{}, false // it has been said why
		}
	}
	reg, ok := m.place(b)
	if !known || !ok {
		return Register{}, false
	}
	oneBit := reg.Encoding == EncBool
	switch {
	case b.Enum.Set:
		m.registerEnum(b, reg)
	case pt.Type == gateway.Bool && !oneBit:
		m.Add(b.Point.At, "want bit: N, or enum: {0: false, 1: true}", "%q is true or false, but %s is a number", pt.Name, reg.Encoding)
	case pt.Type != gateway.Bool && pt.Type != gateway.Enum && oneBit:
		m.Add(b.Point.At, "want a number type such as uint16", "%q is a number, but one bit is true or false", pt.Name)
	}
	reg.Transform = m.transform(&b.transformBlock, pt)
	m.scaleBy(b, pt, &reg)
	return reg, true
}

// place finds where a number lies and how its registers make it.
func (m *mapper) place(b *registerBlock) (Register, bool) {
	if !b.Address.Set {
		return Register{}, false
	}
	if !b.Table.Set {
		b.Table.V = m.table
	}
	reg := Register{Point: b.Point.V, Table: tables[b.Table.V], Address: uint16(b.Address.V), Bit: -1, Verified: b.Verified.V}
	if !m.encoding(b, &reg) {
		return reg, false
	}
	m.manual(b, &reg)
	m.order16(b, &reg)
	m.lowWord(b, &reg)
	if first, n := reg.Span(); int(first)+n > 65536 {
		m.Add(b.Address.At, "want it to end by 65535", "address %d with %d registers runs past the end", b.Address.V, n)
	}
	m.notAvailable(b, &reg)
	return reg, true
}

// lowWord notes where the low word stands that is apart from the high one.
// Two that are beside each other after all are an ordinary number.
func (m *mapper) lowWord(b *registerBlock, reg *Register) {
	low := b.LowWord
	switch {
	case !low.Set:
	case reg.Encoding.Words() != 2:
		m.Add(low.At, "leave it out, or want a type of two registers such as uint32", "low_word beside %s, which takes %d register(s)", reg.Encoding, reg.Encoding.Words())
	case b.WordOrder.Set:
		m.Add(b.WordOrder.At, "leave it out: address is the high word's", "word_order and low_word exclude each other")
	case low.V == b.Address.V:
		m.Add(low.At, "want the low word's own address", "the low word is at the high word's address %d", low.V)
	case low.V == b.Address.V+1:
		reg.LowFirst = false
	case low.V == b.Address.V-1:
		reg.Address, reg.LowFirst = uint16(low.V), true
	default:
		at := uint16(low.V)
		reg.LowWord, reg.LowFirst = &at, false
	}
}

// encoding finds how the registers make a number.
func (m *mapper) encoding(b *registerBlock, reg *Register) bool {
	reg.Encoding = Encoding(b.Type.V)
	switch {
	case reg.Table == Coils || reg.Table == DiscreteInputs:
		if b.Type.Set && reg.Encoding != EncBool {
			m.Add(b.Type.At, "want bool, or leave it out", "one bit of table %s is not %s", b.Table.V, b.Type.V)
			return false
		}
		if b.Has("bit") || b.Has("bits") {
			m.Add(b.At, "leave bit and bits out", "table %s has one bit at an address already", b.Table.V)
			return false
		}
		reg.Encoding = EncBool
	case b.Bit.Set:
		reg.Bit, reg.Bits = b.Bit.V, b.Bits.V
		if reg.Bit+reg.Bits > 16 {
			m.Add(b.Bit.At, "want them within bits 0 to 15", "%d bits from bit %d run past the register", reg.Bits, reg.Bit)
			return false
		}
		want := EncBool
		if reg.Bits > 1 {
			want = EncUint16
		}
		if b.Type.Set && reg.Encoding != want && reg.Encoding != EncUint16 {
			m.Add(b.Type.At, fmt.Sprintf("want %s, or leave it out", want), "a field of %d bit(s) is not %s", reg.Bits, b.Type.V)
			return false
		}
		reg.Encoding = want
	case b.Has("bits"):
		m.Add(b.Where("bits"), "want bit: N, the first bit", "bits without bit")
		return false
	case !b.Type.Set:
		m.Add(b.At, "want type: uint16, int16, float32 …, or bit: N", "nothing says how the register of %q is to be read", b.Point.V)
		return false
	case reg.Encoding == EncBool:
		m.Add(b.Type.At, "want bit: N beside it, or a number type", "a register of 16 bits is not a bool")
		return false
	}
	return true
}

func (m *mapper) order16(b *registerBlock, reg *Register) {
	if reg.Encoding.Words() == 1 {
		if b.WordOrder.Set {
			m.Add(b.WordOrder.At, "leave it out", "word order means nothing for one register")
		}
		return
	}
	order := m.order
	if b.WordOrder.Set {
		order = b.WordOrder.V
	}
	reg.LowFirst = order == "little"
}

func (m *mapper) notAvailable(b *registerBlock, reg *Register) {
	bits := 16 * reg.Encoding.Words()
	for _, na := range b.NA {
		if !na.Set {
			continue
		}
		v, err := strconv.ParseUint(na.L.Text, 0, 64)
		switch {
		case na.L.Form != strict.FormInt || err != nil:
			m.Add(na.At, "want the raw bits, such as 0x8000 or 0xFFFF", "not-available marker is %q", strict.Cut(na.L.Text))
		case reg.Encoding == EncBool || reg.Bit >= 0:
			m.Add(na.At, "leave it out", "bits have no not-available marker")
		case bits < 64 && v>>bits != 0:
			m.Add(na.At, fmt.Sprintf("want at most %#x", uint64(1)<<bits-1), "not-available marker %s does not fit %s", na.L.Text, reg.Encoding)
		default:
			reg.NA = append(reg.NA, v)
		}
	}
}

// registerEnum checks the raw values of an enum, and writes each in the form
// in which they are looked up: decimal, without a plus sign.
func (m *mapper) registerEnum(b *registerBlock, reg Register) {
	switch reg.Encoding {
	case EncFloat32, EncFloat64:
		m.Add(b.Enum.At, "want an integer type", "an enum cannot be of %s", reg.Encoding)
		return
	}
	limit := int64(math.MaxInt64)
	switch {
	case reg.Encoding == EncBool:
		limit = 1
	case reg.Bit >= 0:
		limit = 1<<reg.Bits - 1
	}
	seen := map[int64]bool{}
	for i, pr := range b.Enum.list {
		v, err := strconv.ParseInt(pr.key.Text, 0, 64)
		switch {
		case err != nil:
			m.Add(pr.key.At, "want a whole number", "raw value is %q", strict.Cut(pr.key.Text))
			continue
		case v > limit || (v < 0 && limit != math.MaxInt64):
			m.Add(pr.key.At, fmt.Sprintf("want 0 to %d", limit), "raw value %d never comes", v)
		case seen[v]:
			m.Add(pr.key.At, "keep one of them", "raw value %d is written twice", v)
		}
		seen[v] = true
		b.Enum.list[i].key.Text = strconv.FormatInt(v, 10)
	}
}

// transform checks how a raw number becomes the point's value.
func (m *mapper) transform(b *transformBlock, pt gateway.Point) Transform {
	t := Transform{Scale: b.Scale.V, Offset: b.Offset.V, Invert: b.Invert.V, Min: pt.Min, Max: pt.Max}
	if t.Scale == 0 {
		if b.Scale.Set {
			m.Add(b.Scale.At, "want a factor such as 0.1", "scale is 0, which makes every value the same")
		}
		t.Scale = 1
	}
	number := pt.Type == gateway.Float || pt.Type == gateway.Int
	for _, x := range []struct {
		strict.Mark
		key string
	}{{b.Scale.Mark, "scale"}, {b.Offset.Mark, "offset"}, {b.Min.Mark, "min"}, {b.Max.Mark, "max"}} {
		switch {
		case !x.Set:
		case !number:
			m.Add(x.At, "leave it out", "%s means nothing for %q, which is of type %s", x.key, pt.Name, pt.Type)
		case b.Enum.Set && (x.key == "scale" || x.key == "offset"):
			m.Add(x.At, "leave it out: the enum gives the value itself", "%s and enum exclude each other", x.key)
		}
	}
	if b.Invert.Set && pt.Type != gateway.Bool {
		m.Add(b.Invert.At, "leave it out", "only true and false can be inverted; %q is of type %s", pt.Name, pt.Type)
	}
	if b.Min.Set {
		t.Min = b.Min.Ptr()
	}
	if b.Max.Set {
		t.Max = b.Max.Ptr()
	}
	if (b.Min.Set || b.Max.Set) && t.Min != nil && t.Max != nil && *t.Min >= *t.Max {
		where := b.Max.At
		if !b.Max.Set {
			where = b.Min.At
		}
		m.Add(where, "want min below max", "no value lies between %v and %v", *t.Min, *t.Max)
	}
	m.unit(b, pt)
	m.rollover(b, pt, &t)
	if b.Enum.Set {
		t.Enum = make(map[string]float64, len(b.Enum.list))
		for _, pr := range b.Enum.list {
			if v, ok := m.code(pr.value, pt); ok {
				t.Enum[pr.key.Text] = v
			}
		}
	} else if pt.Type == gateway.Enum {
		m.Add(b.Scale.At, fmt.Sprintf("want enum: {RAW: %s, …}", pt.Labels[0].Name), "%q is an enum, and nothing says what the raw values mean", pt.Name)
	}
	return t
}

func (m *mapper) rollover(b *transformBlock, pt gateway.Point, t *Transform) {
	if !b.Rollover.Set {
		return
	}
	switch {
	case !pt.Counter:
		m.Add(b.Rollover.At, "leave it out", "%q is not a counter", pt.Name)
	case b.Rollover.V <= 0:
		m.Add(b.Rollover.At, "want the raw range, such as 65536 or 4294967296", "rollover is %v", b.Rollover.V)
	case t.Scale < 0:
		m.Add(b.Rollover.At, "want a scale above 0, or leave it out", "a counter of scale %v falls, and begins nowhere again", t.Scale)
	}
	t.Rollover = b.Rollover.V
}

// code is what one value of an enum means for a point: a label's code, 0 or
// 1, or a number.
func (m *mapper) code(l strict.Literal, pt gateway.Point) (float64, bool) {
	switch pt.Type {
	case gateway.Enum:
		labels := make([]string, len(pt.Labels))
		for i, x := range pt.Labels {
			if x.Name == l.Text {
				return float64(x.Code), true
			}
			labels[i] = x.Name
		}
		m.Add(l.At, m.Suggest(l.Text, "labels", labels), "%q has no label %q", pt.Name, strict.Cut(l.Text))
	case gateway.Bool:
		if l.Form == strict.FormBool {
			if l.Text == "true" {
				return 1, true
			}
			return 0, true
		}
		m.Add(l.At, "want true or false", "%q is of type bool, not %q", pt.Name, strict.Cut(l.Text))
	default:
		if v, ok := strict.FloatOf(l); ok {
			return v, true
		}
		m.Add(l.At, "want a number", "%q is a number, not %q", pt.Name, strict.Cut(l.Text))
	}
	return 0, false
}

// factors are what a value in the first unit is multiplied by to be in the
// second.
var factors = map[[2]string]float64{
	{"W", "kW"}: 1e-3, {"MW", "kW"}: 1e3, {"var", "kvar"}: 1e-3, {"VA", "kVA"}: 1e-3,
	{"Wh", "kWh"}: 1e-3, {"MWh", "kWh"}: 1e3, {"varh", "kvarh"}: 1e-3, {"VAh", "kVAh"}: 1e-3,
	{"mV", "V"}: 1e-3, {"kV", "V"}: 1e3, {"mA", "A"}: 1e-3, {"A", "mA"}: 1e3, {"kA", "A"}: 1e3,
	{"bar", "MPa"}: 0.1, {"mbar", "MPa"}: 1e-4, {"kPa", "MPa"}: 1e-3, {"Pa", "MPa"}: 1e-6, {"psi", "MPa"}: 0.00689475729,
	{"Pa", "hPa"}: 0.01, {"kPa", "hPa"}: 10, {"mbar", "hPa"}: 1,
	{"mm", "m"}: 1e-3, {"cm", "m"}: 0.01, {"l/h", "m3/h"}: 1e-3, {"l/min", "m3/h"}: 0.06, {"l/s", "m3/h"}: 3.6, {"m3/s", "m3/h"}: 3600,
	{"l", "m3"}: 1e-3, {"s", "h"}: 1.0 / 3600, {"min", "h"}: 1.0 / 60, {"s", "min"}: 1.0 / 60, {"h", "s"}: 3600, {"h", "min"}: 60,
	{"mm/s", "m/s"}: 1e-3, {"cm/s", "m/s"}: 0.01,
}

// unit checks that a written unit is the point's own.
func (m *mapper) unit(b *transformBlock, pt gateway.Point) {
	if !b.Unit.Set || b.Unit.V == pt.Unit {
		return
	}
	if pt.Unit == "" {
		m.Add(b.Unit.At, "leave it out", "unit is %q, but %q has none", strict.Cut(b.Unit.V), pt.Name)
		return
	}
	want := "want " + pt.Unit
	from := strings.NewReplacer("L", "l", "³", "3").Replace(b.Unit.V)
	f, ok := factors[[2]string{b.Unit.V, pt.Unit}]
	if !ok {
		f, ok = factors[[2]string{from, pt.Unit}]
	}
	scale := b.Scale.V
	if scale == 0 {
		scale = 1
	}
	switch {
	case ok:
		want = fmt.Sprintf("write unit: %s and scale: %s", pt.Unit, strconv.FormatFloat(scale*f, 'g', 9, 64))
		if b.Offset.V != 0 {
			want += fmt.Sprintf(" and offset: %s", strconv.FormatFloat(b.Offset.V*f, 'g', 9, 64))
		}
	case pt.Unit == "degC" && from == "K":
		want = fmt.Sprintf("write unit: degC and offset: %s", strconv.FormatFloat(b.Offset.V-273.15, 'g', 9, 64))
	case pt.Unit == "degC" && (from == "°C" || from == "C"):
		want = "write unit: degC"
	}
	m.Add(b.Unit.At, want, "unit is %q, but %q is in %s", strict.Cut(b.Unit.V), pt.Name, pt.Unit)
}
