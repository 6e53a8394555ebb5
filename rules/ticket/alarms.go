package ticket

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// transition takes one step of one alarm.
func (d *Desk) transition(at time.Time, t *duty.Transition) {
	rises := t.To == duty.Unacknowledged && t.From != duty.Unacknowledged
	d.announce(at, t, rises)
	if j := d.open[key{t.Alarm.Asset, t.Alarm.Fault}]; j != nil {
		d.add(j, j.after(at), t, rises)
		d.schedule(j)
	} else if rises && t.Alarm.Class != duty.ClassNone && t.Alarm.Class != "" && t.Alarm.Fault != "" {
		d.schedule(d.openFor(at, t))
	}
	if rises {
		d.callRounds(at, t)
	}
}

// announce tells of alarms that somebody must hear about. Of one that
// chatters they have heard: it is told again once it has settled.
func (d *Desk) announce(at time.Time, t *duty.Transition, rises bool) {
	what := "raise"
	switch {
	case t.Event == duty.EventRealarm:
		what = "realarm"
	case !rises || t.Alarm.Priority > duty.P2:
		return
	case t.Event == duty.EventRaise && t.Alarm.Has(duty.MarkChattering):
		return
	}
	unit := ""
	if a, ok := d.assets[t.Alarm.Asset]; ok {
		unit = a.Unit
	}
	d.effects.Outbox = append(d.effects.Outbox, duty.Message{
		Key: t.Alarm.ID + "/" + what + "/" + strconv.FormatUint(t.Seq, 10), At: at, What: "alarm." + what,
		Priority: t.Alarm.Priority, Alarm: t.Alarm.ID, Unit: unit,
		Title: d.headline(t.Alarm.Asset, t.Alarm.Title, gateway.Text{}),
	})
}

// openFor opens the ticket that an alarm asks for.
func (d *Desk) openFor(at time.Time, t *duty.Transition) *job {
	a := &t.Alarm
	j := d.start(at, duty.Ticket{
		Asset: a.Asset, Fault: a.Fault, Title: a.Title, Origin: duty.OriginAlarm, Class: a.Class,
		Priority: priorityOf(a), Trade: a.Trade, Alarms: []string{a.ID},
	}, duty.TicketEvent{Alarm: a.ID, Say: alarmSays(t)})
	j.latch(a)
	d.runAll(j, at, a)
	if was, ok := d.gone[key{a.Asset, a.Fault}]; ok && at.Sub(was.At) < d.service.Recurrence {
		j.T.Recurrence = was.ID
		d.event(j, at, duty.TicketEvent{What: duty.WhatRecurrence, Text: was.ID, Say: gateway.Text{
			ZH: "同一故障复发，上次工单 " + was.ID + " 于 " + d.clock(was.At) + " 关闭",
			EN: "the same fault was closed with " + was.ID + " at " + d.clock(was.At),
		}})
	}
	d.event(j, at, duty.TicketEvent{What: duty.WhatTrend, Alarm: a.ID, Text: d.trend(at, a)})
	d.tell(j, at, "opened", "", gateway.Text{})
	return j
}

// trendBefore is how much of the past is frozen with a ticket.
const trendBefore = 30 * time.Minute

// trend names the points and the window that show how it came to a ticket:
// those of the fault, or those that the alarm looked at.
func (d *Desk) trend(at time.Time, a *duty.Alarm) string {
	points := d.view.Evidence(a.Asset, a.Fault).Points
	if len(points) == 0 {
		for _, in := range a.Inputs {
			if in.Point != "" && (in.Asset == "" || in.Asset == a.Asset) && !slices.Contains(points, in.Point) {
				points = append(points, in.Point)
			}
		}
		slices.Sort(points)
	}
	if points == nil {
		points = []string{}
	}
	text, err := json.Marshal(struct {
		Asset  gateway.AssetID `json:"asset"`
		Points []string        `json:"points"`
		From   time.Time       `json:"from"`
		To     time.Time       `json:"to"`
	}{a.Asset, points, at.Add(-trendBefore), at})
	if err != nil {
		return "" // a year that JSON has no digits for
	}
	return string(text)
}

// priorityOf is an alarm's priority, P4 where it has none.
func priorityOf(a *duty.Alarm) duty.Priority {
	if a.Priority < duty.P1 || a.Priority > duty.P4 {
		return duty.P4
	}
	return a.Priority
}

// latch notes whether the alarm will need a reset.
func (j *job) latch(a *duty.Alarm) (changed bool) {
	i := slices.Index(j.Latches, a.ID)
	switch needs := a.Latch && a.State != duty.Normal; {
	case needs && i < 0:
		j.Latches = append(j.Latches, a.ID)
	case !needs && i >= 0:
		j.Latches = slices.Delete(j.Latches, i, i+1)
	default:
		return false
	}
	return true
}

// add takes a step of an alarm whose fault has a ticket.
func (d *Desk) add(j *job, at time.Time, t *duty.Transition, rises bool) {
	a := &t.Alarm
	if j.latch(a) {
		d.keep(j)
	}
	if !slices.Contains(j.T.Alarms, a.ID) && len(j.T.Alarms) < maxAlarms {
		j.T.Alarms = append(j.T.Alarms, a.ID)
		d.touch(j)
	}
	over := slices.Contains(finished, j.T.State)
	if t.Event == duty.EventAcknowledge && !over {
		if _, ok := next(j.T.State, duty.DoAccept); ok {
			d.move(j, at, duty.TicketAccepted, duty.TicketEvent{By: t.By, Text: t.Why, Alarm: a.ID, Say: alarmSays(t)})
			return
		}
	}
	d.noteAlarm(j, at, t)
	if rises && !over {
		d.upgrade(j, at, a)
		d.rescue(j, at, a)
	}
	d.freed(j, at, t)
	switch {
	case over && rises && (t.Event == duty.EventRaise || a.Raised.After(j.T.Done)):
		d.comesBack(j, at, a)
	case j.T.State == duty.TicketProving && t.Event == duty.EventClear:
		d.prolong(j, at, at)
	}
}

// noteAlarm writes what an alarm did into the timeline. A chattering alarm
// does not fill it, nor does the ticket's own taking out of service.
func (d *Desk) noteAlarm(j *job, at time.Time, t *duty.Transition) {
	a := &t.Alarm
	switch t.Event {
	case duty.EventRemove, duty.EventRestore:
		if t.By == j.T.ID || a.Ticket == j.T.ID {
			return
		}
	case duty.EventRaise, duty.EventClear:
		if a.Has(duty.MarkChattering) {
			return
		}
	case duty.EventMark:
		d.noteMarks(j, at, a)
		return
	}
	d.event(j, at, duty.TicketEvent{What: duty.WhatAlarm, By: t.By, Text: t.Why, Alarm: a.ID, Say: alarmSays(t)})
}

// noteMarks tells when an alarm begins and ends to chatter.
func (d *Desk) noteMarks(j *job, at time.Time, a *duty.Alarm) {
	i, chatters := slices.Index(j.Chatter, a.ID), a.Has(duty.MarkChattering)
	say := gateway.Text{ZH: "频繁抖动，此后报警与恢复不再逐条记录", EN: "chattering; its raises and clears are not listed one by one from here on"}
	switch {
	case chatters && i < 0:
		j.Chatter = append(j.Chatter, a.ID)
	case !chatters && i >= 0:
		j.Chatter = slices.Delete(j.Chatter, i, i+1)
		say = gateway.Text{ZH: "不再抖动", EN: "no longer chattering"}
	default:
		return
	}
	d.event(j, at, duty.TicketEvent{What: duty.WhatAlarm, Alarm: a.ID, Say: gateway.Text{
		ZH: a.Title.In("zh") + "：" + say.ZH, EN: a.Title.In("en") + ": " + say.EN}})
}

// upgrade makes a ticket as urgent as the most urgent of its alarms, and calls
// it what that one is called.
func (d *Desk) upgrade(j *job, at time.Time, a *duty.Alarm) {
	if p := priorityOf(a); p < j.T.Priority {
		was := j.T.Priority.String()
		if j.T.Priority = p; j.Plan == "" {
			j.T.Title = a.Title
		}
		d.event(j, at, duty.TicketEvent{What: duty.WhatClassified, Alarm: a.ID, Say: gateway.Text{
			ZH: "优先级由 " + was + " 升为 " + p.String(), EN: "priority raised from " + was + " to " + p.String()}})
		d.sooner(j, at)
	}
	if urgency(a.Class) > urgency(j.T.Class) {
		was := classText(j.T.Class)
		j.T.Class = a.Class
		d.moveWork(j)
		to := classText(a.Class)
		d.event(j, at, duty.TicketEvent{What: duty.WhatClassified, Alarm: a.ID, Say: gateway.Text{
			ZH: "等级由" + was.ZH + "改为" + to.ZH, EN: "class changed from " + was.EN + " to " + to.EN}})
	}
}

// urgency ranks classes; simple and complex are alike, as people choose between them.
func urgency(c duty.Class) int {
	switch c {
	case duty.ClassEmergency:
		return 3
	case duty.ClassSimple, duty.ClassComplex:
		return 2
	case duty.ClassPlanned:
		return 1
	}
	return 0
}
