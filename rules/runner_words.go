package rules

import (
	"fmt"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/store"
)

// about names what an action is done to.
func about(a duty.Action) string {
	switch {
	case a.Alarm != "":
		return a.Alarm
	case a.Ticket != "":
		return a.Ticket
	case a.Fact != nil:
		return strings.Trim(fmt.Sprintf("%s %s %s", a.Fact.Name, a.Fact.Asset, a.Fact.Unit), " ")
	case a.New != nil:
		return a.New.Title
	}
	return ""
}

// moment is how the audit log writes an instant, in the site's zone.
const moment = "2006-01-02 15:04:05 -07:00"

// saying is an action's words for the audit log.
func (e *Engine) saying(a duty.Action) string {
	var parts []string
	for _, s := range []string{a.To, string(a.Class), string(a.Waits), a.Reason, a.Note} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if !a.Until.IsZero() {
		parts = append(parts, "until "+a.Until.In(e.zone).Format(moment))
	}
	if f := a.Fact; f != nil && a.Do != duty.DoDropFact {
		said := number(f.Number)
		if e.tellable.moments[f.Name] {
			told := fact{number: f.Number}
			said = time.Unix(0, told.nanos()).In(e.zone).Format(moment)
		}
		parts = append(parts, "= "+said)
		if !f.Until.IsZero() {
			parts = append(parts, "until "+f.Until.In(e.zone).Format(moment))
		}
	}
	return strings.Join(parts, "; ")
}

// changesOf is the last of each alarm and ticket in a commit.
func changesOf(c store.Commit) duty.Changes {
	var changes duty.Changes
	at := map[string]int{}
	for _, t := range c.Transitions {
		if i, ok := at[t.Alarm.ID]; ok {
			changes.Alarms[i] = t.Alarm
			continue
		}
		at[t.Alarm.ID] = len(changes.Alarms)
		changes.Alarms = append(changes.Alarms, t.Alarm)
	}
	for _, t := range c.Tickets {
		if i, ok := at[t.ID]; ok {
			changes.Tickets[i] = t
			continue
		}
		at[t.ID] = len(changes.Tickets)
		changes.Tickets = append(changes.Tickets, t)
	}
	return changes
}

// Status tells how the runner stands. It comes at once: while the runner is
// busy, or its disk hangs, it is what was told last.
func (r *Runner) Status() gateway.RulesStatus {
	if r.mu.TryLock() {
		s := r.status()
		r.mu.Unlock()
		r.told.Store(&s)
		return s
	}
	if s := r.told.Load(); s != nil {
		return *s
	}
	return gateway.RulesStatus{}
}

func (r *Runner) status() gateway.RulesStatus {
	n := r.core.Engine.Stats()
	return gateway.RulesStatus{
		Stepped: r.position, Saved: r.saved, SavedAt: r.keptAt.UTC(), Failures: r.failures, SetBack: r.ahead(), Rewound: r.rewound, Reloads: r.reloads, Unreadable: r.bad,
		Readings: n.Readings, Evaluations: n.Evaluations, Backfilled: n.Backfilled, UnknownAssets: n.UnknownAssets,
	}
}

// Rules describes every rule and what it watches.
func (r *Runner) Rules() []duty.Rule {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.core.Engine.Rules()
}

// Explain says of every rule of an asset why it is or is not alarming.
func (r *Runner) Explain(asset gateway.AssetID) ([]duty.Explanation, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.core.Engine.Explain(asset)
}

// Facts lists what people have told.
func (r *Runner) Facts() []duty.Fact {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.core.Engine.Facts()
}
