package backtest

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules"
	"steward/rules/book"
	"steward/rules/ticket"
)

// maxSteps is how many transitions an outcome keeps: a rule that chatters for
// a month would fill the memory.
const maxSteps = 20_000

// awake is less than the pause after which the rules take the gateway for
// having been down: then silence would count anew.
const awake = 20 * time.Second

// Night is when a call wakes somebody, in hours of the site's time.
const (
	nightFrom  = 22
	nightUntil = 7
)

// Options is what a backtest is made of.
type Options struct {
	Site    *gateway.Site
	Units   []ticket.Unit
	Facts   []duty.Fact // as they are now: what they were is not kept
	Books   []Version   // one or more, played side by side
	Rules   []string    // whose alarms and tickets are counted
	History gateway.History
	From    time.Time
	To      time.Time
	Far     func(at time.Time) // progress; nil: nobody looks
	// Unworked: nobody works at tickets, so the first of a fault stays open and
	// whatever comes again goes into it. Otherwise each is taken for done when
	// its condition is gone, and closes when the proof holds.
	Unworked bool
}

// Version is a book with a name for people: "now", "candidate". It should hold
// only the rules that matter (book.Only): all that they look at is read.
type Version struct {
	Name string
	Book *book.Book
}

// Report is what each version would have done.
type Report struct {
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Rules    []string  `json:"rules"`
	Assets   int       `json:"assets"`   // whose history was played
	Readings int       `json:"readings"` // that were played
	Worked   bool      `json:"worked"`   // tickets were taken for done when their condition was gone; false: they stayed open
	Versions []Outcome `json:"versions"`
}

// Outcome is what one version would have done.
type Outcome struct {
	Name       string            `json:"name"`
	Alarms     int               `json:"alarms"`      // that would have asked for an eye
	Tickets    int               `json:"tickets"`     // that would have been opened
	Reopened   int               `json:"reopened"`    // times that a fault came back within the proof
	Open       int               `json:"open"`        // of the tickets, at the end
	NightCalls int               `json:"night_calls"` // P1 and P2 between 22:00 and 07:00
	First      time.Time         `json:"first,omitzero"`
	Last       time.Time         `json:"last,omitzero"`
	ByAsset    []AssetOutcome    `json:"by_asset"`
	Steps      []duty.Transition `json:"transitions"`      // the first 20,000
	More       int               `json:"more_transitions"` // that are not listed
}

// AssetOutcome is the part of one rule on one asset.
type AssetOutcome struct {
	Asset  gateway.AssetID `json:"asset"`
	Rule   string          `json:"rule"`
	Alarms int             `json:"alarms"`
	Active time.Duration   `json:"active"` // ns with the condition true
	since  time.Time
}

// Row is one rule on one asset in every version, in their order.
type Row struct {
	Rule  string
	Asset gateway.AssetID
	Each  []AssetOutcome
}

// Rows puts the versions side by side, by rule and asset.
func (r *Report) Rows() (rows []Row) {
	for i, v := range r.Versions {
		for _, a := range v.ByAsset {
			k := slices.IndexFunc(rows, func(x Row) bool { return x.Rule == a.Rule && x.Asset == a.Asset })
			if k < 0 {
				rows = append(rows, Row{a.Rule, a.Asset, make([]AssetOutcome, len(r.Versions))})
				k = len(rows) - 1
			}
			rows[k].Each[i] = a
		}
	}
	slices.SortFunc(rows, func(a, b Row) int {
		return cmp.Or(cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Asset, b.Asset))
	})
	return rows
}

// Run plays the past through every version at once.
func Run(ctx context.Context, o Options) (*Report, error) {
	if len(o.Books) == 0 || !o.From.Before(o.To) {
		return nil, fmt.Errorf("backtest: want a rule, and a beginning before the end")
	}
	lanes := make([]*lane, len(o.Books))
	var what []asked
	for i, v := range o.Books {
		l, err := newLane(o, v)
		if err != nil {
			return nil, err
		}
		lanes[i] = l
		what = append(what, l.needs()...)
	}
	what = together(what)
	r := &Report{From: o.From, To: o.To, Rules: o.Rules, Assets: len(what), Worked: !o.Unworked, Versions: []Outcome{}}
	far := o.Far
	if far == nil {
		far = func(time.Time) {}
	}
	err := replay(ctx, o.History, what, o.From, o.To, func(one gateway.Reading) {
		r.Readings++
		for _, l := range lanes {
			l.take(one)
		}
	}, far)
	if err != nil {
		return nil, err
	}
	for _, l := range lanes {
		l.core.Advance(o.To)
		l.collect()
		r.Versions = append(r.Versions, l.finish(o.To))
	}
	return r, nil
}

// together joins what several versions ask for.
func together(all []asked) []asked {
	var out []asked
	for _, a := range all {
		i := slices.IndexFunc(out, func(b asked) bool { return b.asset == a.asset })
		if i < 0 {
			out = append(out, asked{asset: a.asset})
			i = len(out) - 1
		}
		for _, p := range a.points {
			if !slices.Contains(out[i].points, p) {
				out[i].points = append(out[i].points, p)
			}
		}
	}
	slices.SortFunc(out, func(a, b asked) int {
		if a.asset < b.asset {
			return -1
		}
		return 1
	})
	for i := range out {
		slices.Sort(out[i].points)
	}
	return out
}

// lane is one version being played.
type lane struct {
	Outcome
	core   rules.Core
	counts []string        // rules
	faults map[string]bool // theirs
	rows   map[duty.AlarmKey]int
	zone   *time.Location
	idle   bool // nobody works
}

func newLane(o Options, v Version) (*lane, error) {
	engine, err := rules.New(rules.Options{Site: o.Site, Book: v.Book, Facts: o.Facts})
	if err != nil {
		return nil, fmt.Errorf("backtest: %s: %w", v.Name, err)
	}
	desk := ticket.New(ticket.Options{Site: o.Site, Units: o.Units, Service: v.Book.Service, View: engine})
	l := &lane{Outcome: Outcome{Name: v.Name, ByAsset: []AssetOutcome{}, Steps: []duty.Transition{}}, counts: o.Rules, zone: o.Site.Zone, idle: o.Unworked,
		faults: map[string]bool{}, rows: map[duty.AlarmKey]int{},
		core: rules.Core{Engine: engine, Desk: desk, Log: slog.New(slog.DiscardHandler)}}
	for i := range v.Book.Rules {
		if r := &v.Book.Rules[i]; slices.Contains(o.Rules, r.ID) {
			l.faults[r.Fault] = true
		}
	}
	if l.zone == nil {
		l.zone = time.UTC
	}
	engine.Resume(o.From)
	return l, nil
}

// needs lists the points that the version's rules look at.
func (l *lane) needs() (what []asked) {
	var all []string
	for _, r := range l.core.Engine.Rules() {
		all = append(all, r.ID)
	}
	for _, n := range l.core.Engine.Needs(all) {
		what = append(what, asked{asset: n.Asset, points: n.Points})
	}
	return what
}

// take steps one reading; a gap in what is stored is one in the data, not a
// gateway that was down, so silence counts.
func (l *lane) take(one gateway.Reading) {
	if one.Received.Sub(l.core.Engine.Now()) > awake {
		l.core.Advance(one.Received)
	}
	l.core.Take(one)
	if !l.core.Done.Empty() {
		l.collect()
	}
}

// collect counts what the last steps did, and what people do about it.
func (l *lane) collect() {
	for !l.core.Done.Empty() {
		d := l.core.Done
		l.core.Done = rules.Done{}
		for i := range d.Transitions {
			if t := &d.Transitions[i]; slices.Contains(l.counts, t.Alarm.Rule) {
				l.count(t)
			}
		}
		for i := range d.Events {
			e := &d.Events[i]
			switch counts := l.faults[faultOf(&d, e.Ticket)]; {
			case !counts:
			case e.What == duty.WhatOpened:
				l.Tickets++
			case e.What == duty.WhatState && e.To == duty.TicketReopened:
				l.Reopened++
			}
		}
		if !l.idle {
			l.work(&d)
		}
	}
}

// work does what people would: a ticket whose condition is gone is said to be
// done, and then has to be proved.
func (l *lane) work(d *rules.Done) {
	for i := range d.Transitions {
		a := &d.Transitions[i].Alarm
		if a.Active || l.core.Engine.Evidence(a.Asset, a.Fault).Active {
			continue
		}
		for _, k := range l.core.Desk.Tickets() {
			if k.Asset == a.Asset && k.Fault == a.Fault && (k.State == duty.TicketOpen || k.State == duty.TicketReopened) {
				for _, do := range []duty.Verb{duty.DoAccept, duty.DoDone} {
					_ = l.core.Act(l.core.Engine.Now(), duty.Action{Do: do, Ticket: k.ID, By: worker}) // none of them is refused in these states
				}
			}
		}
	}
}

// worker is who works at tickets in a past that is played again.
const worker = "backtest"

// faultOf is what a ticket of the last steps is about.
func faultOf(d *rules.Done, id string) string {
	for i := range d.Tickets {
		if t := &d.Tickets[i]; t.ID == id {
			return t.Fault
		}
	}
	return ""
}

func (l *lane) count(t *duty.Transition) {
	if len(l.Steps) < maxSteps {
		l.Steps = append(l.Steps, *t)
	} else {
		l.More++
	}
	a := l.asset(t.Alarm.AlarmKey)
	if t.Alarm.Active && a.since.IsZero() {
		a.since = t.At
	}
	if !t.Alarm.Active && !a.since.IsZero() {
		a.Active += t.At.Sub(a.since)
		a.since = time.Time{}
	}
	if t.To != duty.Unacknowledged || t.From == duty.Unacknowledged {
		return
	}
	l.Alarms++
	a.Alarms++
	if l.First.IsZero() {
		l.First = t.At
	}
	l.Last = t.At
	if h := t.At.In(l.zone).Hour(); t.Alarm.Priority <= duty.P2 && (h >= nightFrom || h < nightUntil) {
		l.NightCalls++
	}
}

func (l *lane) asset(k duty.AlarmKey) *AssetOutcome {
	i, ok := l.rows[k]
	if !ok {
		i = len(l.ByAsset)
		l.rows[k] = i
		l.ByAsset = append(l.ByAsset, AssetOutcome{Asset: k.Asset, Rule: k.Rule})
	}
	return &l.ByAsset[i]
}

func (l *lane) finish(to time.Time) Outcome {
	for i := range l.ByAsset {
		if a := &l.ByAsset[i]; !a.since.IsZero() {
			a.Active += to.Sub(a.since)
		}
	}
	for _, k := range l.core.Desk.Tickets() {
		if l.faults[k.Fault] {
			l.Open++
		}
	}
	return l.Outcome
}
