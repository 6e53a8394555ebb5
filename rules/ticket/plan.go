package ticket

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/history"
	"steward/rules/book"
)

// planFault is the fault of a plan's tickets: it keeps them one a plan and asset.
const planFault = "plan/"

// turnKey names a plan on an asset.
type turnKey struct {
	plan  string
	asset gateway.AssetID
}

// turn is where an asset stands in a plan.
type turn struct {
	Plan    string          `json:"plan"`
	Asset   gateway.AssetID `json:"asset"`
	Seen    time.Time       `json:"seen"`              // the plan is kept since
	Last    time.Time       `json:"last,omitzero"`     // last work under it, or due date that was let go
	Opens   time.Time       `json:"opens,omitzero"`    // its next ticket, by calendar
	Counted bool            `json:"counted,omitempty"` // Count holds something
	Count   float64         `json:"count,omitempty"`   // the counter when last looked at
	Used    float64         `json:"used,omitempty"`    // counted since the last work

	plan     *book.Plan
	within   []*turn // the asset's turns whose work contains this one's, by plan
	rollover float64 // of the counter
	timer    timer
}

// setPlans lists what is to be kept for which assets.
func (d *Desk) setPlans(plans []book.Plan) {
	for i := range plans {
		p := &plans[i]
		d.plans[p.ID] = p
		if p.OnFault != "" {
			d.rounds = append(d.rounds, p)
		}
		if p.Every <= 0 && p.Months <= 0 && (p.Counter == "" || p.By <= 0) {
			continue
		}
		for k := range d.site.Assets {
			a := &d.site.Assets[k]
			if (p.Kind != "" && p.Kind != "*" && a.Kind != p.Kind) || (len(p.Assets) > 0 && !slices.Contains(p.Assets, a.ID)) {
				continue
			}
			d.addTurn(&turn{Plan: p.ID, Asset: a.ID, plan: p, rollover: rollover(a, p.Counter)})
		}
	}
	slices.SortFunc(d.rounds, func(a, b *book.Plan) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortFunc(d.list, func(a, b *turn) int {
		return cmp.Or(cmp.Compare(a.Plan, b.Plan), cmp.Compare(a.Asset, b.Asset))
	})
	for _, t := range d.list {
		d.nest(t, t.plan)
		slices.SortFunc(t.within, func(a, b *turn) int { return cmp.Compare(a.Plan, b.Plan) })
	}
}

func rollover(a *gateway.Asset, point string) float64 {
	for _, p := range a.Points {
		if p.Name == point {
			return p.Rollover
		}
	}
	return 0
}

func (d *Desk) addTurn(t *turn) {
	d.turns[turnKey{t.Plan, t.Asset}] = t
	d.list = append(d.list, t)
	t.timer = timer{rank: rankPlan, name: t.name(), fire: func(at time.Time) {
		d.plansOpening(t, at) // people may have said meanwhile that it was done
		if !t.Opens.IsZero() && !t.Opens.After(at) {
			d.openPlan(t, at)
		}
	}}
}

func (t *turn) name() string { return "turn/" + t.Plan + "/" + string(t.Asset) }

func (d *Desk) keepTurn(t *turn) {
	d.unsaved[t.name()] = func() any { return t }
}

// begin starts the plans at the desk's first step.
func (d *Desk) begin() {
	for _, t := range d.list {
		if t.Seen.IsZero() {
			t.Seen = d.now
			d.count(t)
			d.plansOpening(t, d.now)
			d.keepTurn(t)
		} else if d.open[t.key()] == nil {
			d.queue.set(&t.timer, t.Opens)
		}
	}
	if len(d.list) == 0 {
		return
	}
	if d.hour.IsZero() {
		d.hour = nextHour(d.now)
		d.unsaved["desk"] = d.saveDesk
	}
	d.hourly = timer{rank: rankHour, fire: d.everyHour}
	d.queue.set(&d.hourly, d.hour)
}

func nextHour(t time.Time) time.Time { return t.Truncate(time.Hour).Add(time.Hour) }

// everyHour looks at counters, and at what people said was done.
func (d *Desk) everyHour(at time.Time) {
	for _, t := range d.list {
		if d.count(t) {
			d.keepTurn(t)
		}
		if d.open[t.key()] != nil {
			continue
		}
		if p := t.plan; p.Counter != "" && p.By > 0 && t.Used >= p.By {
			d.openPlan(t, at)
			continue
		}
		d.plansOpening(t, at)
	}
	d.hour = nextHour(later(at, d.now)) // of hours that were missed one look is enough
	d.unsaved["desk"] = d.saveDesk
	d.queue.set(&d.hourly, d.hour)
}

// count adds what a plan's counter has counted since the last look.
func (d *Desk) count(t *turn) (changed bool) {
	if t.plan.Counter == "" {
		return false
	}
	v, ok := d.view.Value(t.Asset, t.plan.Counter)
	if !ok || math.IsNaN(v) || math.IsInf(v, 0) || (t.Counted && v == t.Count) {
		return false
	}
	if t.Counted {
		used, _ := history.Increase(t.Count, v, t.rollover)
		t.Used = min(t.Used+used, math.MaxFloat64)
	}
	t.Counted, t.Count = true, v
	return true
}

// key is that of the turn's ticket.
func (t *turn) key() key { return key{t.Asset, planFault + t.Plan} }

// plansOpening works out when the calendar opens the next ticket, not before
// a time, and sets the timer.
func (d *Desk) plansOpening(t *turn, notBefore time.Time) {
	if t.plan.Every <= 0 && t.plan.Months <= 0 {
		return
	}
	opens := later(d.dueOf(t).Add(-t.plan.Warn), notBefore)
	if !opens.Equal(t.Opens) {
		t.Opens = opens
		d.keepTurn(t)
	}
	d.queue.set(&t.timer, opens)
}

// dueOf is when work by calendar is next due: a period after it was last
// done, as people or the plan's own tickets say, or else after the plan began.
func (d *Desk) dueOf(t *turn) time.Time {
	base := later(d.factTime(t.plan.Fact, t.Asset, ""), t.Last)
	for _, l := range t.within {
		base = later(base, d.factTime(l.plan.Fact, t.Asset, ""))
	}
	if base.IsZero() {
		base = t.Seen
	}
	return d.period(t.plan, base)
}

// lastSecond is that of the year 9999, the last that can be written.
const lastSecond = 253402300799

// factTime is the Unix time that a fact holds; zero where it holds none.
func (d *Desk) factTime(name string, asset gateway.AssetID, unit string) time.Time {
	if name == "" {
		return time.Time{}
	}
	f, ok := d.view.Fact(name, asset, unit)
	if !ok || !(f > 0 && f <= lastSecond) {
		return time.Time{}
	}
	return time.Unix(int64(f), 0).UTC()
}

// period adds a plan's period by the site's calendar. The 31st plus a month
// is the last day of a shorter one.
func (d *Desk) period(p *book.Plan, from time.Time) time.Time {
	const day = 24 * time.Hour
	local := from.In(d.zone)
	to := from.Add(p.Every)
	switch {
	case p.Months > 0:
		to = local.AddDate(0, p.Months, 0)
		if to.Day() != local.Day() {
			to = to.AddDate(0, 0, -to.Day())
		}
	case p.Every%day == 0:
		to = local.AddDate(0, 0, int(p.Every/day))
	}
	if to.Unix() > lastSecond {
		to = time.Unix(lastSecond, 0)
	}
	return plain(to)
}

// openPlan opens a turn's ticket, unless there is one, or that of one that
// contains it.
func (d *Desk) openPlan(t *turn, at time.Time) {
	if d.open[t.key()] != nil {
		return
	}
	p, due := t.plan, at.Add(t.plan.Warn)
	if byCounter := p.Counter != "" && p.By > 0 && t.Used >= p.By; !byCounter {
		due = d.dueOf(t)
	}
	d.queue.drop(&t.timer)
	if l := d.container(t, later(due, at)); l != nil {
		d.visit(l, t, at, due)
		return
	}
	d.openTurn(t, at, due)
}

// openTurn opens a turn's ticket.
func (d *Desk) openTurn(t *turn, at, due time.Time) {
	k, p := t.key(), t.plan
	d.queue.drop(&t.timer)
	t.Opens = time.Time{}
	d.keepTurn(t)
	j := d.start(at, duty.Ticket{
		Asset: t.Asset, Fault: k.fault, Title: p.Title, Say: p.Detail, Origin: duty.OriginPlan,
		Class: duty.ClassPlanned, Priority: duty.P4, Trade: p.Trade, PlanFor: due,
	}, duty.TicketEvent{Say: gateway.Text{
		ZH: strings.TrimSpace("应于 " + d.clock(due) + " 前完成\n" + p.Detail.In("zh")),
		EN: strings.TrimSpace("due by " + d.clock(due) + "\n" + p.Detail.In("en")),
	}})
	j.Plan = p.ID
	j.run(duty.PromiseDue, due.Add(-p.Warn), p.Warn)
	d.tell(j, at, "opened", "", gateway.Text{})
	d.absorb(j, t, at)
	d.schedule(j)
}

// usedUp keeps how far the plan's counter was when its work was done.
func (d *Desk) usedUp(j *job) {
	if t, ok := d.turns[turnKey{j.Plan, j.T.Asset}]; ok {
		if d.count(t) {
			d.keepTurn(t)
		}
		j.Used = t.Used
		d.usedWithin(j, t)
	}
}

// planClosed says when the work was done, and begins the next turn.
func (d *Desk) planClosed(j *job, at time.Time) {
	if p, ok := d.plans[j.Plan]; ok && p.Fact != "" {
		f := duty.Fact{Name: p.Fact, Asset: j.T.Asset, Number: float64(j.T.Done.Unix()), At: at, By: j.DoneBy}
		if j.T.Origin == duty.OriginPlan {
			d.effects.Facts = append(d.effects.Facts, f)
		}
		for _, u := range j.Units {
			f.Unit = u
			d.effects.Facts = append(d.effects.Facts, f)
		}
	}
	d.nextTurn(j, at, j.T.Done, j.Used)
	if t, ok := d.turns[turnKey{j.Plan, j.T.Asset}]; ok {
		d.doneWithin(j, t, at)
	}
}

// planCancelled lets one turn go: the next is a period after it was due.
func (d *Desk) planCancelled(j *job, at time.Time) {
	if p, ok := d.plans[j.Plan]; ok {
		d.nextTurn(j, at, later(j.T.PlanFor, at), p.By)
	}
}

func (d *Desk) nextTurn(j *job, at, last time.Time, used float64) {
	t, ok := d.turns[turnKey{j.Plan, j.T.Asset}]
	if !ok {
		return
	}
	t.Last, t.Used = last, max(0, t.Used-used)
	d.keepTurn(t)
	d.plansOpening(t, at)
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
