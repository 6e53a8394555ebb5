package alarm

import (
	"cmp"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// kind is what holds an alarm down, from the strongest to the weakest.
type kind uint8

const (
	byPerson kind = 1 + iota // taken out of service by a person, for a ticket
	byOutage                 // its points are out of service; name: the ticket
	byShelf                  // shelved by a person
	byLogic                  // its rule's own suppression
	byRule                   // a rule on the same asset; name: that rule
	byCause                  // a cause upstream; name: that alarm
	byWait                   // it waits for a cause, or to recover from one
	kinds
)

// state is what an alarm is while the kind is the strongest that holds it.
func (k kind) state() duty.AlarmState {
	switch k {
	case byPerson, byOutage:
		return duty.OutOfService
	case byShelf:
		return duty.Shelved
	}
	return duty.Suppressed
}

// words is why something happened: what a person wrote, or what the gateway
// has to tell, in both languages. Parts saved by earlier versions have the
// gateway's words in Why, in the site's language.
type words struct {
	Why string       `json:"why,omitempty"`
	Say gateway.Text `json:"say,omitzero"`
}

func say(zh, en string) words { return words{Say: gateway.Text{ZH: zh, EN: en}} }

func wrote(text string) words { return words{Why: text} }

// text is what people read of it.
func (w words) text() gateway.Text {
	if w.Say == (gateway.Text{}) {
		return gateway.Text{ZH: w.Why, EN: w.Why}
	}
	return w.Say
}

// hold is one reason for which an alarm is put aside. The state ends when all
// of them have ended.
type hold struct {
	Kind kind   `json:"k"`
	Name string `json:"n,omitempty"` // of the ticket, the rule or the alarm
	By   string `json:"by,omitempty"`
	words
	Until time.Time `json:"until,omitzero"`
	After bool      `json:"after,omitempty"` // byWait: its cause is over, and it is to recover
	Hear  time.Time `json:"hear,omitzero"`   // byWait: while no data of it come, until then
}

func (h hold) compare(o hold) int {
	return cmp.Or(cmp.Compare(h.Kind, o.Kind), cmp.Compare(h.Name, o.Name))
}

// same reports whether h would replace o: there may be many outages and many
// suppressing rules, and one of everything else.
func (h hold) same(o hold) bool {
	return h.Kind == o.Kind && (h.Name == o.Name || (h.Kind != byOutage && h.Kind != byRule))
}

// cover returns the state that the holds make, or nothing.
func cover(holds []hold) duty.AlarmState {
	if len(holds) == 0 {
		return ""
	}
	return holds[0].Kind.state()
}

// shown returns the hold that people see: the strongest, and of those that
// take out of service the one that ends last.
func shown(holds []hold) hold {
	best := holds[0]
	for _, h := range holds[1:] {
		if h.Kind.state() == best.Kind.state() && best.Kind.state() == duty.OutOfService && h.Until.After(best.Until) {
			best = h
		}
	}
	return best
}

// held returns the hold of the kind; empty name: any.
func (e *entry) held(k kind, name string) (hold, bool) {
	for _, h := range e.holds {
		if h.Kind == k && (name == "" || h.Name == name) {
			return h, true
		}
	}
	return hold{}, false
}

// put adds a hold, or replaces the same.
func (t *Table) put(e *entry, h hold) {
	t.drop(e, h.Kind, h.Name)
	i, _ := slices.BinarySearchFunc(e.holds, h, hold.compare)
	e.holds = slices.Insert(e.holds, i, h)
	if h.Kind == byCause {
		t.folds(h.Name)[e.key] = e
	}
	t.change(e)
}

// drop ends a hold and reports whether there was one.
func (t *Table) drop(e *entry, k kind, name string) bool {
	i := slices.IndexFunc(e.holds, func(h hold) bool { return hold{Kind: k, Name: name}.same(h) })
	if i < 0 {
		return false
	}
	if k == byCause {
		id := e.holds[i].Name
		delete(t.folded[id], e.key)
		if len(t.folded[id]) == 0 {
			delete(t.folded, id)
		}
	}
	e.holds = slices.Delete(e.holds, i, i+1)
	t.change(e)
	return true
}

// folds returns the set of what is folded into the alarm.
func (t *Table) folds(id string) map[duty.AlarmKey]*entry {
	set := t.folded[id]
	if set == nil {
		set = make(map[duty.AlarmKey]*entry)
		t.folded[id] = set
	}
	return set
}
