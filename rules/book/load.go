package book

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

// Source is one rule file's content.
type Source struct {
	Name string // in messages
	Data []byte
}

// ReadFolder reads every *.yaml of a folder, in order of their names. A
// folder that is not there holds none.
func ReadFolder(dir string) ([]Source, error) {
	names, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return nil, fmt.Errorf("rule files in %s: %w", dir, err)
	}
	slices.Sort(names)
	var out []Source
	for _, name := range names {
		data, err := readSmall(name)
		if err != nil {
			return nil, fmt.Errorf("rule file %s: %w", name, err)
		}
		out = append(out, Source{Name: name, Data: data})
	}
	return out, nil
}

// readSmall reads a regular file; one that is too large is read far enough
// for strict.Parse to say so.
func readSmall(name string) ([]byte, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errors.New("not a regular file")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, strict.MaxFile+1))
}

// Load makes the book of a site: the packs that ship, and over them the
// site's own files, whose overrides hold in their order. Without a site (nil)
// what is said of its assets and areas is not checked. What is wrong comes
// back as strict.Errors, of all files at once.
func Load(kinds *kind.Catalog, site *gateway.Site, packs, own []Source) (*Book, error) {
	l := loader{site: site, rules: map[string]*Rule{}, book: &Book{Service: DefaultService()}}
	seen := ids{}
	for _, src := range slices.Concat(packs, own) {
		f := read(src, kinds)
		f.declare(seen)
		l.files = append(l.files, f)
		for _, r := range f.rules {
			if _, twice := l.rules[r.ID]; r.ID != "" && !twice {
				l.rules[r.ID] = r
				l.ids = append(l.ids, r.ID)
				l.faults = append(l.faults, r.Fault)
			}
		}
	}
	slices.Sort(l.ids)
	slices.Sort(l.faults)
	l.faults = slices.Compact(l.faults)
	var errs strict.Errors
	for _, f := range l.files {
		l.references(f)
		l.overrides(f)
		f.service(&l.book.Service, l.ids)
		var e strict.Errors
		if errors.As(f.problems.Result(), &e) {
			errs = append(errs, e...)
		}
		l.book.Plans = append(l.book.Plans, f.Plans...)
	}
	if len(errs) > 0 {
		return nil, errs
	}
	for _, id := range l.ids {
		l.book.Rules = append(l.book.Rules, *l.rules[id])
	}
	slices.SortFunc(l.book.Plans, func(a, b Plan) int { return cmp.Compare(a.ID, b.ID) })
	return l.book, nil
}

// loader puts files together.
type loader struct {
	site   *gateway.Site
	files  []*File
	rules  map[string]*Rule
	ids    []string
	faults []string
	book   *Book
}

// references checks what a file's rules and plans say of others and of the
// site, and makes the overrides of rules that name their assets.
func (l *loader) references(f *File) {
	for i := range f.in.Rules {
		x, r := &f.in.Rules[i], f.rules[i]
		for _, id := range x.SuppressBy {
			by, ok := l.rules[id.V]
			switch {
			case !id.Set:
			case !ok:
				f.problems.Add(id.At, f.problems.Suggest(id.V, "rules", l.ids), "there is no rule %q", id.V)
			case id.V == r.ID:
				f.problems.Add(id.At, "want another rule", "rule %q would suppress itself", id.V)
			case by.Kind != r.Kind && by.Kind != "*" && r.Kind != "*":
				f.problems.Add(id.At, "want a rule of the same kind", "rule %q is of kind %s, this one of kind %s", id.V, by.Kind, r.Kind)
			}
		}
		if !x.Has("assets") {
			continue
		}
		o := Override{Rule: r.ID, Assets: l.assets(f, x.Assets, r.Kind), Place: r.Place, Apply: func(s *Settings) { s.Enabled = true }}
		if len(x.Assets) == 0 {
			f.problems.Add(x.Where("assets"), "want at least one, or leave it out for all of the kind", "there are no assets")
		}
		l.book.Overrides = append(l.book.Overrides, o)
	}
	for i := range f.in.Plans {
		x := &f.in.Plans[i]
		f.Plans[i].Assets = l.assets(f, x.Assets, x.Kind.V)
		if x.OnFault.Set && !slices.Contains(l.faults, x.OnFault.V) {
			f.problems.Add(x.OnFault.At, f.problems.Suggest(x.OnFault.V, "faults", l.faults), "no rule has the fault %q", x.OnFault.V)
		}
		if !x.Has("on_fault") {
			l.within(f, x, &f.Plans[i])
		}
	}
}

// within finds the plans that contain a plan.
func (l *loader) within(f *File, x *planBlock, p *Plan) {
	plans, ids := map[string]*planBlock{}, []string{}
	for _, other := range l.files {
		for k := range other.in.Plans {
			o := &other.in.Plans[k]
			plans[o.ID.V], ids = o, append(ids, o.ID.V)
		}
	}
	for _, id := range x.Within {
		if !id.Set {
			continue
		}
		o := plans[id.V]
		switch {
		case o == nil:
			f.problems.Add(id.At, f.problems.Suggest(id.V, "plans", ids), "there is no plan %q", id.V)
		case id.V == p.ID || slices.ContainsFunc(o.Within, func(i strict.Ident) bool { return i.V == p.ID }):
			f.problems.Add(id.At, "want one that contains it", "plan %q would contain itself", p.ID)
		case o.Kind.V != p.Kind || o.Has("on_fault"):
			f.problems.Add(id.At, "want a plan of the same kind", "plan %q is not for the kind %s", id.V, p.Kind)
		default:
			p.Within = append(p.Within, id.V)
		}
	}
}

// assets checks that assets are the site's and of a kind ("*" or empty: any).
func (l *loader) assets(f *File, list []strict.Ident, kind string) []gateway.AssetID {
	var out []gateway.AssetID
	for _, id := range list {
		if !id.Set {
			continue
		}
		out = append(out, gateway.AssetID(id.V))
		if l.site == nil {
			continue
		}
		i := slices.IndexFunc(l.site.Assets, func(a gateway.Asset) bool { return string(a.ID) == id.V })
		switch {
		case i < 0:
			names := make([]string, len(l.site.Assets))
			for i, a := range l.site.Assets {
				names[i] = string(a.ID)
			}
			f.problems.Add(id.At, f.problems.Suggest(id.V, "assets", names), "there is no asset %q", id.V)
		case kind != "" && kind != "*" && l.site.Assets[i].Kind != kind:
			f.problems.Add(id.At, "want kind: "+kind, "asset %q is of kind %s", id.V, l.site.Assets[i].Kind)
		}
	}
	return out
}

func (l *loader) areas(f *File, list []strict.Ident) []string {
	var out []string
	for _, id := range list {
		if !id.Set {
			continue
		}
		out = append(out, id.V)
		if l.site == nil || slices.ContainsFunc(l.site.Areas, func(a gateway.Area) bool { return a.ID == id.V }) {
			continue
		}
		names := make([]string, len(l.site.Areas))
		for i, a := range l.site.Areas {
			names[i] = a.ID
		}
		f.problems.Add(id.At, f.problems.Suggest(id.V, "areas", names), "there is no area %q", id.V)
	}
	return out
}

// DefaultService is what a company promises that has written nothing down:
// the response times of Steward's design, the 30 minutes of TSG T5002 for an
// entrapment, 24 h for simple and a plan within 72 h for complex work.
func DefaultService() Service {
	const day = 24 * time.Hour
	return Service{
		Respond:    map[duty.Priority]time.Duration{duty.P1: 5 * time.Minute, duty.P2: 15 * time.Minute, duty.P3: 4 * time.Hour, duty.P4: day},
		Entrapment: 30 * time.Minute, Repair: day, Plan: 3 * day, Warn: 0.25,
		Proof:      map[duty.Class]time.Duration{duty.ClassEmergency: 30 * time.Minute, duty.ClassSimple: 30 * time.Minute, duty.ClassComplex: 2 * time.Hour},
		Recurrence: 7 * day,
		Pausing:    []duty.WaitReason{duty.WaitParts, duty.WaitAccess, duty.WaitContractor},
	}
}
