package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"

	"steward/drivers/modbus"
	"steward/drivers/profile"
	"steward/drivers/survey"
	"steward/gateway/config"
	"steward/gateway/kind"
)

type probeCmd struct {
	lineFlags `embed:""`
	Unit      int           `required:"" placeholder:"N" help:"The unit (slave) number."`
	Table     string        `default:"holding" enum:"coil,discrete,holding,input" help:"The address space: coil, discrete, holding or input (${default})."`
	Address   int           `default:"0" placeholder:"N" help:"The first address on the wire, from 0; a manual's 40001 is 0 (${default})."`
	Count     int           `default:"40" placeholder:"N" help:"How many addresses, 1 to 1000 (${default})."`
	Shows     []string      `sep:"none" placeholder:"VALUE" help:"What the device's display shows, with all its digits: 231.4. Once more for a second reading, --every later. - reads them from standard input, one a line, and reads the device at each."`
	Every     time.Duration `default:"10s" help:"Between the readings for two --shows (${default})."`
	Within    float64       `default:"0" placeholder:"PERCENT" help:"How far the value may move between display and reading, in percent of it, beyond the last digit shown (${default})."`
	Record    string        `placeholder:"FILE" help:"Save what the device answers as an image that 'steward sim --image' replays."`
	Profile   string        `placeholder:"NAME" help:"With --record: what this profile reads, instead of --table, --address and --count."`
	Config    string        `placeholder:"FILE" help:"A site file: the profiles in the folder profiles beside it are known too."`
}

// Help explains what a probe does.
func (probeCmd) Help() string {
	return `Reads one range of a unit and prints it: each word in hexadecimal and as 16-bit numbers, and
the 32-bit floats and integers that begin there, high word first (big) and low word first (little).
With --shows it proposes where that number is: address, type, word order and scale, the likeliest
first. It never writes.`
}

// Validate refuses what cannot be read.
func (c probeCmd) Validate() error {
	switch {
	case c.Unit < 0 || c.Unit > 255:
		return fmt.Errorf("--unit %d: want 1 to 247, on TCP also 0 and 248 to 255", c.Unit)
	case c.Address < 0 || c.Address > 65535:
		return fmt.Errorf("--address %d: want 0 to 65535", c.Address)
	case c.Count < 1 || c.Count > 1000 || c.Address+c.Count > 65536:
		return fmt.Errorf("--count %d: want 1 to 1000 addresses up to 65535", c.Count)
	case c.Profile != "" && c.Record == "":
		return errors.New("--profile goes with --record FILE")
	case c.Within < 0 || c.Within > 50:
		return fmt.Errorf("--within %g: want 0 to 50 percent", c.Within)
	}
	return nil
}

func (c probeCmd) Run(ctx context.Context, std stdio) error {
	line, err := c.open()
	if err != nil {
		return err
	}
	defer line.Close()
	if c.Record != "" {
		return c.record(ctx, std, line)
	}
	if len(c.Shows) > 0 {
		return c.propose(ctx, std, line)
	}
	d, err := c.read(ctx, line)
	if err != nil {
		return err
	}
	if err := d.Print(std.out); err != nil {
		return err
	}
	return c.nothing(ctx, line, &d)
}

// neighbours are the tables that are taken for one another.
var neighbours = map[string]string{"holding": "input", "input": "holding", "coil": "discrete", "discrete": "coil"}

// nothing is the error of a range of which nothing was read, with what to try.
func (c probeCmd) nothing(ctx context.Context, line survey.Reader, d *survey.Dump) error {
	if !d.Empty() {
		return nil
	}
	other := neighbours[c.Table]
	try := fmt.Sprintf("try --table %s, or another --address", other)
	r := survey.Range{Table: tableNames[other], First: uint16(c.Address), Count: c.Count}
	if o, err := survey.Read(ctx, line, byte(c.Unit), r, 20); err == nil && !o.Empty() {
		try = fmt.Sprintf("the table %s answers there: --table %s", other, other)
	}
	return fmt.Errorf("unit %d on %s: nothing could be read from %s %d to %d; %s", c.Unit, c.URL, c.Table, c.Address, c.Address+c.Count-1, try)
}

func (c probeCmd) read(ctx context.Context, line survey.Reader) (survey.Dump, error) {
	r := survey.Range{Table: tableNames[c.Table], First: uint16(c.Address), Count: c.Count}
	d, err := survey.Read(ctx, line, byte(c.Unit), r, 60+c.Count/4)
	if err != nil && ctx.Err() == nil {
		err = fmt.Errorf("unit %d on %s: %w", c.Unit, c.URL, err)
	}
	return d, err
}

// propose reads the range once for each number on the display, and says what
// fits all of them.
func (c probeCmd) propose(ctx context.Context, std stdio, line survey.Reader) error {
	next, dialogue := c.displays(std)
	var seen []survey.Observation
	for {
		text, err := next(ctx, len(seen))
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		shown, err := survey.ParseShown(text)
		if err != nil {
			if !dialogue {
				return err
			}
			fmt.Fprintln(std.err, err)
			continue
		}
		d, err := c.read(ctx, line)
		if err != nil {
			return err
		}
		if len(seen) == 0 {
			if err := d.Print(std.out); err != nil {
				return err
			}
			if err := c.nothing(ctx, line, &d); err != nil {
				return err
			}
		}
		seen = append(seen, survey.Observation{Shown: shown, Dump: d})
		if dialogue {
			c.say(std.out, seen)
		}
	}
	if len(seen) == 0 {
		return errors.New("no number of the display was given")
	}
	if !dialogue && c.say(std.out, seen) == 0 {
		return errReported
	}
	return nil
}

// displays returns what gives one number after the other, io.EOF behind the
// last one; dialogue: they come from standard input.
func (c probeCmd) displays(std stdio) (next func(ctx context.Context, n int) (string, error), dialogue bool) {
	if len(c.Shows) == 1 && c.Shows[0] == "-" {
		in := bufio.NewScanner(std.in)
		return func(context.Context, int) (string, error) {
			fmt.Fprint(std.err, "the display shows (Enter alone ends): ")
			if !in.Scan() || strings.TrimSpace(in.Text()) == "" {
				return "", io.EOF
			}
			return in.Text(), in.Err()
		}, true
	}
	return func(ctx context.Context, n int) (string, error) {
		if n == len(c.Shows) {
			return "", io.EOF
		}
		if n > 0 {
			fmt.Fprintf(std.err, "reading again in %v, when the display shows %s\n", c.Every, c.Shows[n])
			select {
			case <-ctx.Done():
				return "", ctx.Err()
			case <-time.After(c.Every):
			}
		}
		return c.Shows[n], nil
	}, false
}

// saidMost is how many proposals are printed.
const saidMost = 8

// say prints what fits, and how to go on; it returns how many do that are
// more than chance.
func (c probeCmd) say(out io.Writer, seen []survey.Observation) int {
	list := survey.Propose(seen, c.Within/100)
	var shown []string
	for _, o := range seen {
		shown = append(shown, o.Text)
	}
	what := strings.Join(shown, ", then ")
	if len(list) == 0 {
		fmt.Fprintf(out, "nothing in %s %d to %d is %s: try another --table or --address, or --within 1 where the value moves\n",
			c.Table, c.Address, c.Address+c.Count-1, what)
		return 0
	}
	likely := len(list)
	if list[0].Weak {
		likely = 0
		fmt.Fprintf(out, "no likely place of %s in %s %d to %d; weak:\n", what, c.Table, c.Address, c.Address+c.Count-1)
	} else {
		fmt.Fprintf(out, "%s on the display is most likely:\n", what)
	}
	for i, x := range list[:min(len(list), saidMost)] {
		var values []string
		for _, v := range x.Values {
			values = append(values, strconv.FormatFloat(v, 'g', 7, 64))
		}
		also := ""
		if x.Also != "" {
			also = fmt.Sprintf(" (or %s: no value below 0 was seen)", x.Also)
		}
		fmt.Fprintf(out, "%2d. %s  = %s%s\n", i+1, x, strings.Join(values, ", "), also)
	}
	if len(list) > 1 {
		fmt.Fprintf(out, "%d readings fit; another value of the display leaves fewer\n", len(list))
	}
	return likely
}

// record saves what the unit answers.
func (c probeCmd) record(ctx context.Context, std stdio, line *modbus.Client) error {
	kinds, err := kind.Builtin()
	if err != nil {
		return err
	}
	var p *config.Profile
	var ranges []survey.Range
	if c.Profile == "" {
		ranges = []survey.Range{{Table: tableNames[c.Table], First: uint16(c.Address), Count: c.Count}}
	} else {
		set, err := profilesFor(c.Config)
		if err != nil {
			return printErrors(std.err, err)
		}
		found, ok := set.Profile(c.Profile)
		if !ok || found.Protocol != "modbus" {
			return fmt.Errorf("there is no Modbus profile %q: steward profiles list shows them", c.Profile)
		}
		p = &found
	}
	f, err := os.OpenFile(c.Record, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%s is there already, and probe will not overwrite it: name another file, or remove it", c.Record)
	}
	if err != nil {
		return err
	}
	img, holes, err := survey.Record(ctx, line, byte(c.Unit), p, kinds, ranges)
	if err == nil && len(img.Runs) == 0 {
		err = errors.New("every register was refused")
	}
	if err == nil {
		_, err = f.Write(recorded(img))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(c.Record) // the first error is the one to tell
		return fmt.Errorf("unit %d on %s: %w", c.Unit, c.URL, err)
	}
	fmt.Fprintf(std.out, "%s: %d registers and bits of unit %d, %d refused\n", c.Record, len(img.Cells()), c.Unit, holes)
	return nil
}

func recorded(img *profile.Image) []byte {
	const head = "# Recorded by steward probe. What is not listed was refused or not asked for.\n"
	return append([]byte(head), img.YAML()...)
}
