package ticket

import (
	"maps"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

// nest lists the turns that contain a turn, over however many plans.
func (d *Desk) nest(t *turn, p *book.Plan) {
	for _, id := range p.Within {
		l, ok := d.turns[turnKey{id, t.Asset}]
		if !ok || l == t || slices.Contains(t.within, l) {
			continue
		}
		t.within = append(t.within, l)
		d.nest(t, l.plan)
	}
}

// container is a turn that contains this one and is to be done on the same
// visit: it has a ticket, or may have one by a time, when this one is due. Of
// several it is one that no other contains.
func (d *Desk) container(t *turn, by time.Time) *turn {
	for _, l := range t.within {
		byCalendar := l.plan.Every > 0 || l.plan.Months > 0
		if d.open[l.key()] == nil && !(byCalendar && !d.dueOf(l).Add(-l.plan.Warn).After(by)) {
			continue
		}
		if up := d.container(l, by); up != nil {
			return up
		}
		return l
	}
	return nil
}

// visit has a turn done with one that contains it, whose ticket is due when
// either of them is.
func (d *Desk) visit(l, t *turn, at, due time.Time) {
	j := d.open[l.key()]
	if j == nil {
		if own := d.dueOf(l); own.Before(due) && (l.plan.Every > 0 || l.plan.Months > 0) {
			due = own
		}
		d.openTurn(l, at, due)
		return
	}
	d.forward(j, t, at, due)
}

// absorb puts aside the tickets of what a ticket contains that nobody has
// answered: it is one visit.
func (d *Desk) absorb(j *job, l *turn, at time.Time) {
	for _, t := range d.contained(l) {
		k := d.open[t.key()]
		if k == nil || k.T.State != duty.TicketOpen {
			continue
		}
		d.forward(j, t, at, k.T.PlanFor)
		d.move(k, k.after(at), duty.TicketCancelled, duty.TicketEvent{Say: gateway.Text{
			ZH: "并入 " + j.T.ID + "（" + j.T.Title.In("zh") + "），一次上门完成", EN: "goes into " + j.T.ID + " (" + j.T.Title.In("en") + "), which contains it: one visit"}})
	}
}

// forward makes a ticket due as early as what it contains. What is overdue
// already does not make it so.
func (d *Desk) forward(j *job, t *turn, at, due time.Time) {
	if !due.Before(j.T.PlanFor) || !due.After(at) || slices.Contains(finished, j.T.State) {
		return
	}
	j.T.PlanFor = due
	for i := range j.T.Clocks {
		if c := &j.T.Clocks[i]; c.Promise == duty.PromiseDue && running(c) {
			c.Limit, c.Due = max(c.Limit-c.Due.Sub(due), 0), due
		}
	}
	d.event(j, j.after(at), duty.TicketEvent{What: duty.WhatPlanned, Say: gateway.Text{
		ZH: "包含“" + t.plan.Title.In("zh") + "”，提前至 " + d.clock(due) + " 前完成",
		EN: "contains " + t.plan.Title.In("en") + ": due by " + d.clock(due)}})
	d.schedule(j)
}

// contained lists the turns that a turn contains, by plan.
func (d *Desk) contained(l *turn) (turns []*turn) {
	for _, t := range d.list {
		if t.Asset == l.Asset && slices.Contains(t.within, l) {
			turns = append(turns, t)
		}
	}
	return turns
}

// usedWithin keeps how far the counters were of what was done with the work.
func (d *Desk) usedWithin(j *job, l *turn) {
	j.UsedWithin = nil
	for _, t := range d.contained(l) {
		if d.count(t) {
			d.keepTurn(t)
		}
		if t.Used > 0 {
			used := maps.Clone(j.UsedWithin) // what was saved keeps its own
			if used == nil {
				used = map[string]float64{}
			}
			used[t.Plan] = t.Used
			j.UsedWithin = used
		}
	}
}

// doneWithin says of what a closed ticket's work contained that it was done:
// tickets of it are closed with it, and its next turn begins.
func (d *Desk) doneWithin(j *job, l *turn, at time.Time) {
	for _, t := range d.contained(l) {
		if k := d.open[t.key()]; k != nil && !k.T.Opened.After(j.T.Done) {
			d.closeWithin(k, j, j.UsedWithin[t.Plan], k.after(at))
			continue
		}
		if t.plan.Fact != "" && t.Last.Before(j.T.Done) {
			d.effects.Facts = append(d.effects.Facts, duty.Fact{Name: t.plan.Fact, Asset: t.Asset, Number: float64(j.T.Done.Unix()), At: at, By: j.DoneBy})
		}
		t.Last, t.Used = later(t.Last, j.T.Done), max(0, t.Used-j.UsedWithin[t.Plan])
		d.keepTurn(t)
		if d.open[t.key()] == nil {
			d.plansOpening(t, at)
		}
	}
}

// closeWithin closes the ticket of work that was done with that of another.
func (d *Desk) closeWithin(k, with *job, used float64, at time.Time) {
	k.answered(at)
	k.meet(later(with.T.Done, k.T.Opened), duty.PromiseDue)
	k.T.Done, k.DoneBy, k.Used = with.T.Done, with.DoneBy, used
	k.T.Closed = at
	d.move(k, at, duty.TicketClosed, duty.TicketEvent{Say: gateway.Text{
		ZH: "已随 " + with.T.ID + "（" + with.T.Title.In("zh") + "）完成", EN: "done with " + with.T.ID + " (" + with.T.Title.In("en") + "), which contains it"}})
	d.planClosed(k, at)
	d.tell(k, at, "closed", "", gateway.Text{})
}
