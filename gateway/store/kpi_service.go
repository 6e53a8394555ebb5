package store

import (
	"cmp"
	"slices"
	"time"

	"steward/gateway/duty"
)

// inTime is the share of responses that must be in time, in percent.
const inTime = 98

// serviceFigures makes the service figures of a period out of the tickets
// that lived in it.
func serviceFigures(p span, tickets []duty.Ticket) []duty.Figure {
	return append([]duty.Figure{
		kept(p, tickets, duty.PromiseRespond, "respond_in_time", "按时响应率", "Responded to in time", atLeast(inTime, prompt)),
		kept(p, tickets, duty.PromiseEntrapment, "entrapments_in_time", "困人按时到场率", "Entrapments reached in time", nil),
		kept(p, tickets, duty.PromiseRepair, "repairs_in_time", "简单维修按时完成率", "Simple repairs done in time", nil),
		kept(p, tickets, duty.PromisePlan, "plans_in_time", "复杂维修按时出方案率", "Complex repairs planned in time", nil),
		kept(p, tickets, duty.PromiseDue, "maintenance_in_time", "计划保养按时完成率", "Planned maintenance done in time", nil),
	}, append(standingTickets(p, tickets), flow(p, tickets)...)...)
}

// kept is the share of a promise's clocks that were kept, of those that were
// met or broken in the period; a broken one stays broken when it is met later.
func kept(p span, tickets []duty.Ticket, promise duty.Promise, name, zh, en string, t *target) duty.Figure {
	var good, broken []string
	n, all := 0, 0
	for i := range tickets {
		for _, c := range tickets[i].Clocks {
			if c.Promise != promise {
				continue
			}
			switch {
			case !c.Breached.IsZero():
				if p.has(c.Breached) {
					all++
					broken = append(broken, tickets[i].ID)
				}
			case !c.Met.IsZero() && p.has(c.Met):
				n++
				all++
				good = append(good, tickets[i].ID)
			}
		}
	}
	return figure(name, zh, en, "%", duty.OfTickets, append(broken, good...)).target(t).share(n, all)
}

// standingTickets counts what was not over, and what of that had a broken
// promise, at the end of the period.
func standingTickets(p span, tickets []duty.Ticket) []duty.Figure {
	var open, breached []string
	for i := range tickets {
		k := &tickets[i]
		if !k.Opened.Before(p.to) || k.State.Over() && k.Changed.Before(p.to) {
			continue
		}
		open = append(open, k.ID)
		if slices.ContainsFunc(k.Clocks, func(c duty.Clock) bool { return !c.Breached.IsZero() && c.Breached.Before(p.to) }) {
			breached = append(breached, k.ID)
		}
	}
	return []duty.Figure{
		figure("tickets_open", "未结工单", "Tickets open at the end", "", duty.OfTickets, open).count(len(open)),
		figure("tickets_breached", "未结且超时工单", "Open tickets with a broken promise", "", duty.OfTickets, breached).count(len(breached)),
	}
}

// flow is what came, how long it took, and what came back. Planned work is no
// answer to a fault: the means leave it out.
func flow(p span, tickets []duty.Ticket) []duty.Figure {
	var opened, recurred, closed, reopened []string
	var respond, repair []took
	for i := range tickets {
		k := &tickets[i]
		if p.has(k.Opened) {
			opened = append(opened, k.ID)
			if k.Recurrence != "" {
				recurred = append(recurred, k.ID)
			}
		}
		if k.State == duty.TicketClosed && p.has(k.Closed) {
			closed = append(closed, k.ID)
			if k.Reopened > 0 {
				reopened = append(reopened, k.ID)
			}
		}
		if k.Class == duty.ClassPlanned || k.State == duty.TicketCancelled {
			continue
		}
		if p.has(k.Accepted) {
			respond = append(respond, took{k.ID, k.Accepted.Sub(k.Opened)})
		}
		if p.has(k.Done) {
			repair = append(repair, took{k.ID, k.Done.Sub(k.Opened)})
		}
	}
	return []duty.Figure{
		figure("tickets_opened", "新开工单", "Tickets opened", "", duty.OfTickets, opened).count(len(opened)),
		figure("tickets_closed", "关闭工单", "Tickets closed", "", duty.OfTickets, closed).count(len(closed)),
		mean("mean_respond", "平均响应时间", "Mean time to respond", respond),
		mean("mean_repair", "平均修复时间", "Mean time to repair", repair),
		figure("reopened", "返修率", "Closed tickets that had been reopened", "%", duty.OfTickets, reopened).share(len(reopened), len(closed)),
		figure("recurred", "复发率", "New tickets of a fault closed not long before", "%", duty.OfTickets, recurred).share(len(recurred), len(opened)),
	}
}

// took is how long something of a ticket took since it was opened.
type took struct {
	ticket string
	time   time.Duration
}

// mean is the mean in seconds; the slowest come first.
func mean(name, zh, en string, all []took) duty.Figure {
	slices.SortStableFunc(all, func(a, b took) int { return cmp.Compare(b.time, a.time) })
	var sum time.Duration
	ids := make([]string, len(all))
	for i, t := range all {
		sum += t.time
		ids[i] = t.ticket
	}
	f := figure(name, zh, en, "s", duty.OfTickets, ids)
	f.Count, f.Of = len(all), len(all)
	if len(all) == 0 {
		return f.Figure
	}
	return f.value(sum.Seconds() / float64(len(all))).Figure
}
