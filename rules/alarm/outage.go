package alarm

import (
	"cmp"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// outage is points of one asset under maintenance for one ticket.
type outage struct {
	duty.Outage
	timer timer
}

// covers reports whether the alarm's rule looks at a point that is out. Whoever
// works on a lift may trap somebody in it, or find him there: that is told.
func (o *outage) covers(e *entry) bool {
	if e.about != "" || e.spec.Rescue {
		return false
	}
	return len(o.Points) == 0 || slices.ContainsFunc(e.spec.Points, func(p string) bool { return slices.Contains(o.Points, p) })
}

func (t *Table) outageHold(o *outage) hold {
	return hold{Kind: byOutage, Name: o.Ticket, By: o.Ticket, Until: o.Until,
		words: say("维修中", "under maintenance")}
}

// Outage takes points out of service, or puts them back. An outage is known
// by its asset and ticket: a later one replaces it, and one without Until, or
// with one that is past, ends it.
func (t *Table) Outage(at time.Time, o duty.Outage) {
	at = t.enter(at)
	o.Until, o.Points = plainTime(o.Until), slices.Clone(o.Points)
	if !o.Until.After(at) {
		t.endOutage(at, o.Asset, o.Ticket, o.Ticket, say("维修结束", "the maintenance is over"))
		t.settle(at)
		return
	}
	list := t.outages[o.Asset]
	i, is := slices.BinarySearchFunc(list, o.Ticket, findOutage)
	if !is {
		out := &outage{timer: timer{pos: -1, rank: rankOutage}}
		out.timer.outage = out
		list = slices.Insert(list, i, out)
		t.outages[o.Asset] = list
	}
	list[i].Outage = o
	t.keepOutage(at, list[i])
	t.timers.set(&list[i].timer, o.Until)
	var back []*entry
	for _, e := range slices.Clone(t.byAsset[o.Asset]) {
		if e.alarm == nil {
			continue
		}
		if list[i].covers(e) {
			t.hold(at, e, duty.EventRemove, t.outageHold(list[i]))
		} else {
			back = append(back, e)
		}
	}
	t.releaseAll(at, back, duty.EventRestore, hold{Kind: byOutage, Name: o.Ticket, By: o.Ticket,
		words: say("不再维修", "no longer under maintenance")})
	t.settle(at)
}

func findOutage(o *outage, ticket string) int { return cmp.Compare(o.Ticket, ticket) }

// endOutage puts the points back.
func (t *Table) endOutage(at time.Time, asset gateway.AssetID, ticket, by string, why words) {
	list := t.outages[asset]
	i, is := slices.BinarySearchFunc(list, ticket, findOutage)
	if !is {
		return
	}
	o := list[i]
	t.timers.remove(&o.timer)
	t.keepOutage(at, o)
	if list = slices.Delete(slices.Clone(list), i, i+1); len(list) == 0 {
		delete(t.outages, asset)
	} else {
		t.outages[asset] = list
	}
	t.releaseAll(at, t.byAsset[asset], duty.EventRestore, hold{Kind: byOutage, Name: ticket, By: by, words: why})
}

// TicketOver puts back what people took out of service for the ticket: nothing
// stays silent for work that is over.
func (t *Table) TicketOver(at time.Time, ticket string) {
	at = t.enter(at)
	var found []*entry
	for _, e := range t.byID {
		if h, is := e.held(byPerson, ""); is && h.Name == ticket {
			found = append(found, e)
		}
	}
	sortEntries(found)
	h := hold{Kind: byPerson, By: ticket, words: say("工单已结束", "its ticket is over")}
	freed := t.free(at, found, h)
	for _, causes := range []bool{true, false} { // a cause is back before its consequences
		for _, e := range freed {
			if e.spec.Cause == causes {
				t.comesBack(at, e, duty.EventRestore, h)
			}
		}
		t.settle(at)
	}
}

// keepOutage notes that the outage must be saved.
func (t *Table) keepOutage(at time.Time, o *outage) {
	t.now = at
	t.unsaved.meta = true
	t.unsaved.outages[outageKey{o.Asset, o.Ticket}] = struct{}{}
}

// withdraw puts on an alarm that begins what holds it from its first moment.
func (t *Table) withdraw(e *entry) {
	for _, o := range t.outages[e.key.Asset] {
		if o.covers(e) {
			t.put(e, t.outageHold(o))
		}
	}
	t.block(e)
}

// reoutage looks again which outages concern an alarm whose rule changed.
func (t *Table) reoutage(at time.Time, e *entry) {
	for _, o := range t.outages[e.key.Asset] {
		_, is := e.held(byOutage, o.Ticket)
		if covers := o.covers(e); covers && !is {
			t.hold(at, e, duty.EventRemove, t.outageHold(o))
		} else if !covers && is {
			t.release(at, e, duty.EventRestore, byOutage, o.Ticket, "", say("不再维修", "no longer under maintenance"))
		}
		if e.alarm == nil {
			return
		}
	}
}
