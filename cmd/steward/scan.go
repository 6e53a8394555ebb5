package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/term"

	"steward/drivers/survey"
	"steward/gateway/config"
	"steward/gateway/kind"
)

type scanCmd struct {
	lineFlags `embed:""`
	Units     string `default:"1-32" placeholder:"LIST" help:"Unit numbers to look for: 1-32 or 1,3,7-9 (${default})."`
	Knock     string `default:"holding" enum:"coil,discrete,holding,input" help:"The table whose first address is asked for to see who is there: coil, discrete, holding or input (${default})."`
	Config    string `placeholder:"FILE" help:"A site file: the profiles in the folder profiles beside it are tried too."`
}

// Help explains what a scan does and prints.
func (scanCmd) Help() string {
	return `Asks one unit after the other, one request at a time, and never writes. A unit that refuses
is there too. Of each unit that is there, a few registers of every Modbus profile are read; the
profile whose values make most sense is named with them. Progress goes to standard error, YAML
to paste into a site file to standard output. Interrupting it prints what was found so far.`
}

func (c scanCmd) Run(ctx context.Context, std stdio) error {
	buses, err := c.buses()
	if err != nil {
		return err
	}
	units, err := unitList(c.Units, buses[0].Transport != config.ModbusTCP)
	if err != nil {
		return err
	}
	kinds, err := kind.Builtin()
	if err != nil {
		return err
	}
	profiles, err := profilesFor(c.Config)
	if err != nil {
		return printErrors(std.err, err)
	}
	w := scanView{out: std.err, terminal: isTerminal(std.err)}
	r, err := survey.Scan(ctx, survey.Options{
		Buses: buses, Units: units, Knock: tableNames[c.Knock], Profiles: profiles, Kinds: kinds, Progress: w.show,
	})
	w.clear()
	if len(r.Units) > 0 {
		fmt.Fprintf(std.out, "# Found by steward scan on %s, units %s. Give each an id, an area and a name of yours.\n", setting(r.Bus), c.Units)
		if _, err := std.out.Write(r.YAML()); err != nil {
			return err
		}
	}
	switch {
	case errors.Is(err, context.Canceled):
		return fmt.Errorf("interrupted after %d of %d units on %s", r.Tried, len(units), setting(r.Bus))
	case err != nil:
		return err
	case len(r.Units) == 0:
		return fmt.Errorf("nobody answers on %s, units %s: check wiring, termination and unit numbers; "+
			"try --timeout 2s, --knock input, or on a serial line other --baud and --parity", setting(r.Bus), c.Units)
	}
	return nil
}

// scanView shows how a scan goes on: on a terminal in one line that changes,
// elsewhere only what is found.
type scanView struct {
	out      io.Writer
	terminal bool
	last     string // setting
}

func (w *scanView) show(p survey.Progress) {
	if p.Found != nil {
		w.clear()
		fmt.Fprintln(w.out, p.Found)
		return
	}
	if s := setting(p.Bus); s != w.last {
		w.clear()
		fmt.Fprintln(w.out, s)
		w.last = s
	}
	if !w.terminal {
		return
	}
	doing := "is anybody there?"
	if p.Profile != "" {
		doing = "answers; trying " + p.Profile
	}
	fmt.Fprintf(w.out, "\r\x1b[K%d of %d: unit %d %s", p.Done+1, p.Of, p.Unit, doing)
}

func (w *scanView) clear() {
	if w.terminal {
		fmt.Fprint(w.out, "\r\x1b[K")
	}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
