package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/kind"
	"steward/gateway/store"
	"steward/rules"
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

// readRules reads the rules of a site file, or without one those that ship,
// and over them further files.
func readRules(config string, more ...book.Source) (*plant, error) {
	p := &plant{cfg: emptySite()}
	folder := ""
	if config != "" {
		var err error
		if p.cfg, err = loadSite(config, anySecret); err != nil {
			return nil, err
		}
		folder = filepath.Join(filepath.Dir(config), rulesFolder)
	}
	kinds, err := kind.Builtin()
	if err != nil {
		return nil, err
	}
	packs, err := pack.Sources()
	if err != nil {
		return nil, err
	}
	var own []book.Source
	if folder != "" {
		if own, err = book.ReadFolder(folder); err != nil {
			return nil, err
		}
	}
	var site *gateway.Site
	if config != "" {
		site = &p.cfg.Site
	}
	p.book, err = book.Load(kinds, site, packs, append(own, more...))
	return p, err
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

type rulesTestCmd struct {
	Dir    string `arg:"" help:"A folder of case files (*.yaml, also in folders below it), or one file."`
	Config string `placeholder:"FILE" help:"A site file: the rules and numbers in the folder rules beside it are in force."`
	Rules  string `placeholder:"DIR" help:"Or a folder of rule files, over those that ship."`
}

func (c rulesTestCmd) Run(std stdio) error {
	files, err := caseFiles(c.Dir)
	if err != nil {
		return err
	}
	own, err := c.own()
	if err != nil {
		return err
	}
	failed := 0
	for _, file := range files {
		ok, err := c.play(std, file, own)
		if err != nil {
			return err
		}
		if !ok {
			failed++
		}
	}
	fmt.Fprintf(std.out, "%d cases, %d failed\n", len(files), failed)
	if failed > 0 {
		return errReported
	}
	return nil
}

func (c rulesTestCmd) own() ([]book.Source, error) {
	switch {
	case c.Rules != "":
		if _, err := os.Stat(c.Rules); err != nil {
			return nil, err
		}
		return book.ReadFolder(c.Rules)
	case c.Config != "":
		return book.ReadFolder(filepath.Join(filepath.Dir(c.Config), rulesFolder))
	}
	return nil, nil
}

// play plays one case and writes what differs.
func (c rulesTestCmd) play(std stdio, file string, own []book.Source) (ok bool, err error) {
	kinds, err := kind.Builtin()
	if err != nil {
		return false, err
	}
	data, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	one, err := cases.Parse(file, data, kinds)
	if err != nil {
		_ = printErrors(std.out, err)
		return false, nil
	}
	packs, err := pack.Sources()
	if err != nil {
		return false, err
	}
	mine := slices.Clone(own)
	if text := one.Overrides(); text != "" {
		mine = append(mine, book.Source{Name: file + " numbers", Data: []byte(text)})
	}
	b, err := book.Load(kinds, nil, packs, mine)
	if err != nil {
		return false, printErrors(std.err, err)
	}
	if unknown := one.Unknown(b); len(unknown) > 0 {
		fmt.Fprintf(std.out, "FAIL  %s: %s\n      there is no rule or fault %s; rules of a site's own need --config or --rules\n",
			file, one.Name, strings.Join(unknown, ", "))
		return false, nil
	}
	r, err := cases.Run(one, b)
	if err != nil {
		return false, err
	}
	if r.OK() {
		fmt.Fprintf(std.out, "ok    %s: %s\n", file, one.Name)
		return true, nil
	}
	fmt.Fprintf(std.out, "FAIL  %s: %s (- expected, + happened)\n", file, one.Name)
	for _, line := range r.Diff() {
		fmt.Fprintf(std.out, "      %s\n", line)
	}
	return false, nil
}

// caseFiles lists the files of a folder and of those below it.
func caseFiles(dir string) (files []string, err error) {
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() && strings.HasSuffix(path, ".yaml") {
			files = append(files, path)
		}
		return err
	})
	if err == nil && len(files) == 0 {
		err = fmt.Errorf("there are no case files (*.yaml) in %s", dir)
	}
	return files, err
}

type rulesExplainCmd struct {
	Asset  string `arg:"" help:"The asset."`
	Config string `required:"" placeholder:"FILE" help:"The site file."`
	Data   string `default:"steward-data" placeholder:"DIR" help:"The gateway's data folder, as given to run (${default}); the gateway may be running."`
	Lang   string `enum:"zh,en," default:"" help:"zh or en; default: the site's language."`
}

func (c rulesExplainCmd) Run(ctx context.Context, std stdio) error {
	p, err := readRules(c.Config)
	if err != nil {
		return printErrors(std.err, err)
	}
	e, clock, err := c.restored(ctx, p)
	if err != nil {
		return err
	}
	all, err := e.Explain(gateway.AssetID(c.Asset))
	if errors.Is(err, duty.ErrUnknown) {
		return fmt.Errorf("the site has no asset %q", c.Asset)
	}
	if err != nil {
		return err
	}
	lang := cmp.Or(c.Lang, p.cfg.Site.Language)
	fmt.Fprintf(std.out, "%s as of %s\n", c.Asset, clock.In(zoneOf(&p.cfg.Site)).Format(time.DateTime+" MST"))
	if ids := strings.Join(e.Altered(), ", "); ids != "" {
		fmt.Fprintln(std.out, gateway.Text{
			ZH: "注意：磁盘上的规则与网关正在使用的不同（" + ids + "），以下按磁盘上的说明；重新加载后网关才会使用",
			EN: "note: the rules on disk are not those that the gateway goes by (" + ids + "); what follows is by those on disk, and the gateway takes them when it reloads",
		}.In(lang))
	}
	for _, x := range all {
		explain(std.out, x, lang, zoneOf(&p.cfg.Site))
	}
	return nil
}

// restored is the engine in the state that the gateway saved last.
func (c rulesExplainCmd) restored(ctx context.Context, p *plant) (*rules.Engine, time.Time, error) {
	e, d, err := p.judges()
	if err != nil {
		return nil, time.Time{}, err
	}
	r, err := store.OpenReadOnly(ctx, stateFolder(c.Data))
	if err != nil {
		return nil, time.Time{}, err
	}
	defer r.Close()
	saved, err := r.Load(ctx, p.cfg.Site.ID, rules.Parts(e, d))
	if err != nil {
		return nil, time.Time{}, err
	}
	if !saved.Found {
		return nil, time.Time{}, fmt.Errorf("the gateway of site %s has not saved anything in %s yet", p.cfg.Site.ID, c.Data)
	}
	e.Step(saved.Clock, nil)
	return e, saved.Clock, nil
}

// explain writes one rule: what it is, how it stands, and what it looks at.
func explain(w io.Writer, x duty.Explanation, lang string, zone *time.Location) {
	fmt.Fprintf(w, "\n%s %s %s: %s\n", x.ID, x.Priority, x.Title.In(lang), x.State)
	fmt.Fprintf(w, "  %s\n", x.Verdict.In(lang))
	if !x.Watching {
		return
	}
	fmt.Fprintf(w, "  condition: %s (%s)\n", x.Condition, x.Truth)
	for _, in := range x.Present {
		value := "-"
		if in.Number != nil {
			value = fmt.Sprintf("%.6g", *in.Number)
		}
		quality := in.Quality.String()
		if why := in.Words(); why.EN != "" {
			quality += ", " + why.In(lang)
		}
		fmt.Fprintf(w, "    %s = %s (%s", in.Name, value, quality)
		if !in.Time.IsZero() {
			fmt.Fprintf(w, ", %s", in.Time.In(zone).Format(time.TimeOnly))
		}
		fmt.Fprintln(w, ")")
	}
}

func zoneOf(s *gateway.Site) *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
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
