package cases

import (
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"steward/gateway/duty"
	"steward/rules"
	"steward/rules/book"
	"steward/rules/ticket"
)

// Result is what came of a case.
type Result struct {
	Case *Case
	Got  []string // lines, in the form of expect
	Errs []string // actions that were refused, though the case takes them
}

// OK reports whether all that was expected came, and nothing else.
func (r *Result) OK() bool { return len(r.Errs) == 0 && slices.Equal(r.Got, r.Case.Expect) }

// Diff is what differs, line by line: "-" was expected and did not come, "+"
// came and was not expected.
func (r *Result) Diff() (lines []string) {
	got, want := r.Got, r.Case.Expect
	for len(got) > 0 || len(want) > 0 {
		switch {
		case len(got) > 0 && len(want) > 0 && got[0] == want[0]:
			lines = append(lines, "  "+got[0])
			got, want = got[1:], want[1:]
		case len(want) > 0 && !slices.Contains(got, want[0]):
			lines = append(lines, "- "+want[0])
			want = want[1:]
		case len(got) > 0:
			lines = append(lines, "+ "+got[0])
			got = got[1:]
		}
	}
	return append(lines, r.Errs...)
}

// Unknown lists what a case watches and a book does not have.
func (c *Case) Unknown(b *book.Book) (unknown []string) {
	for _, w := range c.Watch {
		known := func(r book.Rule) bool { return r.ID == w || r.Fault == w }
		if w != "*" && !strings.HasPrefix(w, "plan/") && !slices.ContainsFunc(b.Rules, known) {
			unknown = append(unknown, w)
		}
	}
	return unknown
}

// Overrides is the rule file of the numbers that a case's site sets; empty
// when it sets none.
func (c *Case) Overrides() string {
	if len(c.Set) == 0 {
		return ""
	}
	b := strings.Builder{}
	b.WriteString("pack: case\noverrides:\n")
	for _, s := range c.Set {
		fmt.Fprintf(&b, "  - {rule: %s, set: {%s: %s}}\n", s.rule, s.name, s.value)
	}
	return b.String()
}

// Run plays a case by the rules of a book.
func Run(c *Case, b *book.Book) (*Result, error) {
	run, err := begin(c, b)
	if err != nil {
		return nil, err
	}
	for i := range c.Events {
		run.play(&c.Events[i])
	}
	run.core.Advance(c.Start.Add(c.End))
	run.collect()
	return &run.Result, nil
}

// running is a case that is being played.
type running struct {
	Result
	core    rules.Core
	tickets map[string]duty.Ticket
}

func begin(c *Case, b *book.Book) (*running, error) {
	var facts []duty.Fact
	for _, u := range c.Vacant {
		facts = append(facts, duty.Fact{Name: "vacant", Unit: u, Number: 1, At: c.Start, By: "case"})
	}
	engine, err := rules.New(rules.Options{Site: c.Site, Book: b, Facts: facts})
	if err != nil {
		return nil, fmt.Errorf("case %s: %w", c.File, err)
	}
	var units []ticket.Unit
	for _, u := range c.Units {
		units = append(units, ticket.Unit{ID: u.ID, Area: u.Parent})
	}
	desk := ticket.New(ticket.Options{Site: c.Site, Units: units, Service: b.Service, Plans: b.Plans, View: engine})
	run := &running{Result: Result{Case: c}, tickets: map[string]duty.Ticket{}}
	run.core = rules.Core{Engine: engine, Desk: desk, Log: slog.New(slog.DiscardHandler)}
	engine.Resume(c.Start)
	return run, nil
}

// play lets one thing happen. Silence counts in a case: the gateway runs.
func (r *running) play(e *event) {
	now := r.Case.Start.Add(e.at)
	r.core.Advance(now)
	switch {
	case e.reading != nil:
		one := *e.reading
		one.Received, one.Time = now, now.Add(-e.late)
		r.core.Take(one)
	case e.fact != nil:
		f := *e.fact
		if f.At = now; e.lasts > 0 {
			f.Until = now.Add(e.lasts)
		}
		r.act(e, now, duty.Action{Do: duty.DoSetFact, By: "case", Fact: &f})
	case e.action != nil:
		a := *e.action
		if e.lasts > 0 {
			a.Until = now.Add(e.lasts)
		}
		a.Alarm, a.Ticket = r.named(e, a.Do)
		r.act(e, now, a)
	}
	r.collect()
}

func (r *running) act(e *event, now time.Time, a duty.Action) {
	if err := r.core.Act(now, a); err != nil {
		r.Errs = append(r.Errs, fmt.Sprintf("%s: %s at %s: %v", e.place, a.Do, short(e.at), err))
	}
}

// named finds the alarm of a rule, or the ticket of a fault, on an asset.
func (r *running) named(e *event, do duty.Verb) (alarm, ticket string) {
	switch do {
	case duty.DoAcknowledge, duty.DoReset, duty.DoShelve, duty.DoUnshelve, duty.DoRemove, duty.DoRestore:
		for _, a := range r.core.Engine.Alarms() {
			if a.Rule == e.rule && a.Asset == e.asset {
				alarm = a.ID
			}
		}
		if alarm == "" {
			alarm = "of " + e.rule + " on " + string(e.asset)
		}
	}
	if alarm != "" && do != duty.DoRemove {
		return alarm, ""
	}
	for _, t := range r.core.Desk.Tickets() {
		if t.Fault == e.rule && t.Asset == e.asset {
			ticket = t.ID
		}
	}
	if ticket == "" && do != duty.DoRemove {
		ticket = "of " + e.rule + " on " + string(e.asset)
	}
	return alarm, ticket
}

// collect writes what happened as lines.
func (r *running) collect() {
	d := &r.core.Done
	opened := map[string]duty.Ticket{} // as they were then
	for _, t := range d.Tickets {
		if _, known := r.tickets[t.ID]; !known {
			opened[t.ID] = t
		}
		r.tickets[t.ID] = t
	}
	type line struct {
		at   time.Time
		text string
	}
	var lines []line
	for _, t := range d.Transitions {
		if r.watches(t.Alarm.Rule, t.Alarm.Fault) {
			lines = append(lines, line{t.At, fmt.Sprintf("alarm %s %s %s %s", t.Alarm.Rule, t.Alarm.Asset, t.Event, t.To)})
		}
	}
	for _, e := range d.Events {
		t := r.tickets[e.Ticket]
		if first, is := opened[e.Ticket]; is && e.What == duty.WhatOpened {
			t = first
		}
		if text := ticketLine(e, t); text != "" && r.watches(t.Fault, t.Fault) {
			lines = append(lines, line{e.At, text})
		}
	}
	slices.SortStableFunc(lines, func(a, b line) int { return a.at.Compare(b.at) })
	for _, l := range lines {
		r.Got = append(r.Got, short(l.at.Sub(r.Case.Start))+" "+l.text)
	}
	*d = rules.Done{}
}

func (r *running) watches(rule, fault string) bool {
	return slices.ContainsFunc(r.Case.Watch, func(w string) bool { return w == "*" || w == rule || w == fault })
}

// ticketLine tells a ticket's opening, states, clocks and marks; the rest of
// a timeline is words.
func ticketLine(e duty.TicketEvent, t duty.Ticket) string {
	head := "ticket " + strings.TrimSpace(t.Fault+" "+string(t.Asset)) + " " // a round has no asset
	switch e.What {
	case duty.WhatOpened:
		return head + fmt.Sprintf("opened %s %s", t.Class, t.Priority)
	case duty.WhatState:
		return head + string(e.To)
	case duty.WhatWarned, duty.WhatBreached:
		return head + string(e.What) + " " + string(e.Clock)
	case duty.WhatRecurrence:
		return head + string(e.What)
	}
	return ""
}

// short writes a time as a case does: 1h5m, 90s as 1m30s, 26h as 26h. What
// comes "after more than" a time comes a nanosecond later; that is not shown.
func short(d time.Duration) string {
	s := d.Round(time.Millisecond).String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
