// Package ticket turns alarms into jobs for tradesmen and holds the company
// to what it promised about them: one ticket not over per asset and fault,
// service clocks, a proof before closing, planned maintenance, and rounds of
// vacant units. The Desk reads no clock and does no I/O: the same calls give
// the same effects, byte for byte.
package ticket

import (
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

// View is what the desk asks about the equipment: the rules' engine, as it is
// at the now of the call that asks.
type View interface {
	// Evidence tells how a fault stands on an asset.
	Evidence(asset gateway.AssetID, fault string) Evidence
	// Value is the last good value of a point; false when there is none now.
	Value(asset gateway.AssetID, point string) (float64, bool)
	// Fact is what people said of the asset, the unit, or, with both empty, the site; false when nobody did.
	Fact(name string, asset gateway.AssetID, unit string) (float64, bool)
}

// Evidence is what can be known of a fault on an asset from its points.
type Evidence struct {
	Watched   bool          // at least one rule of the fault is active on the asset
	Active    bool          // one of its alarms has its condition true, whatever state that alarm is in
	GoodSince time.Time     // all inputs of the fault's rules were good without a break since; zero: not good now
	Points    []string      // of the asset, that the fault's rules look at; sorted
	Proof     time.Duration // the longest that the fault's rules ask for (book.Settings.Proof); 0: by the class
}

// Unit is a flat.
type Unit struct {
	ID   string
	Area string
	Name gateway.Text
}

// Options is what a desk works for. Nothing of it changes later.
type Options struct {
	Site    *gateway.Site
	Units   []Unit
	Service book.Service
	Plans   []book.Plan
	View    View
}

// Effects is what one step did, in order. Each ticket appears once, as it now
// is, sorted by ID.
type Effects struct {
	Tickets []duty.Ticket
	Events  []duty.TicketEvent
	Outbox  []duty.Message
	Outages []duty.Outage
	Facts   []duty.Fact
}

// Desk is every ticket of a site that is not over, and every plan. It is not
// safe for concurrent use.
type Desk struct {
	site    *gateway.Site
	zone    *time.Location
	service book.Service
	view    View
	assets  map[gateway.AssetID]*gateway.Asset
	areas   map[string]bool
	units   map[string]Unit
	flats   []Unit // of Options, sorted by ID
	plans   map[string]*book.Plan
	rounds  []*book.Plan // those that an alarm asks for

	now   time.Time // the latest that was seen
	last  int       // number of the newest ticket
	jobs  map[string]*job
	open  map[key]*job    // of tickets with a fault or a plan
	gone  map[key]*closed // faults closed not longer ago than Service.Recurrence
	turns map[turnKey]*turn
	list  []*turn // turns in the order of plan and asset

	queue  timers
	hourly timer
	hour   time.Time // of its next look; zero: there are no plans

	effects Effects
	touched []*job // tickets of effects
	unsaved map[string]saver
	first   bool // the first step still has to come
	begun   bool // the plans have
}

// key is what there is one ticket for.
type key struct {
	asset gateway.AssetID
	fault string
}

// New makes a desk without any ticket. To go on with a saved one call Restore
// before the first step.
func New(o Options) *Desk {
	d := &Desk{
		site: o.Site, zone: time.UTC, service: o.Service, view: o.View,
		assets: map[gateway.AssetID]*gateway.Asset{}, areas: map[string]bool{}, units: map[string]Unit{},
		plans: map[string]*book.Plan{},
		jobs:  map[string]*job{}, open: map[key]*job{}, gone: map[key]*closed{}, turns: map[turnKey]*turn{},
		unsaved: map[string]saver{}, first: true,
	}
	if o.Site.Zone != nil {
		d.zone = o.Site.Zone
	}
	for i := range o.Site.Assets {
		d.assets[o.Site.Assets[i].ID] = &o.Site.Assets[i]
	}
	for _, a := range o.Site.Areas {
		d.areas[a.ID] = true
	}
	d.setUnits(o.Units)
	d.setPlans(o.Plans)
	return d
}

// Step takes alarms' transitions, each at its own time, and whatever is due
// up to now, at the times at which it was due: timers before transitions of
// the same instant, tickets in the order of their IDs. An earlier now is
// taken for the latest one seen.
//
// The View is asked as it is during the call. Where it must have been as it
// was when a timer was due, step to each Due first.
func (d *Desk) Step(now time.Time, t []duty.Transition) Effects {
	d.advanceNow(now)
	for i := range t {
		at := plain(t[i].At)
		d.fire(at)
		d.transition(at, &t[i])
	}
	d.fire(d.now)
	return d.take()
}

// Act takes what a person does to a ticket, after whatever is due up to now.
// Errors wrap duty.ErrRefused or duty.ErrUnknown, and the action then changed
// nothing; effects of what fell due before it come with the next call, and
// Due says so.
func (d *Desk) Act(now time.Time, a duty.Action) (Effects, error) {
	d.advanceNow(now)
	d.fire(d.now)
	if err := d.act(d.now, a); err != nil {
		return Effects{}, err
	}
	d.fire(d.now)
	return d.take(), nil
}

// Due is when the desk next has something to do by itself. Before the first
// step that is at once, where there are plans to begin.
func (d *Desk) Due() (time.Time, bool) {
	if d.pending() || (d.first && len(d.list) > 0) {
		return d.now, true
	}
	if len(d.queue) == 0 {
		return time.Time{}, false
	}
	return d.queue[0].at, true
}

// Tickets returns every ticket that is not over, sorted by ID.
func (d *Desk) Tickets() []duty.Ticket {
	out := make([]duty.Ticket, 0, len(d.jobs))
	for _, j := range d.jobs {
		out = append(out, j.copy())
	}
	sortTickets(out)
	return out
}

// Ticket returns a ticket that is not over.
func (d *Desk) Ticket(id string) (duty.Ticket, bool) {
	j, ok := d.jobs[id]
	if !ok {
		return duty.Ticket{}, false
	}
	return j.copy(), true
}

// advanceNow moves the desk's now; it never goes back.
func (d *Desk) advanceNow(now time.Time) {
	now = plain(now)
	if now.After(d.now) {
		d.now = now
	}
	d.first = false
	if !d.begun && !d.now.IsZero() {
		d.begun = true
		d.begin()
	}
}

// pending reports whether something happened that nobody was told of yet.
func (d *Desk) pending() bool {
	e := &d.effects
	return len(d.touched)+len(e.Events)+len(e.Outbox)+len(e.Outages)+len(e.Facts) > 0
}

// take hands out what happened since it was last called.
func (d *Desk) take() Effects {
	if !d.pending() {
		return Effects{}
	}
	e := d.effects
	e.Tickets = make([]duty.Ticket, 0, len(d.touched))
	for _, j := range d.touched {
		j.touched = false
		e.Tickets = append(e.Tickets, j.copy())
	}
	sortTickets(e.Tickets)
	d.effects, d.touched = Effects{}, d.touched[:0]
	return e
}

// plain is a time without a zone or a monotonic part, so that a saved one
// comes back the same.
func plain(t time.Time) time.Time { return t.UTC().Round(0) }
