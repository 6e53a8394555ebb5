package survey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"steward/drivers/modbus"
	"steward/drivers/profile"
	"steward/gateway/config"
)

// closing is a fake line that notes its end.
type closing struct {
	*fake
	closed *int
}

func (c closing) Close() { *c.closed++ }

func optionsOf(t *testing.T, f *fake, units ...byte) (Options, *int) {
	t.Helper()
	set, kinds := shelf(t)
	closed := new(int)
	return Options{
		Buses: []config.Bus{{Transport: config.ModbusTCP, Address: "10.0.0.5:502"}}, Units: units, Knock: config.HoldingRegisters,
		Profiles: set, Kinds: kinds, Open: func(config.Bus) (Line, error) { return closing{f, closed}, nil },
	}, closed
}

// A line with a meter, a probe of one value, a unit that refuses everything, and silence.
func TestScan(t *testing.T) {
	f := &fake{units: map[byte]profile.Cells{
		1: image(t, "eastron-sdm630").Cells(), 2: {}, 5: image(t, "qdy30a-level").Cells(),
	}}
	o, closed := optionsOf(t, f, 1, 2, 3, 4, 5)
	var steps []string
	o.Progress = func(p Progress) {
		if p.Found != nil {
			steps = append(steps, p.Found.String())
		}
	}
	r, err := Scan(t.Context(), o)
	if err != nil || *closed != 1 || r.Tried != 5 {
		t.Fatalf("%+v, %v; closed %d times", r, err, *closed)
	}
	if len(r.Units) != 3 || len(steps) != 3 {
		t.Fatalf("found %v", steps)
	}
	if u := r.Units[0]; u.Unit != 1 || u.Matches[0].Profile.Name != "eastron-sdm630" || u.Confidence() != Strong ||
		!strings.Contains(steps[0], "voltage_l1 231.4 V") || !strings.Contains(steps[0], "66 of 67 points plausible") {
		t.Errorf("unit 1: %s", steps[0])
	}
	if u := r.Units[1]; u.Unit != 2 || u.Presence != Refuses || len(u.Matches) != 0 || !strings.Contains(steps[1], "no profile fits") {
		t.Errorf("unit 2: %s", steps[1])
	}
	if u := r.Units[2]; u.Confidence() != Weak || u.Matches[0].Profile.Name != "qdy30a-level" {
		t.Errorf("unit 5: %s", steps[2])
	}
	set, kinds := shelf(t)
	site := "site: {id: s, timezone: UTC}\n" + string(r.YAML())
	c, err := config.Parse("s.yaml", []byte(site), ".", kinds, set, nil)
	if err != nil {
		t.Fatalf("%v\n%s", err, site)
	}
	if len(c.Assets) != 1 || c.Assets[0].Modbus.Unit != 1 {
		t.Errorf("pasted: %+v\n%s", c.Assets, site)
	}
	for _, want := range []string{"# unit 2: no profile fits", "# Nothing that was asked for was answered", "  # - id: unit-5", "Too little evidence", "next best: eastron-sdm"} {
		if !strings.Contains(site, want) {
			t.Errorf("the YAML does not say %q:\n%s", want, site)
		}
	}
}

// A unit that no profile fits is looked at where it answered.
func TestScanSaysWhereToLook(t *testing.T) {
	img := profile.Image{Runs: []profile.Run{{Table: config.InputRegisters, Words: slices.Repeat([]uint16{0xFFFF}, 9)}}}
	f := &fake{units: map[byte]profile.Cells{4: img.Cells()}}
	o, _ := optionsOf(t, f, 4)
	r, err := Scan(t.Context(), o)
	want := "Look with: steward probe tcp://10.0.0.5:502 --unit 4 --table input --address 0 --count 40\n"
	if err != nil || len(r.Units) != 1 || !strings.Contains(string(r.YAML()), want) {
		t.Errorf("%v\n%s", err, r.YAML())
	}
	r.Bus = config.Bus{Transport: config.ModbusRTU, Address: "/dev/ttyUSB0", Baud: 19200, Parity: "E", StopBits: 2}
	if want := "steward probe rtu:///dev/ttyUSB0 --baud 19200 --parity E --stop-bits 2 --unit 4"; !strings.Contains(string(r.YAML()), want) {
		t.Errorf("a serial line:\n%s", r.YAML())
	}
}

// The reads of one unit are bounded, and what a table never answers is left
// alone soon.
func TestScanIsGentle(t *testing.T) {
	f := &fake{units: map[byte]profile.Cells{1: image(t, "eastron-sdm630").Cells()}, mute: map[config.Table]bool{config.Coils: true, config.DiscreteInputs: true}}
	o, _ := optionsOf(t, f, 1)
	if _, err := Scan(t.Context(), o); err != nil {
		t.Fatal(err)
	}
	mute := 0
	seen := map[span]bool{}
	for _, s := range f.asked[1:] {
		if s.table <= config.DiscreteInputs {
			mute++
		}
		if seen[s] {
			t.Errorf("%+v was asked for twice", s)
		}
		seen[s] = true
	}
	if mute > 2*barAfter || len(f.asked) > 150 {
		t.Errorf("%d reads, %d of them of tables that never answer", len(f.asked), mute)
	}
	f = &fake{units: map[byte]profile.Cells{1: {}}, wrong: map[config.Table]byte{1: 1, 2: 1, 3: 1, 4: 1}}
	o, _ = optionsOf(t, f, 1)
	if _, err := Scan(t.Context(), o); err != nil || len(f.asked) > 6 {
		t.Errorf("%d reads of a unit without functions, %v", len(f.asked), err)
	}
}

// A serial line is tried in each of its settings until units answer.
func TestScanSettings(t *testing.T) {
	deaf, heard := &fake{}, &fake{units: map[byte]profile.Cells{7: image(t, "pzem-016").Cells()}}
	o, closed := optionsOf(t, deaf, 6, 7)
	o.Buses = nil
	for _, baud := range []int{9600, 19200, 38400} {
		o.Buses = append(o.Buses, config.Bus{Transport: config.ModbusRTU, Address: "/dev/ttyS1", Baud: baud, Parity: "E", StopBits: 1})
	}
	o.Open = func(b config.Bus) (Line, error) {
		if b.Baud == 19200 {
			return closing{heard, closed}, nil
		}
		return closing{deaf, closed}, nil
	}
	r, err := Scan(t.Context(), o)
	if err != nil || *closed != 2 || r.Bus.Baud != 19200 || len(r.Units) != 1 || r.Units[0].Matches[0].Profile.Name != "pzem-016" {
		t.Fatalf("%+v, %v", r, err)
	}
	if y := string(r.YAML()); !strings.Contains(y, `url: "rtu:///dev/ttyS1", baud: 19200, parity: E}`) {
		t.Errorf("YAML:\n%s", y)
	}
}

// What was found before the scan was cut off is not lost.
func TestScanIsCutOff(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	f := &fake{units: map[byte]profile.Cells{1: image(t, "pzem-016").Cells()}}
	o, closed := optionsOf(t, f, 1, 2, 3)
	o.Progress = func(p Progress) {
		if p.Unit == 2 {
			cancel()
		}
	}
	r, err := Scan(ctx, o)
	if !errors.Is(err, context.Canceled) || len(r.Units) != 1 || r.Tried != 1 || *closed != 1 {
		t.Errorf("%+v, %v", r, err)
	}
	gone := fmt.Errorf("tcp://x %w", modbus.ErrUnreachable)
	o, _ = optionsOf(t, &fake{cut: func(n int) error { return gone }}, 1, 2)
	if _, err := Scan(t.Context(), o); !errors.Is(err, modbus.ErrUnreachable) {
		t.Errorf("a line that is gone: %v", err)
	}
}

func TestPresence(t *testing.T) {
	for _, c := range []struct {
		err  error
		want Presence
	}{
		{nil, Answers}, {&modbus.Exception{Code: 2}, Refuses}, {&modbus.Exception{Code: 11}, Absent},
		{modbus.ErrNoAnswer, Absent}, {errors.New("broken answer"), Garbles},
	} {
		f := &fake{units: map[byte]profile.Cells{1: {}}, zeros: true, cut: func(int) error { return c.err }}
		if got, _, err := knock(t.Context(), f, 1, config.HoldingRegisters); got != c.want || err != nil {
			t.Errorf("%v is %v, %v", c.err, got, err)
		}
	}
}

// What is recorded of a profile comes back as the image it was, and holes are
// left out.
func TestRecord(t *testing.T) {
	set, kinds := shelf(t)
	for _, name := range []string{"eastron-sdm630", "grundfos-cim", "wellpro-wp8028", "abb-b23"} {
		p, _ := set.Profile(name)
		cells := image(t, name).Cells()
		f := &fake{units: map[byte]profile.Cells{1: cells}}
		img, _, err := Record(t.Context(), f, 1, &p, kinds, nil)
		if err != nil {
			t.Fatal(err)
		}
		back, err := profile.ParseImage(name, img.YAML())
		if err != nil {
			t.Fatalf("%v\n%s", err, img.YAML())
		}
		copied := back.Cells()
		for _, r := range p.Points {
			n := max(r.Encoding.Words(), 1)
			want, ok := cells.Read(nil, r.Table, r.Address, n)
			got, too := copied.Read(nil, r.Table, r.Address, n)
			if ok != too || !slices.Equal(want, got) {
				t.Errorf("%s: %s is %v, want %v", name, r.Point, got, want)
			}
		}
		if name == "eastron-sdm630" && !strings.Contains(string(img.YAML()), `note: "voltage_l1 231.4 V"`) {
			t.Errorf("no notes:\n%s", img.YAML())
		}
	}
}

func TestRecordRange(t *testing.T) {
	cells := profile.Cells{}
	for a := range uint16(60) {
		if a < 20 || a > 22 {
			cells.Set(config.HoldingRegisters, a, a)
		}
	}
	f := &fake{units: map[byte]profile.Cells{1: cells}}
	img, holes, err := Record(t.Context(), f, 1, nil, nil, []Range{{config.HoldingRegisters, 0, 60}})
	if err != nil || holes != 3 || len(img.Cells()) != 57 {
		t.Fatalf("%d holes, %d cells, %v", holes, len(img.Cells()), err)
	}
	if _, err := Read(t.Context(), f, 9, Range{config.HoldingRegisters, 0, 60}, 100); !errors.Is(err, modbus.ErrNoAnswer) || len(f.asked) > 30 {
		t.Errorf("a silent unit gives %v after %d reads", err, len(f.asked))
	}
	d, err := Read(t.Context(), f, 1, Range{config.HoldingRegisters, 10, 20}, 100)
	if err != nil || d.Known[10] || !d.Known[9] || d.Says[11] == "" {
		t.Errorf("%+v, %v", d, err)
	}
	var b strings.Builder
	if err := d.Print(&b); err != nil || !strings.Contains(b.String(), "19       0x0013     19      19\n") || !strings.Contains(b.String(), "20 to 22: exception 2\n") {
		t.Errorf("printed:\n%s", b.String())
	}
}

// Of a range that nobody has, not every address is asked for.
func TestReadGivesUp(t *testing.T) {
	f := &fake{units: map[byte]profile.Cells{1: {}}}
	d, err := Read(t.Context(), f, 1, Range{config.HoldingRegisters, 0, 125}, 30)
	if err != nil || len(f.asked) != 30 || slices.Contains(d.Known, true) {
		t.Errorf("%d reads, %v", len(f.asked), err)
	}
}
