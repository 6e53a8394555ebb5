package alarm

import (
	"fmt"
	"strings"
	"time"

	"steward/gateway/duty"
)

// eventOf says what a verb is in an alarm's life; empty: it is about no alarm.
func eventOf(v duty.Verb) duty.AlarmEvent {
	switch v {
	case duty.DoAcknowledge:
		return duty.EventAcknowledge
	case duty.DoReset:
		return duty.EventReset
	case duty.DoShelve:
		return duty.EventShelve
	case duty.DoUnshelve:
		return duty.EventUnshelve
	case duty.DoRemove:
		return duty.EventRemove
	case duty.DoRestore:
		return duty.EventRestore
	}
	return ""
}

// Act does what a person asks of an alarm. The error is a *duty.Refusal; nothing
// was then changed.
func (t *Table) Act(at time.Time, a duty.Action) error {
	at = t.enter(at)
	if err := duty.CheckWords(a); err != nil {
		return err
	}
	on := eventOf(a.Do)
	if on == "" {
		return duty.Refuse(fmt.Sprintf("报警没有“%s”这个操作", a.Do), fmt.Sprintf("%q is nothing that can be done to an alarm", a.Do))
	}
	e := t.byID[a.Alarm]
	if e == nil {
		return duty.Unknown(fmt.Sprintf("没有报警 %q，或已结束", a.Alarm), fmt.Sprintf("there is no alarm %q, or it is over", a.Alarm))
	}
	a.Until = plainTime(a.Until)
	if err := t.allowed(at, e, on, a); err != nil {
		return err
	}
	why := strings.TrimSpace(a.Reason)
	if why == "" || on == duty.EventAcknowledge || on == duty.EventReset {
		if note := strings.TrimSpace(a.Note); note != "" {
			why = note
		}
	}
	said := wrote(why)
	switch on {
	case duty.EventShelve:
		t.hold(at, e, on, hold{Kind: byShelf, By: a.By, words: said, Until: a.Until})
	case duty.EventRemove:
		t.hold(at, e, on, hold{Kind: byPerson, Name: a.Ticket, By: a.By, words: said, Until: a.Until})
	case duty.EventUnshelve:
		t.release(at, e, on, byShelf, "", a.By, said)
	case duty.EventRestore:
		t.release(at, e, on, byPerson, "", a.By, said)
	default:
		t.apply(at, e, on, a.By, said)
	}
	t.settle(at)
	return nil
}

// allowed says why not.
func (t *Table) allowed(at time.Time, e *entry, on duty.AlarmEvent, a duty.Action) error {
	id, state := e.alarm.ID, e.alarm.State
	switch on {
	case duty.EventShelve:
		if e.alarm.Priority == duty.P1 || e.spec.Priority == duty.P1 {
			return duty.Refuse(id+" 为 P1，不得搁置：请确认，或凭工单停用",
				id+" is P1 and cannot be shelved: acknowledge it or take it out of service with a ticket")
		}
	case duty.EventUnshelve:
		if _, is := e.held(byShelf, ""); !is {
			return duty.Refuse(id+" 未被搁置", id+" is not shelved")
		}
	case duty.EventRestore:
		if _, is := e.held(byPerson, ""); !is {
			if h, out := e.held(byOutage, ""); out {
				return duty.Refuse(id+" 因工单 "+h.Name+" 停用：工作结束后自动恢复",
					id+" is out of service for ticket "+h.Name+": it comes back when that work is no longer in progress")
			}
			return duty.Refuse(id+" 未停用", id+" is not out of service")
		}
	}
	if _, _, ok := next(state, on, e.facts()); !ok {
		return t.whyNot(e, on)
	}
	switch on {
	case duty.EventShelve:
		return t.shelvable(at, id, a)
	case duty.EventRemove:
		return t.removable(at, id, a)
	}
	return nil
}

func (t *Table) shelvable(at time.Time, id string, a duty.Action) error {
	switch limit := at.Add(t.o.ShelveMax); {
	case strings.TrimSpace(a.Reason) == "":
		return duty.Refuse("搁置 "+id+" 需说明原因", "shelving "+id+" needs a reason")
	case !a.Until.After(at):
		return duty.Refuse("搁置 "+id+" 需要一个将来的到期时间", "shelving "+id+" needs an expiry in the future")
	case a.Until.After(limit):
		return duty.Refuse(fmt.Sprintf("%s 最长可搁置 %s，至 %s", id, span(t.o.ShelveMax), t.clock(limit)),
			fmt.Sprintf("%s can be shelved for %s at most, until %s", id, span(t.o.ShelveMax), t.clock(limit)))
	}
	return nil
}

func (t *Table) removable(at time.Time, id string, a duty.Action) error {
	switch limit := at.Add(removeMax); {
	case strings.TrimSpace(a.Ticket) == "":
		return duty.Refuse("停用 "+id+" 需要工单", "taking "+id+" out of service needs a ticket")
	case strings.TrimSpace(a.Reason) == "":
		return duty.Refuse("停用 "+id+" 需说明原因", "taking "+id+" out of service needs a reason")
	case !a.Until.After(at):
		return duty.Refuse("停用 "+id+" 需要一个将来的到期时间", "taking "+id+" out of service needs an expiry in the future")
	case a.Until.After(limit):
		return duty.Refuse(id+" 最长可停用 30 天，至 "+t.clock(limit),
			id+" can be taken out of service for 30 days at most, until "+t.clock(limit))
	}
	return nil
}

// whyNot says why the state has no such step.
func (t *Table) whyNot(e *entry, on duty.AlarmEvent) error {
	a := e.alarm
	switch a.State {
	case duty.Shelved, duty.Suppressed, duty.OutOfService:
		return t.putAside(e)
	case duty.Acknowledged, duty.Latched:
		if on == duty.EventAcknowledge && e.ackBy != "" {
			return duty.Refuse(fmt.Sprintf("%s 已由 %s 于 %s 确认", a.ID, e.ackBy, t.clock(a.Acked)),
				fmt.Sprintf("%s was already acknowledged by %s at %s", a.ID, e.ackBy, t.clock(a.Acked)))
		}
		if on == duty.EventAcknowledge && a.State == duty.Acknowledged {
			return duty.Refuse(a.ID+" 已确认", a.ID+" was already acknowledged")
		}
	}
	switch {
	case a.State == duty.Latched:
		return duty.Refuse(a.ID+" 已消除，等待复位：请复位", a.ID+" has cleared and waits for its reset: reset it")
	case a.State == duty.Returned:
		return duty.Refuse(a.ID+" 尚未确认：请先确认", a.ID+" has cleared and was never acknowledged: acknowledge it first")
	}
	if t.clearing(e) {
		return duty.Refuse(a.ID+" 的条件已消失，恢复延时未满，报警尚未消除：请稍后复位",
			a.ID+" has not cleared yet: its condition is gone, and its delay still runs; reset it once it has cleared")
	}
	return duty.Refuse(a.ID+" 仍在报警，不能复位", a.ID+" cannot be reset: its condition still holds")
}

// clearing reports whether the condition is gone and only a delay still runs.
func (t *Table) clearing(e *entry) bool {
	if !e.clears.IsZero() {
		return true
	}
	if t.o.Clearing == nil || !e.alarm.Active {
		return false
	}
	_, runs := t.o.Clearing(e.key)
	return runs
}

// putAside says what holds the alarm.
func (t *Table) putAside(e *entry) error {
	a, h := e.alarm, shown(e.holds)
	switch a.State {
	case duty.Shelved:
		return duty.Refuse(fmt.Sprintf("%s 已由 %s 搁置至 %s：请先取消搁置", a.ID, h.By, t.clock(h.Until)),
			fmt.Sprintf("%s is shelved by %s until %s: unshelve it first", a.ID, h.By, t.clock(h.Until)))
	case duty.OutOfService:
		return duty.Refuse(fmt.Sprintf("%s 因工单 %s 停用至 %s：请先恢复", a.ID, h.Name, t.clock(h.Until)),
			fmt.Sprintf("%s is out of service for ticket %s until %s: put it back into service first", a.ID, h.Name, t.clock(h.Until)))
	}
	return duty.Refuse(fmt.Sprintf("%s 被抑制（%s），现在无需处理", a.ID, h.text().ZH),
		fmt.Sprintf("%s is suppressed (%s): it asks for nothing until that ends", a.ID, h.text().EN))
}

// clock writes a time for people of the site.
func (t *Table) clock(at time.Time) string {
	if z := t.o.Site.Zone; z != nil {
		at = at.In(z)
	}
	return at.Format("2006-01-02 15:04")
}

// span writes a length of time without the zeros behind it: 12h, 1h30m.
func span(d time.Duration) string {
	s := d.String()
	if short, ok := strings.CutSuffix(s, "m0s"); ok {
		s = short + "m"
	}
	if short, ok := strings.CutSuffix(s, "h0m"); ok {
		s = short + "h"
	}
	return s
}
