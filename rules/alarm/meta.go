package alarm

import (
	"fmt"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// standing reports whether the alarm is active before people's eyes.
func (e *entry) standing() bool {
	return e.about == "" && e.annunciated() && e.alarm.Active
}

// annunciate counts the alarm towards a flood, which may begin with it, and
// reports whether it came in one. What chatters counts no more.
func (t *Table) annunciate(at time.Time, e *entry) bool {
	if e.about != "" {
		return false
	}
	if e.chatter.IsZero() {
		keep := max(t.o.FloodStart+1, t.o.FloodEnd)
		if len(t.announced) >= keep {
			t.announced = slices.Delete(t.announced, 0, len(t.announced)-keep+1)
		}
		t.announced = append(t.announced, at)
		t.unsaved.meta = true
	}
	if n := len(t.announced); !t.flooding && n > t.o.FloodStart {
		t.flooding = t.announced[n-1-t.o.FloodStart].After(at.Add(-floodWindow))
	}
	if due, on := t.floodEnd(); on {
		t.timers.set(&t.flood, due)
	}
	return t.flooding
}

// floodEnd returns when a flood ends if nothing more comes.
func (t *Table) floodEnd() (time.Time, bool) {
	if !t.flooding {
		return time.Time{}, false
	}
	if i := len(t.announced) - t.o.FloodEnd; i >= 0 {
		return t.announced[i].Add(floodWindow), true
	}
	return t.now, true
}

func (t *Table) floodWhy() words {
	if t.flooding {
		return say(fmt.Sprintf("10 分钟内新报警超过 %d 条", t.o.FloodStart), fmt.Sprintf("more than %d new alarms in 10 min", t.o.FloodStart))
	}
	return say(fmt.Sprintf("10 分钟内新报警少于 %d 条", t.o.FloodEnd), fmt.Sprintf("fewer than %d new alarms in 10 min", t.o.FloodEnd))
}

// activation counts towards chattering. What people would not see does not
// begin to chatter, but goes on.
func (t *Table) activation(at time.Time, e *entry) {
	if e.about != "" {
		return
	}
	if len(e.recent) == chatterCount {
		e.recent = slices.Delete(e.recent, 0, 1)
	}
	e.recent = append(e.recent, at)
	aside := slices.ContainsFunc(e.holds, func(h hold) bool { return h.Kind != byWait })
	if e.comesOften() && (!aside || !e.chatter.IsZero()) {
		e.chatter = at.Add(chatterEnd)
	}
}

// about raises and clears the alarms about the alarms of the entry's asset.
func (t *Table) about(at time.Time, e *entry) {
	var chatters, stands *entry
	for _, o := range t.byAsset[e.key.Asset] {
		if chatters == nil && !o.chatter.IsZero() {
			chatters = o
		}
		if stands == nil && o.alarm != nil && o.alarm.Has(duty.MarkStale) {
			stands = o
		}
	}
	why := say("已平息", "it is over")
	if chatters != nil {
		why = say(chatters.key.Rule+" 一分钟内三次动作", chatters.key.Rule+" came three times within a minute")
	}
	t.report(at, duty.MarkChattering, e.key.Asset, chatters != nil, why)
	why = say("已结束", "it is over")
	if stands != nil {
		why = say(stands.key.Rule+" 持续超过 24 小时", stands.key.Rule+" has stood for more than 24 h")
	}
	t.report(at, duty.MarkStale, e.key.Asset, stands != nil, why)
}

// report raises or clears an alarm about alarms, as it should be.
func (t *Table) report(at time.Time, mark duty.Mark, asset gateway.AssetID, on bool, why words) {
	spec, ok := t.o.Meta[mark]
	if !ok {
		return
	}
	spec.Key.Asset = asset
	e := t.entries[spec.Key]
	switch active := e != nil && e.alarm != nil && e.alarm.Active; {
	case on && !active:
		t.raise(at, spec, nil, mark, why)
	case !on && active:
		t.clear(at, e, why)
	}
}
