// Package rules turns readings into alarms. Engine is pure: it reads no clock
// and does no I/O, and the same readings at the same times give the same
// transitions, byte for byte. Runner feeds it from the journal and commits
// what comes of it.
package rules

import (
	"fmt"
	"maps"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/alarm"
	"steward/rules/book"
	"steward/rules/ticket"
)

// Options is what an engine is made of.
type Options struct {
	Site  *gateway.Site
	Book  *book.Book
	Facts []duty.Fact   // what the site file says, e.g. which units are vacant; what a person said later stands
	Units []string      // IDs of the flats that facts may be of, beside those that assets are in; nil: any
	Alarm alarm.Options // Site and Meta are set by New
}

// Engine judges every rule of a book on every asset of a site. Nothing of it
// is safe for concurrent use.
//
// Time is that of the calls: a reading counts from when it was received, and
// a timer fires with the time it was due, before whatever was received later.
// How often Step is called changes nothing.
type Engine struct {
	site  *gateway.Site
	book  *book.Book
	zone  *time.Location
	table *alarm.Table

	assets    []asset // by ID
	byID      map[gateway.AssetID]int32
	tellable  tellable
	values    []value
	rules     []*ruled   // as in the book
	instances []instance // by asset, then by rule
	slots     []int32    // of instances: which groups and facts they look at
	groups    []group
	facts     []fact
	factAt    map[factKey]int32
	calendars []*schedule
	meta      map[string]bool // rules that the alarm table itself raises
	depFirst  []uint32        // of each value: where its watchers begin in deps; one more at the end
	deps      []uint32

	now     int64
	resumed int64 // silence is counted from here at the earliest
	started bool
	round   uint32 // of the event at hand
	timers  timers
	due     int64     // of the table, 0: none
	in      []float64 // inputs of the instance at hand
	probe   []float64
	touched []int32
	flips   []flip   // at this instant, of which the table is yet to be told
	firing  bool     // there may be more at this instant
	marked  []uint32 // by instance: the round in which it was touched
	stats   Stats
	unsaved unsaved
	altered []string // rules that were restored from a state of other text or numbers
}

var _ ticket.View = (*Engine)(nil)

// Stats counts what an engine has seen.
type Stats struct {
	Readings      uint64 // of known assets
	Evaluations   uint64 // conditions judged
	Backfilled    uint64 // values passed over, older than the last good one of their point
	UnknownAssets uint64 // readings passed over, of assets that the site does not have
}

// New makes an engine in its first state. Restore may follow; the first Step,
// Act, Outage or Resume starts it.
func New(o Options) (*Engine, error) {
	if o.Site == nil || o.Book == nil {
		return nil, fmt.Errorf("rules: an engine needs a site and a book")
	}
	e := &Engine{
		site: o.Site, book: o.Book, zone: o.Site.Zone,
		byID:   make(map[gateway.AssetID]int32, len(o.Site.Assets)),
		factAt: map[factKey]int32{}, meta: map[string]bool{},
	}
	if e.zone == nil {
		e.zone = time.UTC
	}
	o.Alarm.Site = o.Site
	o.Alarm.Meta = e.metaOf(o.Alarm.Meta)
	o.Alarm.Clearing, o.Alarm.Unheard = e.clearing, e.unheard
	e.table = alarm.New(o.Alarm)
	if err := e.build(); err != nil {
		return nil, err
	}
	e.tellable = tellableOf(&o)
	for _, f := range o.Facts {
		if err := e.checkFact(&f); err != nil {
			return nil, fmt.Errorf("rules: fact %s of the site file: %w", f.Name, err)
		}
		e.tell(f, true)
	}
	return e, nil
}

// metaOf gives the alarm table its alarms about alarms, by the settings that
// hold for the site as a whole.
func (e *Engine) metaOf(given map[duty.Mark]alarm.Spec) map[duty.Mark]alarm.Spec {
	specs := maps.Clone(given)
	if specs == nil {
		specs = map[duty.Mark]alarm.Spec{}
	}
	for i := range e.book.Rules {
		r := &e.book.Rules[i]
		if !aboutAlarms(r) {
			continue
		}
		set := e.book.Settings(r, e.site, &gateway.Asset{ID: alarm.SiteAsset})
		if mark := duty.Mark(r.About); set.Enabled && specs[mark].Key.Rule == "" {
			specs[mark] = e.specOf(r, &set, alarm.SiteAsset, nil)
			e.meta[r.ID] = true
		}
	}
	return specs
}

// aboutAlarms reports whether the alarm table itself raises the rule.
func aboutAlarms(r *book.Rule) bool {
	switch duty.Mark(r.About) {
	case duty.MarkFlood, duty.MarkChattering, duty.MarkStale:
		return true
	}
	return false
}

func (e *Engine) specOf(r *book.Rule, s *book.Settings, asset gateway.AssetID, points []string) alarm.Spec {
	return alarm.Spec{
		Key: duty.AlarmKey{Asset: asset, Rule: r.ID}, Fault: r.Fault, Title: r.Title, Priority: s.Priority,
		Class: r.Class, Trade: r.Trade, Latch: s.Latch, Realarm: s.Realarm, Cause: r.Cause, Folds: r.Folds,
		Points: points, SuppressBy: r.SuppressBy, Rescue: e.book.Service.Traps(r.ID),
	}
}

// Now is the latest time the engine has seen; the zero time before the first.
func (e *Engine) Now() time.Time { return instant(e.now) }

// Stats tells what the engine has counted since it was made.
func (e *Engine) Stats() Stats { return e.stats }

// Alarms lists the alarms that are not over, by ID.
func (e *Engine) Alarms() []duty.Alarm { return e.table.Alarms() }

// Due is when Step has something to do although no reading comes; it may turn
// out to be nothing.
func (e *Engine) Due() (time.Time, bool) {
	due := e.due
	if len(e.timers) > 0 && (due == 0 || e.timers[0].due < due) {
		due = e.timers[0].due
	}
	return instant(due), due != 0
}

// Act takes what a person does to an alarm, or tells a fact. An error wraps
// duty.ErrRefused or duty.ErrUnknown: the action changed nothing, and what is
// returned beside it is what time alone did until now.
func (e *Engine) Act(now time.Time, a duty.Action) ([]duty.Transition, error) {
	at := e.enter(now)
	e.advance(at)
	if a.Do == duty.DoSetFact || a.Do == duty.DoDropFact {
		err := e.actFact(at, a)
		return e.take(), err
	}
	err := e.table.Act(instant(at), a)
	e.rest()
	return e.take(), err
}

// Outage takes points out of service or puts them back: alarms whose rules
// look at one of them.
func (e *Engine) Outage(now time.Time, o duty.Outage) []duty.Transition {
	at := e.enter(now)
	e.advance(at)
	e.table.Outage(instant(at), o)
	e.rest()
	return e.take()
}

// TicketOver puts back what people took out of service for a ticket that is over.
func (e *Engine) TicketOver(now time.Time, ticket string) []duty.Transition {
	at := e.enter(now)
	e.advance(at)
	e.table.TicketOver(instant(at), ticket)
	e.rest()
	return e.take()
}

// Resume tells that the gateway was not running until now. Where that took
// over 30 s, nobody could be heard, so silence is counted from now; but what
// was already known to be silent stays so until it is heard.
func (e *Engine) Resume(now time.Time) {
	at := nanos(now)
	if !e.started {
		e.start(at)
	}
	if at-e.now <= int64(silentGap) {
		return
	}
	e.resumed = at
	e.unsaved.clock = true
	e.begin()
	for i := range e.instances { // a silence that was about to be told is none
		if in := &e.instances[i]; in.plan.ages && in.is(flagPending) && !in.is(flagRaised) {
			e.touch(int32(i))
		}
	}
	e.judgeTouched(e.now)
}

// enter makes an instant of a caller's now, which never goes back, and starts
// the engine.
func (e *Engine) enter(now time.Time) int64 {
	at := max(nanos(now), e.now)
	if !e.started {
		e.start(at)
	}
	return at
}

// rest is called after the table was.
func (e *Engine) rest() {
	e.due = 0
	if at, ok := e.table.Due(); ok {
		e.due = max(nanos(at), 1)
	}
}

func (e *Engine) take() []duty.Transition { return e.table.Take() }
