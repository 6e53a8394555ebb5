package survey

import (
	"encoding/binary"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"steward/gateway/config"
)

// look makes an observation of 20 registers from address 100, noise but for
// the words put at 110.
func look(t *testing.T, shown string, words ...uint16) Observation {
	t.Helper()
	s, err := ParseShown(shown)
	if err != nil {
		t.Fatal(err)
	}
	d := Dump{Range: Range{config.HoldingRegisters, 100, 20}}
	rng := rand.New(rand.NewPCG(3, 9))
	for range d.Count {
		d.Words = append(d.Words, uint16(rng.Uint32()))
		d.Known = append(d.Known, true)
	}
	copy(d.Words[10:], words)
	return Observation{s, d}
}

func f32(v float32) []uint16 {
	b := math.Float32bits(v)
	return []uint16{uint16(b >> 16), uint16(b)}
}

func swap(w []uint16) []uint16 {
	w = slices.Clone(w)
	slices.Reverse(w)
	return w
}

func f64(v float64) []uint16 {
	var b [8]byte
	binary.BigEndian.PutUint64(b[:], math.Float64bits(v))
	var w []uint16
	for i := 0; i < 8; i += 2 {
		w = append(w, binary.BigEndian.Uint16(b[i:]))
	}
	return w
}

// Each of these is the first proposal among noise, after one look or two.
func TestPropose(t *testing.T) {
	for _, c := range []struct {
		name string
		seen []Observation
		want string
	}{
		{"tenths", []Observation{look(t, "231.4", 2314)}, "address: 110, type: uint16, scale: 0.1}"},
		{"float", []Observation{look(t, "231.4 V", f32(231.4437)...)}, "address: 110, type: float32, word_order: big}"},
		{"float, low word first", []Observation{look(t, "231.4", swap(f32(231.39))...)}, "address: 110, type: float32, word_order: little}"},
		{"float in watts, shown in kilowatts", []Observation{look(t, "8.39", f32(8391.2)...)}, "type: float32, word_order: big, scale: 0.001}"},
		{"double", []Observation{look(t, "18342.6", f64(18342.61)...)}, "type: float64, word_order: big}"},
		{"cut, not rounded", []Observation{look(t, "49.9", 4999)}, "type: uint16, scale: 0.01}"},
		{"wide integer", []Observation{look(t, "18342.6", 0x001B, 0xFD14)}, "type: uint32, word_order: big, scale: 0.01}"},
		{"wide integer, low word first", []Observation{look(t, "18342.6", 0xCC82, 0x0002)}, "type: uint32, word_order: little, scale: 0.1}"},
		{"below zero", []Observation{look(t, "-3.4", 0xFFDE)}, "type: int16, scale: 0.1}"},
		{"below zero, wide", []Observation{look(t, "-1000.00", 0xFFFE, 0x7960)}, "type: int32, word_order: big, scale: 0.01}"},
		{"decimal comma", []Observation{look(t, "50,02", 5002)}, "type: uint16, scale: 0.01}"},
		{"half degrees", []Observation{look(t, "21.5", 43), look(t, "23.0", 46), look(t, "19.5", 39)}, "type: uint16, scale: 0.5}"},
		{"binary-coded", []Observation{look(t, "1234", 0x1234), look(t, "1299", 0x1299)}, "type: bcd16}"},
	} {
		got := Propose(c.seen, 0)
		if len(got) == 0 || !strings.HasSuffix(got[0].String(), c.want) || got[0].Address != 110 {
			t.Errorf("%s: %v, want …%s", c.name, got, c.want)
		}
	}
}

// A second look leaves fewer candidates, and never drops the right one.
func TestSecondLookNarrows(t *testing.T) {
	first, second := look(t, "5", 5), look(t, "7", 7)
	first.Words[3], second.Words[3] = 50, 50
	one, two := Propose([]Observation{first}, 0), Propose([]Observation{first, second}, 0)
	if len(two) == 0 || len(two) >= len(one) {
		t.Fatalf("%d candidates after one look, %d after two", len(one), len(two))
	}
	if two[0].Address != 110 || two[0].Also != config.EncInt16 || !slices.Equal(two[0].Values, []float64{5, 7}) {
		t.Errorf("first is %+v", two[0])
	}
}

// What only an odd scale makes fit is weak, until a second look bears it out.
func TestWeak(t *testing.T) {
	o := look(t, "999", 39987)
	for i := range o.Words {
		o.Known[i] = i == 10
	}
	if got := Propose([]Observation{o}, 0); len(got) == 0 || !got[0].Weak {
		t.Errorf("a 40th is %+v", got)
	}
	if got := Propose([]Observation{look(t, "231.4", 2314)}, 0); len(got) == 0 || got[0].Weak {
		t.Errorf("tenths are %+v", got)
	}
	if got := Propose([]Observation{look(t, "21.5", 43), look(t, "23.0", 46)}, 0); len(got) == 0 || got[0].Weak {
		t.Errorf("halves seen twice are %+v", got)
	}
}

func TestPrintFoldsRefusals(t *testing.T) {
	d := Dump{Range: Range{config.HoldingRegisters, 5, 5}, Words: make([]uint16, 5), Known: []bool{false, false, true, false, false},
		Says: map[int]string{0: "no", 1: "no", 3: "no", 4: "never"}}
	for table, want := range map[config.Table]string{config.HoldingRegisters: "5 to 6: no\n7        0x0000      0       0\n8: no\n9: never\n", config.Coils: "5 to 6: no\n7        0\n8: no\n9: never\n"} {
		d.Table = table
		var b strings.Builder
		if err := d.Print(&b); err != nil || !strings.HasSuffix(b.String(), want) {
			t.Errorf("%v\n%s", err, b.String())
		}
	}
}

func TestWithin(t *testing.T) {
	o := []Observation{look(t, "231.4", 2320)}
	if got := Propose(o, 0); len(got) != 0 && got[0].Address == 110 {
		t.Errorf("0.6 V off is taken: %v", got[0])
	}
	if got := Propose(o, 0.01); len(got) == 0 || got[0].Address != 110 {
		t.Errorf("1 %% is not enough: %v", got)
	}
}

// Registers that were refused, and bits, give nothing.
func TestProposeSkips(t *testing.T) {
	o := look(t, "231.4", 2314)
	o.Known[10] = false
	for _, c := range Propose([]Observation{o}, 0) {
		if int(c.Address) <= 110 && int(c.Address)+c.Encoding.Words() > 110 {
			t.Errorf("%v reads a register that was refused", c)
		}
	}
	o.Table = config.Coils
	if got := Propose([]Observation{o}, 0); got != nil {
		t.Errorf("coils give %v", got)
	}
}

func TestParseShown(t *testing.T) {
	for text, want := range map[string]Shown{
		"231.4": {Value: 231.4, Step: 0.1}, " -3,5 °C": {Value: -3.5, Step: 0.1}, "1 234.56": {Value: 1234.56, Step: 0.01},
		"50": {Value: 50, Step: 1}, "0.977": {Value: 0.977, Step: 0.001}, "18342.6 kWh": {Value: 18342.6, Step: 0.1},
	} {
		got, err := ParseShown(text)
		if err != nil || got.Value != want.Value || math.Abs(got.Step-want.Step) > 1e-12 {
			t.Errorf("%q is %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "0", "0.00", "abc", "1e5", "0x10", "NaN", "inf", "12:30", "1 V and some more text"} {
		if got, err := ParseShown(text); err == nil {
			t.Errorf("%q is taken for %+v", text, got)
		}
	}
}

func FuzzPropose(f *testing.F) {
	f.Add("231.4", []byte{0x09, 0x0A, 0, 0, 0x43, 0x67})
	f.Fuzz(func(t *testing.T, text string, raw []byte) {
		s, err := ParseShown(text)
		if err != nil {
			return
		}
		d := Dump{Range: Range{config.InputRegisters, 0, len(raw) / 2}}
		for i := 0; i+1 < len(raw) && i < 80; i += 2 {
			d.Words = append(d.Words, binary.BigEndian.Uint16(raw[i:]))
			d.Known = append(d.Known, true)
		}
		for _, c := range Propose([]Observation{{s, d}}, 0) {
			if math.Abs(c.Values[0]-s.Value) > 1.01*s.Step {
				t.Errorf("%s: %v is %v", text, c, c.Values)
			}
		}
	})
}
