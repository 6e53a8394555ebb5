package survey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"steward/drivers/modbus"
	"steward/gateway/config"
	"steward/gateway/kind"
)

// Line is a Reader that holds a connection.
type Line interface {
	Reader
	Close()
}

// Options say what Scan looks at.
type Options struct {
	Buses    []config.Bus // one line, in each of the settings it may have; the first that has units counts
	Units    []byte
	Knock    config.Table // whose first address is asked for to see who is there
	Profiles config.Profiles
	Kinds    *kind.Catalog
	Open     func(config.Bus) (Line, error) // nil: a modbus.Client that repeats once
	Progress func(Progress)                 // nil: nobody watches
}

// Progress is where a scan stands.
type Progress struct {
	Bus     config.Bus
	Unit    byte
	Done    int    // units of this setting
	Of      int    // likewise
	Profile string // being tried; empty: the unit is being knocked at
	Found   *Found // just found; nil: nothing new
}

// Presence is what a unit does when it is asked for a register.
type Presence uint8

// The presences.
const (
	Absent  Presence = iota // no answer, or a gateway says that there is none
	Refuses                 // an exception: it is there
	Answers
	Garbles // what comes is no answer to the request
)

// Found is one unit that is there.
type Found struct {
	Unit     byte
	Presence Presence
	Says     string  // the exception, or what was broken
	Matches  []Match // the best first
	Reads    int     // made to find out
	Seen     *Range  // from the first register that answered, in the table that answered most; nil: none did
}

// Confidence is how sure the first match is.
func (f *Found) Confidence() Confidence { return confidence(f.Matches) }

// Rivals are the matches that speak about as well as the first.
func (f *Found) Rivals() []Match {
	for i := 1; i < len(f.Matches); i++ {
		if f.Matches[0].Bits-f.Matches[i].Bits >= clearBits {
			return f.Matches[1:i]
		}
	}
	return f.Matches[min(1, len(f.Matches)):]
}

// Result is what a scan has found.
type Result struct {
	Bus   config.Bus // the setting that had units, else the last one tried
	Units []Found
	Tried int // units knocked at in that setting
}

// Scan looks for units and names the profile that answers best for each. It
// stops at the first setting of the line that has units. When it is cut off,
// it returns what it has with ctx's error.
func Scan(ctx context.Context, o Options) (Result, error) {
	if o.Open == nil {
		o.Open = func(b config.Bus) (Line, error) { return modbus.NewClient(b, true) }
	}
	if o.Progress == nil {
		o.Progress = func(Progress) {}
	}
	list := candidates(o.Profiles, o.Kinds)
	var r Result
	for _, bus := range o.Buses {
		r = Result{Bus: bus}
		line, err := o.Open(bus)
		if err != nil {
			return r, err
		}
		err = o.units(ctx, line, list, &r)
		line.Close()
		if err != nil || len(r.Units) > 0 {
			return r, err
		}
	}
	return r, nil
}

func (o *Options) units(ctx context.Context, line Reader, list []candidate, r *Result) error {
	for i, unit := range o.Units {
		p := Progress{Bus: r.Bus, Unit: unit, Done: i, Of: len(o.Units)}
		o.Progress(p)
		m := newMemory(line, unit)
		f := Found{Unit: unit}
		var err error
		f.Presence, f.Says, err = knock(ctx, line, unit, o.Knock)
		if err != nil {
			return err
		}
		r.Tried++
		if f.Presence == Absent {
			continue
		}
		f.Matches, err = identify(ctx, m, list, func(profile string, _, _ int) {
			p.Profile = profile
			o.Progress(p)
		})
		f.Reads, f.Seen = m.reads+1, m.seen()
		if f.Seen == nil && f.Presence == Answers {
			f.Seen = &Range{o.Knock, 0, lookAt}
		}
		r.Units = append(r.Units, f)
		if err != nil {
			return err
		}
		p.Profile, p.Found = "", &f
		o.Progress(p)
	}
	return nil
}

// knock asks a unit for one register. Its error is ctx's, or says that the
// line is gone.
func knock(ctx context.Context, line Reader, unit byte, t config.Table) (Presence, string, error) {
	_, err := line.Read(ctx, unit, t, 0, 1)
	var e *modbus.Exception
	switch {
	case err == nil:
		return Answers, "", nil
	case ctx.Err() != nil || errors.Is(err, modbus.ErrUnreachable):
		return Absent, "", err
	case errors.Is(err, modbus.ErrNoAnswer):
		return Absent, "", nil
	case !errors.As(err, &e):
		return Garbles, err.Error(), nil
	case e.Absent():
		return Absent, e.Text, nil
	}
	return Refuses, e.Text, nil
}

// String is one line about the unit, for people.
func (f *Found) String() string {
	var b strings.Builder
	fmt.Fprintf(&b, "unit %d: ", f.Unit)
	switch {
	case len(f.Matches) == 0:
		b.WriteString("no profile fits")
	default:
		fmt.Fprintf(&b, "%s (%s): %s", f.Matches[0].Profile.Name, f.Confidence(), f.Matches[0])
	}
	if f.Presence == Garbles {
		b.WriteString("; " + f.Says)
	}
	return b.String()
}

// YAML writes what was found for pasting into a site file: the bus, an area
// to take what is not placed yet, and an asset for each unit, with the
// evidence above it. What is only a guess stands in comments.
func (r *Result) YAML() []byte {
	var b strings.Builder
	fmt.Fprintf(&b, "modbus:\n  - {id: bus-1, url: %q", r.Bus.URL())
	if r.Bus.Transport == config.ModbusRTU {
		fmt.Fprintf(&b, ", baud: %d, parity: %s", r.Bus.Baud, r.Bus.Parity)
		if r.Bus.StopBits != 1 {
			fmt.Fprintf(&b, ", stop_bits: %d", r.Bus.StopBits)
		}
	}
	if r.Bus.Pause > 0 {
		fmt.Fprintf(&b, ", pause: %v", r.Bus.Pause)
	}
	b.WriteString("}\nareas:\n  - {id: found, name: {zh: 新发现, en: Just found}}\nassets:\n")
	for i := range r.Units {
		r.Units[i].yaml(&b, r.Bus)
	}
	return []byte(b.String())
}

// look is the command that shows a unit no profile fits.
func (f *Found) look(b config.Bus) string {
	if f.Seen == nil {
		return "Nothing that was asked for was answered with a value: steward probe needs a table and address from its manual."
	}
	return fmt.Sprintf("Look with: steward probe %s --unit %d --table %s --address %d --count %d", lineOf(b), f.Unit, f.Seen.Table, f.Seen.First, f.Seen.Count)
}

// check says why a match is weak, and what to do about it.
func (f *Found) check(b config.Bus) string {
	p := &f.Matches[0].Profile
	if !bitsOnly(p) {
		return "Too little evidence: compare a value with the display before you use it."
	}
	at := slices.MinFunc(p.Points, func(x, y config.Register) int {
		return cmp.Or(cmp.Compare(y.Table, x.Table), cmp.Compare(x.Address, y.Address))
	})
	return fmt.Sprintf("Too little evidence: it has only bits, and any module with as many answers alike. Switch one input by hand and see it change: steward probe %s --unit %d --table %s --address %d --count %d",
		lineOf(b), f.Unit, at.Table, at.Address, min(len(p.Points), lookAt))
}

// lineOf is a line as the command line names it.
func lineOf(b config.Bus) string {
	line := b.URL()
	if b.Transport == config.ModbusRTU {
		line += fmt.Sprintf(" --baud %d --parity %s --stop-bits %d", b.Baud, b.Parity, b.StopBits)
	}
	return line
}

func (f *Found) yaml(b *strings.Builder, bus config.Bus) {
	fmt.Fprintf(b, "  # %s\n", f)
	if len(f.Matches) == 0 {
		fmt.Fprintf(b, "  # %s\n", f.look(bus))
		return
	}
	if len(f.Matches) > 1 {
		fmt.Fprintf(b, "  # next best: %s: %s\n", f.Matches[1].Profile.Name, f.Matches[1])
	}
	var names []string
	for _, m := range f.Rivals() {
		names = append(names, m.Profile.Name)
	}
	if len(names) > 0 {
		fmt.Fprintf(b, "  # answers as well as: %s. Take the one whose model it is.\n", strings.Join(names[:min(len(names), 6)], ", "))
	}
	margin := "  "
	if f.Confidence() == Weak {
		fmt.Fprintf(b, "  # %s\n", f.check(bus))
		margin = "  # "
	}
	p := f.Matches[0].Profile
	for _, line := range []string{
		fmt.Sprintf("- id: unit-%d", f.Unit),
		"  kind: " + p.Kind,
		"  area: found",
		fmt.Sprintf("  name: {zh: 单元%d, en: Unit %d}", f.Unit, f.Unit),
		fmt.Sprintf("  modbus: {bus: bus-1, unit: %d, profile: %s}", f.Unit, p.Name),
	} {
		b.WriteString(margin + line + "\n")
	}
}
