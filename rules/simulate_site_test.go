package rules

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/kind"
	"steward/rules/book"
	"steward/rules/pack"
	"steward/rules/ticket"
)

// simPlant is a site with its rules, as one loading of its files gives it.
type simPlant struct {
	site  *gateway.Site
	book  *book.Book
	units []ticket.Unit
	facts []duty.Fact
}

func (p *simPlant) judges(t testing.TB) (*Engine, *ticket.Desk) {
	t.Helper()
	e, err := New(Options{Site: p.site, Book: p.book, Facts: p.facts})
	if err != nil {
		t.Fatal(err)
	}
	return e, ticket.New(ticket.Options{Site: p.site, Units: p.units, Service: p.book.Service, Plans: p.book.Plans, View: e})
}

// shipped are the packs, read once: rules do not change once built.
var shipped = sync.OnceValues(func() (*book.Book, error) {
	kinds, err := kind.Builtin()
	if err != nil {
		return nil, err
	}
	packs, err := pack.Sources()
	if err != nil {
		return nil, err
	}
	return book.Load(kinds, nil, packs, nil)
})

var simKinds = sync.OnceValues(kind.Builtin)

// simSite makes up a site: a few assets of a few kinds that feed each other,
// some of them in flats.
func simSite(t testing.TB, rng *rand.Rand) *gateway.Site {
	t.Helper()
	kinds, err := simKinds()
	if err != nil {
		t.Fatal(err)
	}
	names := slices.DeleteFunc(kinds.Names(), func(n string) bool { k, _ := kinds.Kind(n); return len(k.Points) < 2 })
	rng.Shuffle(len(names), func(i, k int) { names[i], names[k] = names[k], names[i] })
	names = append(names[:2+rng.IntN(2)], "rain_gauge")
	site := &gateway.Site{ID: "sim", Language: []string{"zh", "en"}[rng.IntN(2)], Zone: time.FixedZone("", 8*3600),
		Areas: []gateway.Area{{ID: "a"}, {ID: "a-1", Parent: "a"}, {ID: "b"}}}
	for i := range 3 + rng.IntN(5) {
		k, _ := kinds.Kind(names[min(i, len(names)-1)])
		if i >= len(names) {
			k, _ = kinds.Kind(names[rng.IntN(len(names)-1)])
		}
		a := gateway.Asset{ID: gateway.AssetID(fmt.Sprintf("%s-%d", strings.ReplaceAll(k.Name, "_", "-"), i)), Kind: k.Name,
			Name: gateway.Text{ZH: "设备", EN: "Asset"}, Area: site.Areas[rng.IntN(3)].ID}
		if rng.IntN(3) == 0 {
			a.Unit = fmt.Sprintf("f%d", 1+rng.IntN(3))
		}
		for _, up := range site.Assets {
			if rng.IntN(3) == 0 {
				a.FedBy = append(a.FedBy, up.ID)
			}
		}
		for _, n := range rng.Perm(len(k.Points))[:min(2+rng.IntN(7), len(k.Points))] {
			p := k.Points[n]
			p.Fresh = []time.Duration{0, 15 * time.Second, time.Minute, 5 * time.Minute, 20 * time.Minute}[rng.IntN(5)]
			a.Points = append(a.Points, p)
		}
		site.Assets = append(site.Assets, a)
	}
	return site
}

// simBook makes up rules for a site, beside some of those that ship.
func simBook(t testing.TB, rng *rand.Rand, site *gateway.Site) *book.Book {
	t.Helper()
	kinds, err := simKinds()
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	b.WriteString("pack: sim\nrules:\n")
	for n := range 6 + rng.IntN(8) {
		b.WriteString(newSimRuler(rng, &site.Assets[rng.IntN(len(site.Assets))]).rule(n))
	}
	b.WriteString("  - {rule: RN-01, title: {zh: 雨, en: Rain}, kind: rain_gauge, priority: P3, ticket: none, silent: {for: 3m}}\n")
	own, err := book.Load(kinds, site, nil, []book.Source{{Name: "sim.yaml", Data: []byte(b.String())}})
	if err != nil {
		t.Fatalf("%v\n%s", err, b.String())
	}
	packs, err := shipped()
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range packs.Rules {
		if r.ID != "RN-01" && rng.IntN(2) == 0 {
			own.Rules = append(own.Rules, r)
		}
	}
	slices.SortFunc(own.Rules, func(a, b book.Rule) int { return strings.Compare(a.ID, b.ID) })
	own.Service = simService(rng)
	own.Plans = simPlans(rng, site)
	return own
}

func simService(rng *rand.Rand) book.Service {
	s := book.DefaultService()
	minutes := func(n int) time.Duration { return time.Duration(1+rng.IntN(n)) * time.Minute }
	s.Respond = map[duty.Priority]time.Duration{duty.P1: minutes(5), duty.P2: minutes(15), duty.P3: minutes(60)}
	s.Entrapment, s.Trapped = minutes(30), []string{"SM-00", "EL-01"}
	s.Repair, s.Plan, s.Recurrence = minutes(120), minutes(240), minutes(600)
	s.Proof = map[duty.Class]time.Duration{duty.ClassSimple: minutes(10), duty.ClassComplex: minutes(20), duty.ClassEmergency: minutes(5)}
	return s
}

func simPlans(rng *rand.Rand, site *gateway.Site) []book.Plan {
	plans := []book.Plan{{ID: "round", Title: gateway.Text{ZH: "巡查", EN: "Round"}, OnFault: "RN-01", Fact: "visited"}}
	a := site.Assets[rng.IntN(len(site.Assets))]
	plans = append(plans, book.Plan{ID: "service", Title: gateway.Text{ZH: "保养", EN: "Service"}, Kind: a.Kind,
		Every: time.Duration(1+rng.IntN(8)) * time.Hour, Warn: time.Duration(rng.IntN(50)) * time.Minute, Fact: "serviced"})
	for _, a := range site.Assets {
		for _, p := range a.Points {
			if p.Counter && len(plans) < 3 {
				plans = append(plans, book.Plan{ID: "worn", Title: gateway.Text{ZH: "更换", EN: "Worn"}, Kind: a.Kind, Counter: p.Name, By: 40})
			}
		}
	}
	slices.SortFunc(plans, func(a, b book.Plan) int { return strings.Compare(a.ID, b.ID) })
	return plans
}

// simRuler writes rules over points of an asset.
type simRuler struct {
	*rand.Rand
	a                        *gateway.Asset
	numbers, bools, counters []string // of its points
}

func newSimRuler(rng *rand.Rand, a *gateway.Asset) *simRuler {
	r := &simRuler{Rand: rng, a: a}
	for _, p := range a.Points {
		switch {
		case p.Counter:
			r.counters = append(r.counters, p.Name)
		case p.Type == gateway.Bool:
			r.bools = append(r.bools, p.Name)
		case p.Type == gateway.Float || p.Type == gateway.Int:
			r.numbers = append(r.numbers, p.Name)
		}
	}
	return r
}

func (r *simRuler) one(of ...string) string { return of[r.IntN(len(of))] }

// limit lies somewhere in a point's range.
func (r *simRuler) limit(name string) float64 {
	i := slices.IndexFunc(r.a.Points, func(p gateway.Point) bool { return p.Name == name })
	lo, hi := simRange(&r.a.Points[i])
	return float64(int((lo + (hi-lo)*(0.3+0.4*r.Float64()))))
}

// condition is one of those that the asset's points allow.
func (r *simRuler) condition() string {
	of := []func() string{r.silence}
	if len(r.numbers) > 0 {
		of = append(of, r.overNumbers, r.overNumbers)
	}
	if len(r.bools) > 0 {
		of = append(of, r.overBools, r.overBools)
	}
	if len(r.counters) > 0 {
		of = append(of, func() string {
			return fmt.Sprintf(`let: {more: {of: %s, take: increase, over: %s}}, when: "more > 12"`, r.one(r.counters...), r.one("5m", "30m"))
		})
	}
	return of[r.IntN(len(of))]()
}

func (r *simRuler) silence() string {
	return r.one("silent: {for: 90s}", "silent: {for: 4m}", "silent: {for: 15m}", "silent: {periods: 3, least: 1m}",
		`let: {still: {age: true}, since: {fact: serviced, take: age, need: true}}, when: "still > 200 or since > 4000"`)
}

func (r *simRuler) overNumbers() string {
	p, q := r.one(r.numbers...), r.one(r.numbers...)
	switch r.IntN(6) {
	case 0:
		return fmt.Sprintf("high: {point: %s, limit: %v}", p, r.limit(p))
	case 1:
		return fmt.Sprintf("low: {point: %s, limit: %v}", p, r.limit(p))
	case 2:
		return fmt.Sprintf(`when: "%s > %v or %s < %v"`, p, r.limit(p), q, r.limit(q))
	case 3:
		return fmt.Sprintf(`let: {w: {of: %s, take: %s, over: %s}}, when: "w > %v"`, p, r.one("mean", "min", "max", "median"), r.one("30s", "3m", "20m"), r.limit(p))
	case 4:
		return fmt.Sprintf(`let: {w: {of: %s, take: %s, over: %s}}, when: "w > 3"`, p, r.one("stddev", "delta", "rate", "count", "edges"), r.one("1m", "7m", "25m"))
	}
	return fmt.Sprintf(`let: {r: {from: %s, kind: %s, point: %s, take: %s}}, when: "r > %v"`, r.one("area", "site", "fed_by", "feeds"), r.a.Kind, p, r.one("max", "mean", "min"), r.limit(p))
}

func (r *simRuler) overBools() string {
	p, q := r.one(r.bools...), r.one(r.bools...)
	switch r.IntN(6) {
	case 0:
		return "when: " + p
	case 1:
		return fmt.Sprintf(`let: {d: {of: %s, take: duration, over: %s}}, when: "d > 40"`, p, r.one("2m", "10m"))
	case 2:
		return fmt.Sprintf(`let: {n: {of: %s, take: %s, over: %s}}, when: "n >= 2"`, p, r.one("edges", "rises"), r.one("2m", "15m"))
	case 3:
		return fmt.Sprintf(`let: {late: {between: ["10:30", "11:15"]}}, when: "%s and late"`, p)
	case 4:
		return fmt.Sprintf(`let: {vacant: {fact: vacant, of: unit}}, when: "vacant and not %s"`, p)
	}
	return fmt.Sprintf(`let: {r: {from: %s, kind: %s, point: %s, take: %s}}, when: "r", suppress_when: "%s"`, r.one("area", "site", "fed_by"), r.a.Kind, p, r.one("any", "all"), q)
}

// rule writes the n-th rule.
func (r *simRuler) rule(n int) string {
	extra := ""
	if r.IntN(3) == 0 {
		extra += ", latch: true"
	}
	if r.IntN(3) == 0 {
		extra += ", realarm: " + r.one("5m", "40m")
	}
	if r.IntN(3) == 0 {
		extra += ", supply: " + r.one("cause", "consequence", "both")
	}
	if n > 0 && r.IntN(4) == 0 {
		extra += fmt.Sprintf(", fault: SM-%02d", r.IntN(n))
	}
	return fmt.Sprintf("  - {rule: SM-%02d, title: {zh: 题, en: Title %d}, kind: %s, priority: %s, ticket: %s, trade: mechanic, on_delay: %s, off_delay: %s, %s%s}\n", n, n, r.a.Kind,
		r.one("P1", "P2", "P3", "P4"), r.one("emergency", "simple", "complex", "planned", "none"), r.one("0s", "0s", "5s", "45s", "3m"),
		r.one("0s", "10s", "2m"), r.condition(), extra)
}

// simRange is where a point's numbers lie.
func simRange(p *gateway.Point) (lo, hi float64) {
	lo, hi = 0, 100
	if p.Min != nil {
		lo = max(*p.Min, -1000)
	}
	if p.Max != nil {
		hi = min(*p.Max, 1000)
	}
	return lo, max(hi, lo+1)
}

// simPlants is a site as its files say at first, and as they say later: an
// asset less, a rule less, another number.
func simPlants(t testing.TB, rng *rand.Rand) []*simPlant {
	first := &simPlant{site: simSite(t, rng), units: []ticket.Unit{{ID: "f1", Area: "a-1"}, {ID: "f2", Area: "b"}, {ID: "f3"}},
		facts: []duty.Fact{{Name: "vacant", Unit: "f1", Number: 1}}}
	first.book = simBook(t, rng, first.site)
	fewer := *first
	site := *first.site
	site.Assets = site.Assets[:len(site.Assets)-1]
	fewer.site = &site
	other := *first
	rules := *first.book
	gone := rng.IntN(len(rules.Rules))
	changed := rules.Rules[(gone+1)%len(rules.Rules)].ID
	rules.Rules = slices.Delete(slices.Clone(rules.Rules), gone, gone+1)
	rules.Overrides = []book.Override{{Rule: changed, Apply: func(s *book.Settings) { s.OnDelay, s.Priority = s.OnDelay+7*time.Second, duty.P1 }}}
	other.book = &rules
	return []*simPlant{first, &fewer, &other}
}

// loud fails a test on what only a mistake of ours can log.
type loud struct {
	slog.Handler
	t testing.TB
}

func newLoud(t testing.TB) *slog.Logger { return slog.New(loud{slog.DiscardHandler, t}) }

func (l loud) Enabled(_ context.Context, level slog.Level) bool { return level >= slog.LevelError }

func (l loud) Handle(_ context.Context, r slog.Record) error {
	r.Attrs(func(a slog.Attr) bool { l.t.Logf("%s", a); return true })
	l.t.Errorf("logged: %s", r.Message)
	return nil
}

// newQuiet logs nothing and fails on nothing.
func newQuiet(testing.TB) *slog.Logger { return slog.New(slog.DiscardHandler) }
