package alarm

import (
	"slices"
	"strings"
	"time"

	"steward/gateway/duty"
)

// reblock looks which rules on the same asset suppress the alarm now. What
// comes of it is one step, however many rules begin and end at this instant.
// Where one has cleared, what is still active waits for the asset to recover,
// as the consequences of a cause do.
func (t *Table) reblock(at time.Time, e *entry) {
	news := t.block(e)
	why, cleared, over := words{}, "", 0
	for _, h := range slices.Clone(e.holds) {
		if h.Kind != byRule {
			continue
		}
		switch by := t.entries[duty.AlarmKey{Asset: e.key.Asset, Rule: h.Name}]; {
		case !slices.Contains(e.spec.SuppressBy, h.Name):
			why = say("不再受 "+h.Name+" 抑制", h.Name+" suppresses it no more")
		case t.blocking(e, h.Name) != nil:
			continue
		case by != nil && by.alarm != nil && by.alarm.Active:
			why = say(h.Name+" 已停用", h.Name+" is out of service")
		default:
			why, cleared = say(h.Name+" 已结束", h.Name+" is over"), h.Name
		}
		if over++; len(e.holds) == 1 {
			t.lapse(at, e)
		}
		t.drop(e, byRule, h.Name)
	}
	on := duty.EventUnsuppress
	switch {
	case len(news) > 0:
		on, why = duty.EventSuppress, join(news)
		if h, is := e.held(byWait, ""); is && h.Name != "" {
			t.drop(e, byWait, "")
		}
	case over == 0:
		return
	case cleared != "" && t.recovery(at, e, cleared):
		h, _ := e.held(byWait, "")
		on, why = duty.EventSuppress, h.words
	}
	t.touch(at, e)
	t.apply(at, e, on, "", why)
}

// recovery makes what is still active wait after the rule that suppressed it;
// false: it is not, or other rules or a cause hold it.
func (t *Table) recovery(at time.Time, e *entry, rule string) bool {
	_, ruled := e.held(byRule, "")
	_, caused := e.held(byCause, "")
	if ruled || caused || !e.alarm.Active || t.o.RecoverWait <= 0 {
		return false
	}
	t.put(e, hold{Kind: byWait, Name: rule, After: true, Until: at.Add(t.o.RecoverWait),
		words: say(rule+" 已结束，等待恢复", rule+" is over: waiting for what it suppressed to recover")})
	return true
}

// block puts on the alarm the holds by rules on the same asset that are
// missing, and returns what they say.
func (t *Table) block(e *entry) (news []words) {
	for _, rule := range e.spec.SuppressBy {
		if _, is := e.held(byRule, rule); is {
			continue
		}
		by := t.blocking(e, rule)
		if by == nil || by == e || t.blocked(by, e) {
			continue
		}
		h := hold{Kind: byRule, Name: rule, words: say(
			"被 "+rule+"（"+by.spec.Title.In("zh")+"）抑制", "suppressed by "+rule+" ("+by.spec.Title.In("en")+")")}
		t.put(e, h)
		news = append(news, h.words)
	}
	return news
}

// join makes one reason of several.
func join(all []words) words {
	var zh, en []string
	for _, w := range all {
		t := w.text()
		zh, en = append(zh, t.In("zh")), append(en, t.In("en"))
	}
	return say(strings.Join(zh, "；"), strings.Join(en, "; "))
}

// blocking returns the entry of the rule on the asset of e while it is active
// and can be trusted: it is in service, or comes back at this very instant.
func (t *Table) blocking(e *entry, rule string) *entry {
	by := t.entries[duty.AlarmKey{Asset: e.key.Asset, Rule: rule}]
	if by == nil || by.alarm == nil || !by.alarm.Active ||
		cover(by.holds) == duty.OutOfService && shown(by.holds).Until.After(t.now) {
		return nil
	}
	return by
}

// blocked reports whether e is suppressed by the rule of target, over however
// many others: rules that suppress each other must not all fall silent.
func (t *Table) blocked(e, target *entry) bool {
	met := []*entry{e}
	for i := 0; i < len(met); i++ {
		for _, h := range met[i].holds {
			if h.Kind != byRule {
				continue
			}
			by := t.entries[duty.AlarmKey{Asset: e.key.Asset, Rule: h.Name}]
			if by == target {
				return true
			}
			if by != nil && !slices.Contains(met, by) {
				met = append(met, by)
			}
		}
	}
	return false
}
