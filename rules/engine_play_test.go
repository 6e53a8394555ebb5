package rules

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/kind"
	"steward/rules/book"
)

// morning is when the plays begin: Monday, 3 March 2025, 10:00 in Shanghai.
var morning = time.Date(2025, 3, 3, 2, 0, 0, 0, time.UTC)

// house is the site of the plays. Assets have only the points named; each is
// fresh for a minute unless another time stands behind it, as in "flow/1h"
// ("/0": for ever).
func house(t testing.TB, zone string, assets ...string) *gateway.Site {
	t.Helper()
	kinds := catalog(t)
	z, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	site := &gateway.Site{ID: "garden", Language: "en", Zone: z, Areas: []gateway.Area{{ID: "tower-a"}, {ID: "a-1", Parent: "tower-a"}, {ID: "tower-b"}}}
	for _, line := range assets { // "pump-1 pump area=a-1 unit=101 fed_by=meter running flow/1h"
		words := strings.Fields(line)
		k, ok := kinds.Kind(words[1])
		if !ok {
			t.Fatalf("no kind %s", words[1])
		}
		a := gateway.Asset{ID: gateway.AssetID(words[0]), Kind: words[1], Area: "tower-a"}
		for _, w := range words[2:] {
			if key, v, ok := strings.Cut(w, "="); ok {
				switch key {
				case "area":
					a.Area = v
				case "unit":
					a.Unit = v
				case "fed_by":
					a.FedBy = append(a.FedBy, gateway.AssetID(v))
				}
				continue
			}
			name, fresh, _ := strings.Cut(w, "/")
			p, ok := k.Point(name)
			if !ok {
				t.Fatalf("%s has no point %s", words[1], name)
			}
			p.Fresh = time.Minute
			if fresh == "0" {
				p.Fresh = 0
			} else if fresh != "" {
				p.Fresh = span(t, fresh)
			}
			a.Points = append(a.Points, p)
		}
		site.Assets = append(site.Assets, a)
	}
	return site
}

var builtin = sync.OnceValues(kind.Builtin)

func catalog(t testing.TB) *kind.Catalog {
	t.Helper()
	kinds, err := builtin()
	if err != nil {
		t.Fatal(err)
	}
	return kinds
}

// span reads 90s, 25h or 3d, or several: 1d2h.
func span(t testing.TB, s string) time.Duration {
	t.Helper()
	days, rest, has := strings.Cut(s, "d")
	if !has {
		days, rest = "0", s
	}
	if rest == "" {
		rest = "0s"
	}
	n, err := strconv.Atoi(days)
	d, err2 := time.ParseDuration(rest)
	if err != nil || err2 != nil {
		t.Fatalf("bad time %q", s)
	}
	return time.Duration(n)*24*time.Hour + d
}

func load(t testing.TB, site *gateway.Site, rules string) *book.Book {
	t.Helper()
	kinds := catalog(t)
	const head = "why: {zh: 因, en: why}, first_action: {zh: 做, en: do}, source: test, ticket: simple, trade: plumber, title: {zh: 题, en: title}"
	text := strings.ReplaceAll("pack: test\n"+strings.ReplaceAll(rules, "\t", "  "), "HEAD", head)
	b, err := book.Load(kinds, site, nil, []book.Source{{Name: "test.yaml", Data: []byte(text)}})
	if err != nil {
		t.Fatalf("%v\n%s", err, text)
	}
	return b
}

// stage is an engine with what it said.
type stage struct {
	t    testing.TB
	site *gateway.Site
	book *book.Book
	e    *Engine
	said []duty.Transition
	each func(*stage)                    // after each line
	idle func(s *stage, until time.Time) // before each line
}

func open(t testing.TB, site *gateway.Site, b *book.Book) *stage {
	t.Helper()
	e, err := New(Options{Site: site, Book: b})
	if err != nil {
		t.Fatal(err)
	}
	return &stage{t: t, site: site, book: b, e: e}
}

// play runs lines of "when who what…", when being a time since the morning:
//
//	10s pump-1 running=1 flow=bad    a reading; bad, uncertain and lost are qualities
//	10s pump-1 @5s running=1         a reading measured at 5s
//	1m                               nothing but time
//	1m fact vacant of=101 1 until=2h what a person tells; of an asset, a unit or the site
//	1m ack, 1m resume                of the only alarm; the gateway was not running
func (s *stage) play(lines string) *stage {
	s.t.Helper()
	for line := range strings.Lines(lines) {
		words := strings.Fields(line)
		if len(words) == 0 || strings.HasPrefix(words[0], "#") {
			continue
		}
		now := morning.Add(span(s.t, words[0]))
		if s.idle != nil && (len(words) < 2 || words[1] != "resume") {
			s.idle(s, now)
		}
		switch {
		case len(words) == 1:
			s.said = append(s.said, s.e.Step(now, nil)...)
		case words[1] == "resume":
			s.e.Resume(now)
		case words[1] == "fact":
			s.act(now, duty.Action{Do: duty.DoSetFact, By: "ann", Fact: s.fact(words[2:])})
		case words[1] == "ack":
			alarms := s.e.Alarms()
			if len(alarms) != 1 {
				s.t.Fatalf("%s: %d alarms to acknowledge", words[0], len(alarms))
			}
			s.act(now, duty.Action{Do: duty.DoAcknowledge, By: "ann", Alarm: alarms[0].ID})
		default:
			s.said = append(s.said, s.e.Step(now, []gateway.Reading{s.reading(now, words[1:])})...)
		}
		if s.each != nil {
			s.each(s)
		}
	}
	return s
}

func (s *stage) act(now time.Time, a duty.Action) {
	s.t.Helper()
	said, err := s.e.Act(now, a)
	if err != nil {
		s.t.Fatal(err)
	}
	s.said = append(s.said, said...)
}

func (s *stage) fact(words []string) *duty.Fact {
	f := &duty.Fact{Name: words[0]}
	for _, w := range words[1:] {
		switch key, v, has := strings.Cut(w, "="); {
		case !has:
			x, err := strconv.ParseFloat(w, 64)
			if err != nil {
				s.t.Fatal(err)
			}
			f.Number = x
		case key == "until":
			f.Until = morning.Add(span(s.t, v))
		case slices.ContainsFunc(s.site.Assets, func(a gateway.Asset) bool { return string(a.ID) == v }):
			f.Asset = gateway.AssetID(v)
		default:
			f.Unit = v
		}
	}
	return f
}

func (s *stage) reading(now time.Time, words []string) gateway.Reading {
	r := gateway.Reading{Asset: gateway.AssetID(words[0]), Time: now, Received: now}
	for _, w := range words[1:] {
		if at, ok := strings.CutPrefix(w, "@"); ok {
			r.Time = morning.Add(span(s.t, at))
			continue
		}
		point, v, _ := strings.Cut(w, "=")
		if q, err := gateway.ParseQuality(v); err == nil {
			x := gateway.NotGood(point, q, "test")
			if q == gateway.QualityUncertain {
				x.Number = 1
			}
			r.Values = append(r.Values, x)
			continue
		}
		n, err := strconv.ParseFloat(v, 64)
		if err != nil {
			s.t.Fatal(err)
		}
		r.Values = append(r.Values, gateway.Good(point, n))
	}
	return r
}

// says gives the transitions, one a line: "when event rule asset". Marks are
// the alarm table's own business.
func (s *stage) says() string {
	var b strings.Builder
	for _, t := range s.said {
		if t.Event == duty.EventMark {
			continue
		}
		since := t.At.Sub(morning)
		days := ""
		if d := since / (24 * time.Hour); d > 0 {
			days = fmt.Sprintf("%dd", d)
			since -= d * 24 * time.Hour
		}
		fmt.Fprintf(&b, "%s%s %s %s %s\n", days, since, t.Event, t.Alarm.Rule, t.Alarm.Asset)
	}
	return b.String()
}

// want compares what was said with lines that may be indented.
func (s *stage) want(lines string) {
	s.t.Helper()
	var b strings.Builder
	for line := range strings.Lines(lines) {
		if words := strings.Fields(line); len(words) > 0 {
			since := span(s.t, words[0])
			days := ""
			if d := since / (24 * time.Hour); d > 0 {
				days = fmt.Sprintf("%dd", d)
				since -= d * 24 * time.Hour
			}
			words[0] = days + since.String()
			b.WriteString(strings.Join(words, " ") + "\n")
		}
	}
	if got := s.says(); got != b.String() {
		s.t.Errorf("said\n%swant\n%s", got, b.String())
	}
}

// bytes is what was said, to be compared byte for byte.
func (s *stage) bytes() string {
	b, err := json.Marshal(s.said)
	if err != nil {
		s.t.Fatal(err)
	}
	return string(b)
}

// saved collects an engine's parts over many saves.
type saved map[string][]byte

func (m saved) from(e *Engine) {
	e.Save(func(key string, body []byte) {
		if body == nil {
			delete(m, key)
		} else {
			m[key] = slices.Clone(body)
		}
	})
}

// into gives the parts to a new engine, in an order that maps do not give.
func (m saved) into(t testing.TB, e *Engine) {
	t.Helper()
	for _, key := range slices.Backward(slices.Sorted(maps.Keys(m))) {
		if err := e.Restore(key, m[key]); err != nil {
			t.Fatal(err)
		}
	}
}

func near(a, b float64) bool {
	return math.IsNaN(a) && math.IsNaN(b) || math.Abs(a-b) < 1e-9*max(1, math.Abs(a))
}
