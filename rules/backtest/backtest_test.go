package backtest

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"math"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules"
	"steward/rules/ticket"
)

// monday is when the tests begin: 18:00 in the site's time.
var monday = time.Date(2026, 3, 2, 10, 0, 0, 0, time.UTC)

// past is a history in memory.
type past struct {
	readings map[gateway.AssetID][]gateway.Reading
	fail     error

	mu      sync.Mutex
	asked   int
	largest int // samples of one answer
}

func (p *past) add(r gateway.Reading) {
	if p.readings == nil {
		p.readings = map[gateway.AssetID][]gateway.Reading{}
	}
	p.readings[r.Asset] = append(p.readings[r.Asset], r)
}

func (p *past) Range(ctx context.Context, q gateway.Query) ([]gateway.Series, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if p.fail != nil {
		return nil, p.fail
	}
	out, n := make([]gateway.Series, len(q.Points)), 0
	for i, point := range q.Points {
		out[i].Point = point
		for _, r := range p.readings[q.Asset] {
			if r.Time.Before(q.From) || !r.Time.Before(q.To) {
				continue
			}
			for _, v := range r.Values {
				if v.Point == point {
					out[i].Samples = append(out[i].Samples, gateway.Sample{Time: r.Time, Number: v.Number, Quality: v.Quality})
					n++
				}
			}
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.asked, p.largest = p.asked+1, max(p.largest, n)
	return out, nil
}

// volts is a reading of three equal voltages, so long after monday.
func volts(asset gateway.AssetID, at time.Duration, v float64) gateway.Reading {
	t := monday.Add(at)
	return gateway.Reading{Asset: asset, Time: t, Received: t, Values: []gateway.Value{gateway.Good("voltage_l1", v), gateway.Good("voltage_l2", v), gateway.Good("voltage_l3", v)}}
}

func run(t *testing.T, o Options) *Report {
	t.Helper()
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// TestSideBySide is two nights of one meter, by hand.
func TestSideBySide(t *testing.T) {
	site, books := voltages(t)
	p := &past{}
	for at := time.Duration(0); at < 30*time.Hour; at += 30 * time.Second {
		v := 230.0
		switch {
		case at >= 5*time.Hour && at < 5*time.Hour+10*time.Minute: // 23:00
			v = 236
		case at >= 20*time.Hour && at < 20*time.Hour+20*time.Minute: // 14:00
			v = 240
		}
		p.add(volts("meter", at, v))
	}
	r := run(t, Options{Site: site, Books: books, Rules: []string{"PW-01"}, History: p, From: monday, To: monday.Add(30 * time.Hour)})
	if r.Readings != 3600 || r.Assets != 1 || len(r.Versions) != 2 {
		t.Errorf("%d readings of %d assets", r.Readings, r.Assets)
	}
	now, candidate := r.Versions[0], r.Versions[1]
	if now.Name != "now" || now.Alarms != 2 || now.NightCalls != 1 || now.Tickets != 2 || now.Open != 0 || now.Reopened != 0 || !r.Worked || len(now.Steps) != 4 ||
		!now.First.Equal(monday.Add(5*time.Hour+time.Minute)) || !now.Last.Equal(monday.Add(20*time.Hour+time.Minute)) {
		t.Errorf("now: %+v", now)
	}
	if candidate.Alarms != 1 || candidate.NightCalls != 0 || candidate.Tickets != 1 || !candidate.First.Equal(candidate.Last) {
		t.Errorf("candidate: %+v", candidate)
	}
	idle := run(t, Options{Site: site, Books: books, Rules: []string{"PW-01"}, History: p, From: monday, To: monday.Add(30 * time.Hour), Unworked: true})
	if v := idle.Versions[0]; v.Tickets != 1 || v.Open != 1 || v.Alarms != 2 || idle.Worked {
		t.Errorf("nobody works: %+v", v)
	}
	rows := r.Rows()
	if len(rows) != 1 || rows[0].Each[0].Active != 30*time.Minute || rows[0].Each[1].Active != 20*time.Minute {
		t.Errorf("rows %+v", rows)
	}
}

// A month in which a fault comes every day has a ticket a day, where people
// work; one that comes back within the proof is the same.
func TestTicketsAMonth(t *testing.T) {
	site, books := voltages(t)
	p := &past{}
	for at := time.Duration(0); at < 30*24*time.Hour; at += 30 * time.Second {
		v, day := 230.0, at%(24*time.Hour)
		if day >= 5*time.Hour && day < 5*time.Hour+10*time.Minute || at < 6*time.Hour && at >= 5*time.Hour+20*time.Minute && at < 5*time.Hour+25*time.Minute {
			v = 240
		}
		p.add(volts("meter", at, v))
	}
	o := Options{Site: site, Books: books[:1], Rules: []string{"PW-01"}, History: p, From: monday, To: monday.Add(30 * 24 * time.Hour)}
	if v := run(t, o).Versions[0]; v.Alarms != 31 || v.Tickets != 30 || v.Reopened != 1 || v.Open != 0 {
		t.Errorf("%d alarms, %d tickets, %d reopened, %d open", v.Alarms, v.Tickets, v.Reopened, v.Open)
	}
	o.Unworked = true
	if v := run(t, o).Versions[0]; v.Alarms != 31 || v.Tickets != 1 || v.Reopened != 0 || v.Open != 1 {
		t.Errorf("nobody works: %d alarms, %d tickets, %d reopened, %d open", v.Alarms, v.Tickets, v.Reopened, v.Open)
	}
}

func TestNightCalls(t *testing.T) {
	for _, c := range []struct {
		clock    string // of the site, when the alarm comes
		priority string
		want     int
	}{{"21:59:59", "P1", 0}, {"22:00:00", "P1", 1}, {"00:30:00", "P2", 1}, {"06:59:59", "P2", 1}, {"07:00:00", "P2", 0}, {"03:00:00", "P3", 0}} {
		site := meters(t, "meter")
		text := strings.NewReplacer("on_delay: 1m, ", "", "P2", c.priority, "LIMIT", "235").Replace(voltageRule)
		at, err := time.ParseInLocation(time.DateTime, "2026-03-03 "+c.clock, site.Zone)
		if err != nil {
			t.Fatal(err)
		}
		p := &past{}
		p.add(volts("meter", at.Sub(monday), 250))
		r := run(t, Options{Site: site, Books: []Version{{"now", loadBook(t, site, text)}}, Rules: []string{"PW-01"}, History: p, From: monday, To: monday.Add(48 * time.Hour)})
		if v := r.Versions[0]; v.NightCalls != c.want || v.Alarms != 1 {
			t.Errorf("%s at %s: %d calls and %d alarms", c.priority, c.clock, v.NightCalls, v.Alarms)
		}
	}
}

const manyRules = voltageRule + `
  - {rule: PW-02, title: {zh: 静默, en: Silent}, kind: power_meter, priority: P4, ticket: simple, trade: iot, silent: {for: 3m}}
  - {rule: PW-03, title: {zh: 波动, en: Unsteady}, kind: power_meter, priority: P3, ticket: complex, trade: electrician, latch: true,
     let: {wild: {of: voltage_l2, take: stddev, over: 10m}, night: {between: ["22:00", "06:00"]}}, when: "wild > 4 or night and voltage_l3 < 210"}
  - {rule: PW-04, title: {zh: 邻居, en: Neighbours}, kind: power_meter, priority: P2, ticket: none, let: {worst: {from: site, kind: power_meter, point: voltage_l1, take: max}}, when: "worst - voltage_l1 > 25"}
`

// TestAsALiveRun plays random readings, and compares with a live engine and
// desk to which they came one by one.
func TestAsALiveRun(t *testing.T) {
	for seed := range uint64(10) {
		rng := rand.New(rand.NewPCG(seed, 3))
		ids := []gateway.AssetID{"m-1", "m-2", "m-3"}
		site := meters(t, ids...)
		b := loadBook(t, site, strings.ReplaceAll(manyRules, "LIMIT", "238"))
		counted := []string{"PW-01", "PW-02", "PW-03", "PW-04"}
		engine, err := rules.New(rules.Options{Site: site, Book: b})
		if err != nil {
			t.Fatal(err)
		}
		core := rules.Core{Engine: engine, Log: slog.New(slog.DiscardHandler),
			Desk: ticket.New(ticket.Options{Site: site, Service: b.Service, View: engine})}
		engine.Resume(monday)
		p, from, n := &past{}, monday, 0
		for at := from; at.Before(from.Add(40 * time.Hour)); at = at.Add(time.Duration(1+rng.IntN(90_000)) * time.Millisecond) {
			r := gateway.Reading{Asset: ids[rng.IntN(3)], Time: at, Received: at}
			for _, point := range []string{"voltage_l1", "voltage_l2", "voltage_l3"} {
				switch rng.IntN(12) {
				case 0:
				case 1:
					r.Values = append(r.Values, gateway.Value{Point: point, Number: math.NaN(), Quality: gateway.QualityBad})
				default:
					r.Values = append(r.Values, gateway.Good(point, float64(205+rng.IntN(40))))
				}
			}
			if len(r.Values) == 0 {
				continue
			}
			n++
			p.add(r)
			for core.Engine.Now().Add(10 * time.Second).Before(at) {
				core.Advance(core.Engine.Now().Add(10 * time.Second))
			}
			core.Take(r)
		}
		to := from.Add(41 * time.Hour)
		for core.Engine.Now().Before(to) {
			core.Advance(core.Engine.Now().Add(min(to.Sub(core.Engine.Now()), 10*time.Second)))
		}
		got := run(t, Options{Site: site, Books: []Version{{"now", b}}, Rules: counted, History: p, From: from, To: to, Unworked: true})
		if got.Readings != n || len(core.Done.Transitions) < 100 {
			t.Errorf("seed %d: %d readings played of %d, %d transitions", seed, got.Readings, n, len(core.Done.Transitions))
		}
		want, have := asJSON(t, core.Done.Transitions), asJSON(t, got.Versions[0].Steps)
		for i := range max(len(want), len(have)) {
			if i >= len(want) || i >= len(have) || want[i] != have[i] {
				t.Fatalf("seed %d: transition %d of %d and %d differs", seed, i+1, len(want), len(have))
			}
		}
		opened := 0
		for _, e := range core.Done.Events {
			if e.What == duty.WhatOpened {
				opened++
			}
		}
		if got.Versions[0].Tickets != opened {
			t.Errorf("seed %d: %d tickets, want %d", seed, got.Versions[0].Tickets, opened)
		}
	}
}

func asJSON(t *testing.T, all []duty.Transition) (out []string) {
	for i := range all {
		b, err := json.Marshal(all[i])
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, string(b))
	}
	return out
}

// TestOnlyWhatIsAsked: tickets and alarms of other rules in the book do not count.
func TestOnlyWhatIsAsked(t *testing.T) {
	site := meters(t, "meter")
	p := &past{}
	p.add(volts("meter", 0, 300))
	p.add(volts("meter", 2*time.Minute, 300))
	r := run(t, Options{Site: site, Books: []Version{{"now", loadBook(t, site, strings.ReplaceAll(manyRules, "LIMIT", "238"))}},
		Rules: []string{"PW-02"}, History: p, From: monday, To: monday.Add(time.Hour)})
	if v := r.Versions[0]; v.Alarms != 1 || v.Tickets != 1 || v.Steps[0].Alarm.Rule != "PW-02" || v.ByAsset[0].Active.Round(time.Second) != 55*time.Minute {
		t.Errorf("%+v", v)
	}
}

// TestARestlessRuleFillsNoMemory: once a minute for ten days, which is not yet
// chattering.
func TestARestlessRuleFillsNoMemory(t *testing.T) {
	site := meters(t, "meter")
	text := strings.NewReplacer("on_delay: 1m, off_delay: 1m, ", "", "LIMIT", "235").Replace(voltageRule)
	p := &past{}
	for i := range 30_000 {
		p.add(volts("meter", time.Duration(i)*30*time.Second, []float64{230, 250}[i%2]))
	}
	r := run(t, Options{Site: site, Books: []Version{{"now", loadBook(t, site, text)}}, Rules: []string{"PW-01"}, History: p, From: monday, To: monday.Add(11 * 24 * time.Hour), Unworked: true})
	if v := r.Versions[0]; v.Alarms != 15_000 || len(v.Steps) != maxSteps || v.More < 9_000 || v.Tickets != 1 {
		t.Errorf("%d alarms, %d transitions and %d more, %d tickets", v.Alarms, len(v.Steps), v.More, v.Tickets)
	}
}

func TestProgressAndPortions(t *testing.T) {
	site, books := voltages(t)
	p := &past{}
	p.add(volts("meter", time.Hour, 230))
	var seen []time.Time
	to := monday.Add(40 * 24 * time.Hour)
	run(t, Options{Site: site, Books: books, Rules: []string{"PW-01"}, History: p, From: monday, To: to, Far: func(at time.Time) { seen = append(seen, at) }})
	if !slices.IsSortedFunc(seen, time.Time.Compare) || !seen[len(seen)-1].Equal(to) {
		t.Errorf("told %v", seen)
	}
	if p.asked < 20 || p.asked > 60 {
		t.Errorf("an almost empty month was asked for in %d parts", p.asked)
	}
}

// TestPortionsStaySmall: however dense the past is, little of it is held.
func TestPortionsStaySmall(t *testing.T) {
	var what []asked
	for i := range 50 {
		what = append(what, asked{gateway.AssetID(rune('a' + i)), []string{"x", "y"}})
	}
	dense := dense{every: 100 * time.Millisecond}
	r := newReader(dense, what, monday.Add(1000*time.Hour))
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out := make(chan portion)
	go r.run(ctx, monday, out) // ends with stop
	for i := range 6 {
		p := <-out
		if limit := 11 * portionSamples; i == 0 && p.samples > limit || i > 4 && p.samples > 2*portionSamples {
			t.Errorf("portion %d has %d samples", i, p.samples)
		}
	}
}

// dense is a history that has a sample every so often.
type dense struct{ every time.Duration }

func (d dense) Range(_ context.Context, q gateway.Query) ([]gateway.Series, error) {
	out := make([]gateway.Series, len(q.Points))
	for i := range out {
		out[i] = gateway.Series{Point: q.Points[i], Samples: make([]gateway.Sample, q.To.Sub(q.From)/d.every)}
		out[i].Samples[0].Time = q.From
	}
	return out, nil
}

func TestItEndsWhenTold(t *testing.T) {
	site, books := voltages(t)
	p := &past{}
	for i := range 20_000 {
		p.add(volts("meter", time.Duration(i)*time.Minute, 230))
	}
	o := Options{Site: site, Books: books, Rules: []string{"PW-01"}, History: p, From: monday, To: monday.Add(100 * 24 * time.Hour)}
	ctx, stop := context.WithCancel(t.Context())
	o.Far = func(time.Time) { stop() }
	if r, err := Run(ctx, o); !errors.Is(err, context.Canceled) || r != nil {
		t.Errorf("%v, %v", r, err)
	}
	if p.asked > 4 {
		t.Errorf("the past was asked for %d times", p.asked)
	}
	p.fail = errors.New("the history is closed")
	if _, err := Run(t.Context(), o); err == nil || !strings.Contains(err.Error(), "history of meter from 2026-03-02T10:00:00Z: the history is closed") {
		t.Error(err)
	}
	for _, bad := range []Options{{Site: site, History: p, From: monday, To: monday.Add(time.Hour)}, {Site: site, Books: books, History: p, From: monday, To: monday}} {
		if _, err := Run(t.Context(), bad); err == nil {
			t.Errorf("%+v was played", bad)
		}
	}
}

// TestFieldNames: scripts read them.
func TestFieldNames(t *testing.T) {
	site, books := voltages(t)
	p := &past{}
	p.add(volts("meter", 0, 250))
	p.add(volts("meter", 30*time.Second, 250))
	p.add(volts("meter", 80*time.Second, 250))
	r := run(t, Options{Site: site, Books: books, Rules: []string{"PW-01"}, History: p, From: monday, To: monday.Add(90 * time.Second)})
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	names := func(v any) []string {
		var out []string
		for k := range v.(map[string]any) {
			out = append(out, k)
		}
		slices.Sort(out)
		return out
	}
	version := got["versions"].([]any)[0].(map[string]any)
	for _, c := range []struct {
		of   any
		want string
	}{
		{got, "assets from readings rules to versions worked"},
		{version, "alarms by_asset first last more_transitions name night_calls open reopened tickets transitions"},
		{version["by_asset"].([]any)[0], "active alarms asset rule"},
		{version["transitions"].([]any)[0], "alarm at event from seq to"},
	} {
		if have := names(c.of); !reflect.DeepEqual(have, strings.Fields(c.want)) {
			t.Errorf("fields %v, want %s", have, c.want)
		}
	}
	empty, err := json.Marshal(run(t, Options{Site: site, Books: books, Rules: []string{"PW-01"}, History: &past{}, From: monday, To: monday.Add(time.Hour)}))
	if err != nil || strings.Contains(string(empty), "null") {
		t.Errorf("lists without anything must be lists: %s", empty)
	}
}
