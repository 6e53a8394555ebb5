package sparkplug

import (
	"encoding/binary"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func sample(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", "sparkplug-"+name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// metric is a metric as a node writes it; the tests' own encoder.
type metric struct {
	name       string
	alias      int // -1: none
	ms         int64
	dt         DataType
	historical bool
	null       bool
	field      uint64 // of the value: 10 to 15; 0: none
	bits       uint64
	text       string
}

func (m metric) encode() string {
	var b []byte
	if m.name != "" {
		b = appendBytes(b, 1, m.name)
	}
	if m.alias >= 0 {
		b = appendUint(b, 2, uint64(m.alias))
	}
	if m.ms != 0 {
		b = appendUint(b, 3, uint64(m.ms))
	}
	if m.dt != 0 {
		b = appendUint(b, 4, uint64(m.dt))
	}
	if m.historical {
		b = appendUint(b, 5, 1)
	}
	if m.null {
		b = appendUint(b, 7, 1)
	}
	switch m.field {
	case 10, 11, 14:
		b = appendUint(b, m.field, m.bits)
	case 12:
		b = binary.LittleEndian.AppendUint32(appendVarint(b, m.field<<3|5), uint32(m.bits))
	case 13:
		b = binary.LittleEndian.AppendUint64(appendVarint(b, m.field<<3|1), m.bits)
	case 15, 16, 17:
		b = appendBytes(b, m.field, m.text)
	}
	return string(b)
}

// message encodes a payload; seq below 0: none.
func message(ms int64, seq int, ms2 ...metric) string {
	b := appendUint(nil, 1, uint64(ms))
	for _, m := range ms2 {
		b = appendBytes(b, 2, m.encode())
	}
	if seq >= 0 {
		b = appendUint(b, 3, uint64(seq))
	}
	return string(b)
}

// The samples, which an independent encoder wrote from the published field
// numbers, give what their decoded twins say.
func TestDecodeSamples(t *testing.T) {
	var p Payload
	if err := Decode(sample(t, "dbirth.bin"), &p); err != nil {
		t.Fatal(err)
	}
	if !p.HasSeq || p.Seq != 1 || p.Time.UnixMilli() != 1700000000010 || len(p.Metrics) != 5 {
		t.Fatalf("payload %+v", p)
	}
	want := []Value{
		{Name: "pressure", Kind: Number, Number: 4.12},
		{Name: "running", Kind: Bool, Number: 1},
		{Name: "starts", Kind: Number, Number: 1231},
		{Name: "winding_temp", Reason: "null"},
		{Name: "offset", Kind: Number, Number: -7},
	}
	for i := range p.Metrics {
		m := &p.Metrics[i]
		if got := m.value(m.Name, 0); got != want[i] || m.Alias != uint64(i+1) || !m.HasAlias || m.Time.UnixMilli() != 1700000000010 {
			t.Errorf("metric %d is %+v, want %+v", i, got, want[i])
		}
	}
	for name, seq := range map[string]int{"nbirth": 0, "ddata": 2, "ddata-wrap": 0, "ddata-gap": 5, "ddeath": 6, "ndeath": -1, "ncmd-rebirth": -1} {
		if err := Decode(sample(t, name+".bin"), &p); err != nil || p.HasSeq != (seq >= 0) || (p.HasSeq && p.Seq != uint64(seq)) {
			t.Errorf("%s: seq %d (%v), err %v", name, p.Seq, p.HasSeq, err)
		}
	}
}

// The command is byte for byte what the independent encoder wrote.
func TestRebirthCommand(t *testing.T) {
	if got := string(rebirth(time.UnixMilli(1700000010000))); got != sample(t, "ncmd-rebirth.bin") {
		t.Errorf("rebirth is %x", got)
	}
}

func TestValues(t *testing.T) {
	nan := uint64(math.Float32bits(float32(math.NaN())))
	for name, c := range map[string]struct {
		m    metric
		want Value
	}{
		"int8, widened to 32":  {metric{dt: Int8, field: 10, bits: 0xFFFFFF80}, Value{Kind: Number, Number: -128}},
		"int8, its own width":  {metric{dt: Int8, field: 10, bits: 0xF9}, Value{Kind: Number, Number: -7}},
		"int8 out of range":    {metric{dt: Int8, field: 10, bits: 300}, Value{Reason: "300 does not fit its datatype of 8 bits"}},
		"int16, widened to 64": {metric{dt: Int16, field: 11, bits: math.MaxUint64 - 6}, Value{Kind: Number, Number: -7}},
		"int16 positive":       {metric{dt: Int16, field: 10, bits: 32767}, Value{Kind: Number, Number: 32767}},
		"int32":                {metric{dt: Int32, field: 10, bits: 0xFFFFFFFF}, Value{Kind: Number, Number: -1}},
		"int64":                {metric{dt: Int64, field: 11, bits: math.MaxUint64}, Value{Kind: Number, Number: -1}},
		"uint8 out of range":   {metric{dt: UInt8, field: 10, bits: 256}, Value{Reason: "256 does not fit its datatype of 8 bits"}},
		"uint16":               {metric{dt: UInt16, field: 10, bits: 0xFFFF}, Value{Kind: Number, Number: 65535}},
		"uint32 in long":       {metric{dt: UInt32, field: 11, bits: 0xFFFFFFFF}, Value{Kind: Number, Number: 4294967295}},
		"uint64":               {metric{dt: UInt64, field: 11, bits: 1231}, Value{Kind: Number, Number: 1231}},
		"float":                {metric{dt: Float, field: 12, bits: uint64(math.Float32bits(0.1))}, Value{Kind: Number, Number: 0.1}},
		"double":               {metric{dt: Double, field: 13, bits: math.Float64bits(1e300)}, Value{Kind: Number, Number: 1e300}},
		"NaN":                  {metric{dt: Float, field: 12, bits: nan}, Value{Reason: "not a number"}},
		"infinite":             {metric{dt: Double, field: 13, bits: math.Float64bits(math.Inf(-1))}, Value{Reason: "not a number"}},
		"false":                {metric{dt: Boolean, field: 14}, Value{Kind: Bool}},
		"text":                 {metric{dt: String, field: 15, text: "auto"}, Value{Kind: Words, Text: "auto"}},
		"null":                 {metric{dt: Float, null: true, field: 12}, Value{Reason: "null"}},
		"empty":                {metric{dt: Float}, Value{Reason: "no value"}},
		"no datatype":          {metric{field: 10, bits: 5}, Value{Reason: "no datatype"}},
		"int as float":         {metric{dt: Float, field: 10, bits: 5}, Value{Reason: "the value is not of its datatype"}},
		"float as int":         {metric{dt: Int32, field: 12, bits: 5}, Value{Reason: "the value is not of its datatype"}},
		"int as bool":          {metric{dt: Boolean, field: 10, bits: 1}, Value{Reason: "the value is not of its datatype"}},
		"bytes":                {metric{dt: 17, field: 16, text: "x"}, Value{Reason: "datatype 17 gives no single value"}},
		"date":                 {metric{dt: DateTime, field: 11, bits: 1}, Value{Reason: "datatype 13 gives no single value"}},
	} {
		c.m.alias = -1
		var p Payload
		if err := Decode(message(1, 0, c.m), &p); err != nil {
			t.Fatal(name, err)
		}
		if got := p.Metrics[0].value("", 0); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}

func TestMalformed(t *testing.T) {
	for name, c := range map[string]struct{ payload, want string }{
		"cut":             {sample(t, "dbirth.bin")[:40], "ends in the middle"},
		"text":            {"hello, this is not protobuf", ""},
		"long number":     {"\x08" + strings.Repeat("\xff", 10), "longer than 64 bits"},
		"wrong type":      {"\x0a\x01x", "another type"},
		"group":           {"\x33", "wire type 3"},
		"field 0":         {"\x00\x00", "field number 0"},
		"in a metric":     {"\x12\x02\x0a\x09", "metric 1: ends in the middle"},
		"nothing inside":  {string(appendBytes(nil, 4, compressed)), "a compressed payload: unexpected EOF"},
		"endless metrics": {strings.Repeat("\x12\x00", maxMetrics+1), "more than 20000 metrics"},
	} {
		var p Payload
		if err := Decode(c.payload, &p); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	var p Payload // unknown fields are passed over, the last of two counts
	odd := "\xa2\x06\x01x\xa9\x06........" + message(1, 3) + message(2, 4)
	if err := Decode(odd, &p); err != nil || p.Seq != 4 || p.Time.UnixMilli() != 2 {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestTopics(t *testing.T) {
	for topic, ok := range map[string]bool{
		"spBv1.0/g/NBIRTH/n": true, "spBv1.0/g/DDATA/n/d": true, "spBv1.0/STATE/h": true,
		"spBv1.0/g/NBIRTH/n/d": false, "spBv1.0/g/DDATA/n": false, "spBv1.0/g/DDATA/n/": false, "spBv1.0/g/DDATA/n/d/x": false,
		"spBv1.0/g/XDATA/n": false, "spBv1.0//NDATA/n": false, "spAv1.0/g/NDATA/n": false, "spBv1.0/g": false,
	} {
		if _, err := parseTopic(topic); (err == nil) != ok {
			t.Errorf("%s: %v", topic, err)
		}
	}
}

func FuzzDecode(f *testing.F) {
	names, err := filepath.Glob("testdata/*.bin")
	if err != nil || len(names) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, n := range names {
		b, err := os.ReadFile(n)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	var p Payload
	f.Fuzz(func(t *testing.T, b string) {
		if Decode(b, &p) != nil {
			return
		}
		for i := range p.Metrics {
			v := p.Metrics[i].value("x", Float)
			if (v.Kind == Nothing) != (v.Reason != "") || math.IsNaN(v.Number) || math.IsInf(v.Number, 0) {
				t.Errorf("%+v is %+v", p.Metrics[i], v)
			}
		}
	})
}
