package survey

import (
	"context"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"steward/drivers/modbus"
	"steward/drivers/profile"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// fake is a line of units that hold images. A unit that is not there, or
// whose table is mute, does not answer.
type fake struct {
	units map[byte]profile.Cells
	mute  map[config.Table]bool
	wrong map[config.Table]byte // exception of a whole table
	asked []span
	cut   func(n int) error // before the nth request
	zeros bool              // addresses that are not there hold 0
}

func (f *fake) Read(ctx context.Context, unit byte, t config.Table, first uint16, count int) ([]uint16, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f.asked = append(f.asked, span{t, first, count})
	if f.cut != nil {
		if err := f.cut(len(f.asked)); err != nil {
			return nil, err
		}
	}
	cells, there := f.units[unit]
	if !there || f.mute[t] {
		return nil, modbus.ErrNoAnswer
	}
	if code := f.wrong[t]; code != 0 {
		return nil, &modbus.Exception{Code: code, Text: "exception"}
	}
	words, ok := cells.Read(nil, t, first, count)
	if !ok && f.zeros {
		words = make([]uint16, count)
		for i := range words {
			if w, ok := cells.Read(nil, t, first+uint16(i), 1); ok {
				words[i] = w[0]
			}
		}
	} else if !ok {
		return nil, &modbus.Exception{Code: 2, Text: "exception 2"}
	}
	return words, nil
}

const cases = "../profile/testdata/modbus"

func image(t testing.TB, name string) *profile.Image {
	t.Helper()
	img, err := profile.LoadImage(filepath.Join(cases, name, "image.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func shelf(t testing.TB) (*profile.Set, *kind.Catalog) {
	t.Helper()
	set, err := profile.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	kinds, err := kind.Builtin()
	if err != nil {
		t.Fatal(err)
	}
	return set, kinds
}

// twins share registers to a degree that no reading tells them apart, or hold
// only bits, which say little.
var twins = [][]string{
	{"carlo-gavazzi-em24-e1", "carlo-gavazzi-em340"},
	{"kaplestop-contact", "kaplestop-r100", "kaplestop-zone"},
	{"waveshare-relay-d", "wellpro-wp8028"},
}

// TestEveryImageIsRecognised asks each recorded device which profile it is.
func TestEveryImageIsRecognised(t *testing.T) {
	set, kinds := shelf(t)
	list := candidates(set, kinds)
	right, sure := 0, 0
	for _, c := range list {
		f := &fake{units: map[byte]profile.Cells{1: image(t, c.Name).Cells()}}
		matches, err := identify(t.Context(), newMemory(f, 1), list, func(string, int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		if len(f.asked) > 6*len(list) {
			t.Errorf("%s: %d reads for %d profiles", c.Name, len(f.asked), len(list))
		}
		if len(matches) > 0 && matches[0].Profile.Name == c.Name {
			right++
			if confidence(matches) == Strong {
				sure++
			}
			t.Logf("%-24s %-6v %5.1f bits, %3d reads: %s", c.Name, confidence(matches), matches[0].Bits, len(f.asked), matches[0])
			continue
		}
		names := []string{}
		for _, m := range matches[:min(len(matches), 3)] {
			names = append(names, m.Profile.Name)
			t.Logf("   %s: %.1f %s", m.Profile.Name, m.Bits, m)
		}
		if !slices.ContainsFunc(twins, func(tw []string) bool {
			return slices.Contains(tw, c.Name) && len(names) > 0 && slices.Contains(tw, names[0])
		}) {
			t.Errorf("%s is taken for %v", c.Name, names)
		}
	}
	t.Logf("%d of %d profiles named first, %d without doubt", right, len(list), sure)
}

// Devices that answer 0 where they have nothing are recognised too, and one
// that holds zeros or noise alone is taken for nothing with confidence.
func TestLenientDevices(t *testing.T) {
	set, kinds := shelf(t)
	list := candidates(set, kinds)
	right := 0
	for _, c := range list {
		f := &fake{units: map[byte]profile.Cells{1: image(t, c.Name).Cells()}, zeros: true}
		matches, err := identify(t.Context(), newMemory(f, 1), list, func(string, int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		if len(matches) > 0 && matches[0].Profile.Name == c.Name {
			right++
		} else if confidence(matches) == Strong {
			t.Errorf("%s is taken for %s: %s", c.Name, matches[0].Profile.Name, matches[0])
		}
	}
	if right < 38 { // the others are I/O modules, whose bits say nothing, and twins
		t.Errorf("%d of %d are named first", right, len(list))
	}
	for name, cells := range map[string]profile.Cells{"zeros": {}, "noise": noise()} {
		f := &fake{units: map[byte]profile.Cells{1: cells}, zeros: name == "zeros"}
		matches, err := identify(t.Context(), newMemory(f, 1), list, func(string, int, int) {})
		if err != nil {
			t.Fatal(err)
		}
		if confidence(matches) != Weak {
			t.Errorf("%s are %s", name, matches[0])
		}
	}
}

// noise fills the tables with arbitrary words, the same each time.
func noise() profile.Cells {
	rng := rand.New(rand.NewPCG(7, 7))
	c := profile.Cells{}
	for _, t := range []config.Table{config.HoldingRegisters, config.InputRegisters, config.Coils, config.DiscreteInputs} {
		for a := range 1 << 16 {
			w := uint16(rng.Uint32())
			if t <= config.DiscreteInputs {
				w &= 1
			}
			c.Set(t, uint16(a), w)
		}
	}
	return c
}
