package profile

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"steward/gateway/config"
)

// What is written is read back as it was.
func TestImageWritten(t *testing.T) {
	img := &Image{Profile: "acme", Runs: []Run{
		{Table: config.Coils, Address: 3, Words: []uint16{1, 0, 1}},
		{Table: config.InputRegisters, Address: 0xFFFE, Words: []uint16{0x00FF, 0xFFFF}, Note: `its "last" two`},
		{Table: config.HoldingRegisters, Address: 0, Words: []uint16{0}},
	}}
	file := filepath.Join(t.TempDir(), "image.yaml")
	if err := os.WriteFile(file, img.YAML(), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := LoadImage(file)
	if err != nil || !reflect.DeepEqual(got, img) {
		t.Errorf("%s\nis read as %+v, %v", img.YAML(), got, err)
	}
}

func TestImageReads(t *testing.T) {
	c := (&Image{Runs: []Run{{Table: config.HoldingRegisters, Address: 0xFFFE, Words: []uint16{1, 2}}, {Table: config.HoldingRegisters, Words: []uint16{3}}}}).Cells()
	for _, x := range []struct {
		table   config.Table
		address uint16
		n       int
		want    string
	}{
		{config.HoldingRegisters, 0xFFFE, 2, "[1 2]"},
		{config.HoldingRegisters, 0, 1, "[3]"},
		{config.HoldingRegisters, 0xFFFF, 2, ""}, // past the last address, not around to the first
		{config.HoldingRegisters, 0, 2, ""},
		{config.InputRegisters, 0, 1, ""},
	} {
		got, ok := c.Read(nil, x.table, x.address, x.n)
		if ok != (x.want != "") || ok && strings.Trim(strings.ReplaceAll(x.want, " ", ""), "[]") != digits(got) {
			t.Errorf("%v is %v, %v", x, got, ok)
		}
	}
}

func digits(words []uint16) string {
	var s strings.Builder
	for _, w := range words {
		s.WriteByte('0' + byte(w))
	}
	return s.String()
}

func TestBadImages(t *testing.T) {
	for name, c := range map[string]struct{ text, want string }{
		"nested":         {strings.Repeat("[", 1<<19), "nested too deeply"},
		"nothing":        {"profile: a\n", "no runs"},
		"unknown key":    {"profile: a\nrun: []\n", "run"},
		"table":          {"runs: [{table: coils, address: 0, bits: '1'}]", "table"},
		"words of coils": {"runs: [{table: coil, address: 0, words: '0001'}]", "bits"},
		"bits of words":  {"runs: [{table: input, address: 0, bits: '01'}]", "words"},
		"both":           {"runs: [{table: input, address: 0, bits: '01', words: '0001'}]", "words"},
		"short word":     {"runs: [{table: input, address: 0, words: '1'}]", "four"},
		"no word":        {"runs: [{table: input, address: 0, words: 'zzzz'}]", "four"},
		"no bit":         {"runs: [{table: coil, address: 0, bits: '012'}]", "0 and 1"},
		"past the end":   {"runs: [{table: input, address: 65535, words: '0001 0002'}]", "outside"},
		"below":          {"runs: [{table: input, address: -1, words: '0001'}]", "outside"},
		"twice":          {"runs: [{table: input, address: 1, words: '0001 0002'}, {table: input, address: 2, words: '0001'}]", "already"},
	} {
		if _, err := ParseImage("image.yaml", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want an error about %q", name, err, c.want)
		}
	}
}
