package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"math"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
	"steward/rules/cases"
	"steward/rules/pack"
)

type rulesCmd struct {
	Check    rulesCheckCmd    `cmd:"" help:"Check rule files and print every error in them."`
	List     rulesListCmd     `cmd:"" help:"List the rules and what they watch."`
	Show     rulesShowCmd     `cmd:"" help:"Show one rule: condition, numbers in force, what it watches."`
	Test     rulesTestCmd     `cmd:"" help:"Play case files: readings in, alarms and tickets out."`
	Explain  rulesExplainCmd  `cmd:"" help:"Say of every rule of an asset why it is or is not alarming."`
	Backtest rulesBacktestCmd `cmd:"" help:"Play stored history through a rule, beside the one in force."`
	Schema   rulesSchemaCmd   `cmd:"" help:"Print the JSON Schema of rule files, or of case files."`
}

type rulesCheckCmd struct {
	Config string   `placeholder:"FILE" help:"A site file: its assets are known then, and the rules in the folder rules beside it are checked too."`
	Files  []string `arg:"" optional:"" help:"Rule files, over those that ship."`
}

func (c rulesCheckCmd) Run(std stdio) error {
	var sources []book.Source
	for _, name := range c.Files {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		sources = append(sources, book.Source{Name: name, Data: data})
	}
	p, err := readRules(c.Config, sources...)
	if err != nil {
		return printErrors(std.err, err)
	}
	e, _, err := p.judges()
	if err != nil {
		return err
	}
	if c.Config != "" {
		if err := warnIdle(std.err, p.book, e.Rules()); err != nil {
			return err
		}
	}
	needs, watching, assets := 0, 0, map[gateway.AssetID]bool{}
	for _, r := range e.Rules() {
		if r.Needs != (gateway.Text{}) {
			needs++
		}
		if len(r.Assets) > 0 {
			watching++
		}
		for _, a := range r.Assets {
			assets[a] = true
		}
	}
	fmt.Fprintf(std.out, "ok: %d rules, %d of them wait for a signal that no profile has yet\n", len(p.book.Rules), needs)
	if c.Config != "" {
		fmt.Fprintf(std.out, "%d of them watch %d of %d assets, %d overrides; steward rules list --inactive --config %s says what is missing\n",
			watching, len(assets), len(p.cfg.Site.Assets), len(p.book.Overrides), c.Config)
	}
	return nil
}

// warnIdle names the rules that somebody wrote for this site and that watch
// nothing there: those that ship need not all fit.
func warnIdle(w io.Writer, b *book.Book, rules []duty.Rule) error {
	packs, err := pack.Sources()
	if err != nil {
		return err
	}
	place := map[string]string{}
	for i := range b.Rules {
		r := &b.Rules[i]
		if !slices.ContainsFunc(packs, func(s book.Source) bool { return strings.HasPrefix(r.Place, s.Name+":") }) {
			place[r.ID] = r.Place
		}
	}
	for _, r := range rules {
		if place[r.ID] == "" || len(r.Assets) > 0 {
			continue
		}
		why := "the site has no asset of kind " + r.Kind
		if len(r.Inactive) > 0 {
			why = string(r.Inactive[0].Asset) + ": " + r.Inactive[0].Why.EN
		}
		fmt.Fprintf(w, "%s: warning: rule %s watches no asset: %s\n", place[r.ID], r.ID, why)
	}
	return nil
}

type rulesListCmd struct {
	Config   string `placeholder:"FILE" help:"A site file: only the rules that watch something there, and what."`
	Inactive bool   `help:"Only what is not watched, and why."`
	All      bool   `help:"With a site file: also the rules that watch nothing there."`
	Lang     string `enum:"zh,en," default:"" help:"zh or en; default: the site's language for what is not watched, and both for titles."`
}

func (c rulesListCmd) Run(std stdio) error {
	p, err := readRules(c.Config)
	if err != nil {
		return printErrors(std.err, err)
	}
	e, _, err := p.judges()
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(std.out, 0, 0, 2, ' ', 0)
	for _, r := range e.Rules() {
		switch {
		case c.Inactive:
			writeInactive(w, r, inLanguage(cmp.Or(c.Lang, p.cfg.Site.Language)))
		case c.Config == "" || c.All || len(r.Assets) > 0:
			title := r.Title.ZH + "\t" + r.Title.EN
			if c.Lang != "" {
				title = r.Title.In(c.Lang)
			}
			fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", r.ID, r.Priority, r.Kind, r.Class, title, watched(r))
		}
	}
	return w.Flush()
}

// inLanguage picks one language; inBoth writes them beside each other.
func inLanguage(lang string) func(gateway.Text) string {
	return func(t gateway.Text) string { return t.In(lang) }
}

func inBoth(t gateway.Text) string {
	if t.ZH == t.EN {
		return t.EN
	}
	return t.ZH + " / " + t.EN
}

// watched names some of a rule's assets.
func watched(r duty.Rule) string {
	if r.Needs != (gateway.Text{}) {
		return "inactive"
	}
	const some = 4
	var names []string
	for _, a := range r.Assets[:min(some, len(r.Assets))] {
		names = append(names, string(a))
	}
	if more := len(r.Assets) - some; more > 0 {
		names = append(names, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(names, ", ")
}

type rulesShowCmd struct {
	Rule   string `arg:"" help:"The rule's id, such as PW-01."`
	Config string `placeholder:"FILE" help:"A site file: the numbers are those in force there, asset by asset."`
}

func (c rulesShowCmd) Run(std stdio) error {
	p, err := readRules(c.Config)
	if err != nil {
		return printErrors(std.err, err)
	}
	i := slices.IndexFunc(p.book.Rules, func(r book.Rule) bool { return r.ID == c.Rule })
	if i < 0 {
		return fmt.Errorf("there is no rule %q: steward rules list lists them", c.Rule)
	}
	r := &p.book.Rules[i]
	fmt.Fprintf(std.out, "%s %s / %s (%s)\n%s\n%s\n", r.ID, r.Title.ZH, r.Title.EN, r.Place, r.Why.ZH, r.Why.EN)
	fmt.Fprintf(std.out, "first: %s / %s\nsource: %s\n", r.FirstAction.ZH, r.FirstAction.EN, r.Source)
	if r.Needs != (gateway.Text{}) {
		fmt.Fprintf(std.out, "inactive: needs %s\n", inBoth(r.Needs))
		return nil
	}
	fmt.Fprintf(std.out, "condition: %s\n", strings.Join(strings.Fields(r.Text), " "))
	writeSettings(std.out, "as it ships", r, r.Defaults)
	if c.Config == "" {
		return nil
	}
	e, _, err := p.judges()
	if err != nil {
		return err
	}
	for _, d := range e.Rules() {
		if d.ID != r.ID {
			continue
		}
		for _, a := range p.cfg.Site.Assets {
			if slices.Contains(d.Assets, a.ID) {
				writeSettings(std.out, string(a.ID), r, p.book.Settings(r, &p.cfg.Site, &a))
			}
		}
		writeInactive(std.out, d, inBoth)
	}
	return nil
}

// writeSettings writes the numbers of a rule as they are in force somewhere.
func writeSettings(w io.Writer, where string, r *book.Rule, s book.Settings) {
	parts := []string{s.Priority.String(), "on_delay " + s.OnDelay.String(), "off_delay " + s.OffDelay.String()}
	if s.Latch {
		parts = append(parts, "latch")
	}
	if !s.Enabled {
		parts = append(parts, "off")
	}
	for _, name := range slices.Sorted(maps.Keys(s.Numbers)) {
		number := "not set"
		if n := s.Numbers[name]; !math.IsNaN(n) {
			number = book.Quantity(n, r.NumberUnit(name))
		}
		parts = append(parts, name+" "+number)
	}
	fmt.Fprintf(w, "%s: %s\n", where, strings.Join(parts, ", "))
}

// writeInactive writes what keeps a rule from watching: for all of its kind,
// or asset by asset.
func writeInactive(w io.Writer, r duty.Rule, say func(gateway.Text) string) {
	if r.Needs != (gateway.Text{}) {
		fmt.Fprintf(w, "%s\t%s\t%s\n", r.ID, r.Kind, say(gateway.Text{ZH: "需要 " + r.Needs.In("zh"), EN: "needs " + r.Needs.In("en")}))
		return
	}
	why := map[gateway.Text][]string{}
	var order []gateway.Text
	for _, x := range r.Inactive {
		if why[x.Why] == nil {
			order = append(order, x.Why)
		}
		why[x.Why] = append(why[x.Why], string(x.Asset))
	}
	for _, reason := range order {
		fmt.Fprintf(w, "%s\t%s\t%s: %s\n", r.ID, r.Kind, strings.Join(why[reason], ", "), say(reason))
	}
}

type rulesSchemaCmd struct {
	Cases bool `help:"Of case files instead of rule files."`
}

func (c rulesSchemaCmd) Run(std stdio) error {
	make := book.Schema
	if c.Cases {
		make = cases.Schema
	}
	schema, err := make()
	if err != nil {
		return err
	}
	_, err = std.out.Write(append(schema, '\n'))
	return err
}
