package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"text/tabwriter"

	"steward/drivers/profile"
	"steward/gateway"
	"steward/gateway/config"
	"steward/gateway/kind"
)

type profilesCmd struct {
	List   profilesListCmd   `cmd:"" help:"List the device profiles: what they are of, over what, and how much of them was seen in a source."`
	Show   profilesShowCmd   `cmd:"" help:"Show one profile: its points with addresses or paths, units and sources."`
	Check  profilesCheckCmd  `cmd:"" help:"Check profile files and print every error in them."`
	Schema profilesSchemaCmd `cmd:"" help:"Print the JSON Schema of profile files."`
}

// profilesFor returns the profiles that ship, under those beside a site file
// where one is named.
func profilesFor(site string) (config.Profiles, error) {
	shipped, err := profile.Builtin()
	if err != nil || site == "" {
		return shipped, err
	}
	if _, err := os.Stat(site); err != nil {
		return nil, err
	}
	own := filepath.Join(filepath.Dir(site), "profiles")
	if _, err := os.Stat(own); err != nil {
		return shipped, nil
	}
	set, err := profile.Dir(own)
	if err != nil {
		return nil, err
	}
	return layers{set, shipped}, nil
}

type profilesListCmd struct {
	Config string `placeholder:"FILE" help:"A site file: the profiles in the folder profiles beside it are listed too."`
	Kind   string `placeholder:"KIND" help:"Only those of one kind, such as pump."`
}

func (c profilesListCmd) Run(std stdio) error {
	set, err := profilesFor(c.Config)
	if err != nil {
		return printErrors(std.err, err)
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "PROFILE\tKIND\tOVER\tPOINTS\tVERIFIED\tDEVICE")
	for _, name := range set.Names() {
		p, _ := set.Profile(name)
		if c.Kind != "" && p.Kind != c.Kind {
			continue
		}
		all, verified := verifiedOf(&p)
		fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d %%\t%s %s\n", name, p.Kind, p.Protocol, all, 100*verified/max(all, 1), p.Vendor, p.Model)
	}
	return w.Flush()
}

// verifiedOf counts a profile's mappings, and those seen in a source.
func verifiedOf(p *config.Profile) (all, verified int) {
	count := func(v bool) {
		all++
		if v {
			verified++
		}
	}
	for _, x := range p.Points {
		count(x.Verified)
	}
	for _, t := range p.Topics {
		for _, f := range t.Fields {
			count(f.Verified)
		}
	}
	for _, x := range p.Metrics {
		count(x.Verified)
	}
	return all, verified
}

type profilesShowCmd struct {
	Name   string `arg:"" help:"The profile's name."`
	Config string `placeholder:"FILE" help:"A site file: the profiles in the folder profiles beside it are known too."`
}

func (c profilesShowCmd) Run(std stdio) error {
	set, err := profilesFor(c.Config)
	if err != nil {
		return printErrors(std.err, err)
	}
	p, ok := set.Profile(c.Name)
	if !ok {
		return fmt.Errorf("there is no profile %q: steward profiles list shows them", c.Name)
	}
	kinds, err := kind.Builtin()
	if err != nil {
		return err
	}
	k, _ := kinds.Kind(p.Kind)
	all, verified := verifiedOf(&p)
	fmt.Fprintf(std.out, "%s: %s / %s\nkind %s (%s / %s), over %s, %d points, %d of them seen in a source\n",
		p.Name, p.Title.ZH, p.Title.EN, p.Kind, k.Title.ZH, k.Title.EN, p.Protocol, all, verified)
	for _, s := range p.Sources {
		fmt.Fprintln(std.out, "source:", s)
	}
	if p.Protocol == "modbus" {
		return showRegisters(std.out, &p, k)
	}
	return showTopics(std.out, &p, k)
}

func showRegisters(out io.Writer, p *config.Profile, k kind.Kind) error {
	l := p.Limits
	fmt.Fprintf(out, "read every %v, at most %d registers or %d bits in one request, gaps of up to %d\n", p.Interval, l.MaxRegisters, l.MaxBits, l.MaxGap)
	for _, h := range l.Holes {
		fmt.Fprintf(out, "never touched: %s %d to %d\n", h.Table, h.First, h.Last)
	}
	if h := l.Watch; h != nil {
		fmt.Fprintf(out, "life sign: %s %d, lost after %d equal readings\n", h.Table, h.Address, h.Polls)
	}
	for i := range p.Factors {
		f := &p.Factors[i]
		number := formula(f.Transform, gateway.Point{})
		if f.Power {
			number = "10 to the power of " + number
		}
		fmt.Fprintf(out, "factor %s: %s, %s %d, %s\n", f.Point, number, f.Table, f.Address, shape(&f.Register))
	}
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nPOINT\tTABLE\tADDRESS\tTYPE\tVALUE\tUNIT\tPLAUSIBLE\tNOTE")
	for i := range p.Points {
		r := &p.Points[i]
		pt, _ := k.Point(r.Point)
		var na []string
		for _, v := range r.NA {
			na = append(na, fmt.Sprintf("%#x", v))
		}
		fmt.Fprintf(w, "%s\t%s\t%d\t%s\t%s\t%s\t%s\t%s\n", r.Point, r.Table, r.Address, shape(r),
			strings.Join(append([]string{formula(r.Transform, pt)}, r.ScaleBy...), " × "), orDash(pt.Unit), plausible(r.Transform), notes(r.Verified, na))
	}
	return w.Flush()
}

func showTopics(out io.Writer, p *config.Profile, k kind.Kind) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	row := func(where string, f *config.Field) {
		pt, _ := k.Point(f.Point)
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", f.Point, where, formula(f.Transform, pt), orDash(pt.Unit),
			plausible(f.Transform), notes(f.Verified, f.NA))
	}
	const head = "POINT\tPATH\tVALUE\tUNIT\tPLAUSIBLE\tNOTE"
	for i := range p.Topics {
		t := &p.Topics[i]
		fmt.Fprintf(w, "\ntopic %s (%s)\n", t.Filter, t.Format)
		if a := t.Availability; a != nil {
			fmt.Fprintf(w, "says whether the device is there: %s; or gone: %s\n", strings.Join(a.Online, ", "), strings.Join(a.Offline, ", "))
		}
		if len(t.Fields) > 0 {
			fmt.Fprintln(w, head)
		}
		for j := range t.Fields {
			f := &t.Fields[j]
			where := orDash(f.Path)
			if f.TopicPart > 0 {
				where = "level " + strconv.Itoa(f.TopicPart) + " of the topic"
			}
			row(where, f)
		}
	}
	if len(p.Metrics) > 0 {
		fmt.Fprintln(w, "\nmetrics of a Sparkplug device\n"+head)
	}
	for i := range p.Metrics {
		row(p.Metrics[i].Name, &p.Metrics[i].Field)
	}
	return w.Flush()
}

// shape is how a register makes a number.
func shape(r *config.Register) string {
	s := string(r.Encoding)
	switch {
	case r.Bit >= 0 && r.Bits <= 1:
		s = "bit " + strconv.Itoa(r.Bit)
	case r.Bit >= 0:
		s = fmt.Sprintf("bits %d to %d", r.Bit, r.Bit+r.Bits-1)
	case r.LowFirst:
		s += ", low word first"
	case r.LowWord != nil:
		s += fmt.Sprintf(", low word at %d", *r.LowWord)
	}
	return s
}

// formula is how a raw number becomes the value.
func formula(t config.Transform, p gateway.Point) string {
	switch {
	case t.Enum != nil:
		return fmt.Sprintf("one of %d", len(t.Enum))
	case p.Type == gateway.Bool && t.Invert:
		return "inverted"
	case p.Type == gateway.Bool:
		return "as it is"
	}
	s := "raw"
	if t.Scale != 1 && t.Scale != 0 {
		s += " × " + strconv.FormatFloat(t.Scale, 'g', 6, 64)
	}
	if t.Offset != 0 {
		s += fmt.Sprintf(" %+g", t.Offset)
	}
	return s
}

func plausible(t config.Transform) string {
	if t.Min == nil && t.Max == nil {
		return "any"
	}
	bound := func(f *float64) string {
		if f == nil {
			return "…"
		}
		return strconv.FormatFloat(*f, 'g', 8, 64)
	}
	return bound(t.Min) + " to " + bound(t.Max)
}

func notes(verified bool, na []string) string {
	var out []string
	if !verified {
		out = append(out, "not verified: compare with the display")
	}
	if len(na) > 0 {
		out = append(out, strings.Join(na, " ")+" is not available")
	}
	return strings.Join(out, "; ")
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return s
}

type profilesCheckCmd struct {
	Files []string `arg:"" placeholder:"FILE" help:"Profile files; their codes are looked for in codes/*.yaml beside them too."`
}

func (c profilesCheckCmd) Run(std stdio) error {
	failed := false
	for _, file := range c.Files {
		p, err := profile.File(file)
		if err != nil {
			failed = true
			if err := printErrors(std.err, err); !errors.Is(err, errReported) {
				fmt.Fprintln(std.err, err)
			}
			continue
		}
		for _, w := range p.Warnings {
			fmt.Fprintln(std.err, w)
		}
		all, verified := verifiedOf(&p)
		fmt.Fprintf(std.out, "%s: ok: %s, a %s over %s, %d points, %d not verified\n", file, p.Name, p.Kind, p.Protocol, all, all-verified)
	}
	if failed {
		return errReported
	}
	return nil
}

type profilesSchemaCmd struct{}

func (profilesSchemaCmd) Run(std stdio) error {
	schema, err := config.ProfileSchema()
	if err != nil {
		return err
	}
	_, err = std.out.Write(schema)
	return err
}
