package alarm

import (
	"cmp"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// supply is the graph of what feeds what. Nothing is precomputed but the
// links: walks are made when a cause comes or a possible consequence rises.
type supply struct {
	ids    []gateway.AssetID
	index  map[gateway.AssetID]int32
	up     [][]int32 // fed_by
	down   [][]int32 // feeds
	active []int32   // how many alarms on the asset are causes now
	seen   []uint32  // in which walk it was last met
	walks  uint32
	queue  []int32
}

func newSupply(site *gateway.Site) *supply {
	n := len(site.Assets)
	s := &supply{
		ids: make([]gateway.AssetID, n), index: make(map[gateway.AssetID]int32, n),
		up: make([][]int32, n), down: make([][]int32, n), active: make([]int32, n), seen: make([]uint32, n),
	}
	for i := range site.Assets {
		s.ids[i] = site.Assets[i].ID
		s.index[s.ids[i]] = int32(i)
	}
	for i := range site.Assets {
		for _, from := range site.Assets[i].FedBy {
			if f, ok := s.index[from]; ok {
				s.up[i] = append(s.up[i], f)
				s.down[f] = append(s.down[f], int32(i))
			}
		}
	}
	return s
}

// causes counts causes on the asset.
func (s *supply) causes(asset gateway.AssetID, by int32) {
	if i, ok := s.index[asset]; ok {
		s.active[i] += by
	}
}

// fed reports whether anything feeds the asset.
func (s *supply) fed(asset gateway.AssetID) bool {
	i, ok := s.index[asset]
	return ok && len(s.up[i]) > 0
}

// walk visits what can be reached from the asset by the links, the nearest
// first, each once and not itself, until visit returns false.
func (s *supply) walk(asset gateway.AssetID, links [][]int32, visit func(i int32) bool) {
	first, ok := s.index[asset]
	if !ok {
		return
	}
	s.walks++
	if s.walks == 0 {
		clear(s.seen)
		s.walks = 1
	}
	s.seen[first] = s.walks
	s.queue = append(s.queue[:0], first)
	for at := 0; at < len(s.queue); at++ {
		for _, i := range links[s.queue[at]] {
			if s.seen[i] == s.walks {
				continue
			}
			s.seen[i] = s.walks
			if !visit(i) {
				return
			}
			s.queue = append(s.queue, i)
		}
	}
}

// causeOf finds the nearest cause upstream of the asset.
func (t *Table) causeOf(asset gateway.AssetID) (found *duty.Alarm) {
	if t.causes == 0 {
		return nil
	}
	t.supply.walk(asset, t.supply.up, func(i int32) bool {
		if t.supply.active[i] == 0 {
			return true
		}
		for _, e := range t.byAsset[t.supply.ids[i]] {
			if e.causeID != "" {
				found = e.alarm
				return false
			}
		}
		return true
	})
	return found
}

// fold looks for the cause of an alarm that has just become active. Without
// one it waits, for the cause may be slower to show than the consequence.
func (t *Table) fold(at time.Time, e *entry) {
	if _, is := e.held(byCause, ""); is || !e.spec.Folds {
		return
	}
	if cause := t.causeOf(e.key.Asset); cause != nil {
		t.drop(e, byWait, "")
		t.put(e, t.causeHold(cause))
		return
	}
	if len(e.holds) > 0 || !t.supply.fed(e.key.Asset) {
		return
	}
	until := at.Add(t.o.FoldWait)
	r := t.recovering(e.key.Asset)
	if r.After(until) {
		until = r
	}
	h := hold{Kind: byWait, Until: until, words: say("等待上游原因", "waiting for a cause upstream")}
	if hear := r.Add(t.o.HearWait); !r.IsZero() && hear.After(until) {
		h.Hear = hear
	}
	if until.After(at) {
		t.put(e, h)
	}
}

func (t *Table) causeHold(cause *duty.Alarm) hold {
	name := t.nameOf(cause.Asset)
	return hold{Kind: byCause, Name: cause.ID, words: say(
		"由 "+cause.ID+"（"+name.ZH+" "+cause.Title.In("zh")+"）引起",
		"a consequence of "+cause.ID+" ("+name.EN+" "+cause.Title.In("en")+")")}
}

// nameOf is what people call an asset; its ID where it has no name.
func (t *Table) nameOf(asset gateway.AssetID) gateway.Text {
	var name gateway.Text
	if i, ok := t.supply.index[asset]; ok {
		name = t.o.Site.Assets[i].Name
	}
	return gateway.Text{ZH: cmp.Or(name.In("zh"), string(asset)), EN: cmp.Or(name.In("en"), string(asset))}
}

// recovering returns until when something upstream is coming back, or was: for
// a while longer than that it is told.
func (t *Table) recovering(asset gateway.AssetID) (until time.Time) {
	if len(t.recovers) == 0 {
		return until
	}
	t.supply.walk(asset, t.supply.up, func(i int32) bool {
		if u := t.recovers[t.supply.ids[i]]; u.After(until) {
			until = u
		}
		return true
	})
	return until
}

// foldInto makes the alarm a consequence of the cause.
func (t *Table) foldInto(at time.Time, e *entry, cause *duty.Alarm) {
	t.drop(e, byCause, "")
	t.drop(e, byWait, "")
	t.hold(at, e, duty.EventSuppress, t.causeHold(cause))
}

// foldAll folds what is active downstream into an alarm that became a cause.
func (t *Table) foldAll(at time.Time, cause *entry) {
	var found []*entry
	t.supply.walk(cause.key.Asset, t.supply.down, func(i int32) bool {
		for _, e := range t.byAsset[t.supply.ids[i]] {
			if e.alarm == nil || !e.alarm.Active || !e.spec.Folds {
				continue
			}
			if _, is := e.held(byCause, ""); !is {
				found = append(found, e)
			}
		}
		return true
	})
	sortEntries(found)
	for _, e := range found {
		t.foldInto(at, e, cause.alarm)
	}
}

// unfold looks again at what was folded into an alarm that is no cause any
// more: into another cause, or, where it is still active, it waits for the
// plant to recover and then gets its own raise.
func (t *Table) unfold(at time.Time, cause *entry, id string) {
	if t.o.RecoverWait > 0 {
		t.recovers[cause.key.Asset] = at.Add(t.o.RecoverWait)
	}
	found := make([]*entry, 0, len(t.folded[id]))
	for _, e := range t.folded[id] {
		found = append(found, e)
	}
	sortEntries(found)
	for _, e := range found {
		t.unfoldOne(at, e, id)
	}
}

func (t *Table) unfoldOne(at time.Time, e *entry, id string) {
	if other := t.causeOf(e.key.Asset); other != nil {
		t.foldInto(at, e, other)
		return
	}
	over := say(id+" 已结束", id+" is over")
	if e.alarm == nil || !e.alarm.Active || t.o.RecoverWait <= 0 {
		t.release(at, e, duty.EventUnsuppress, byCause, id, "", over)
		return
	}
	t.drop(e, byCause, id)
	back := at.Add(t.o.RecoverWait)
	t.hold(at, e, duty.EventSuppress, hold{Kind: byWait, After: true, Until: back, Hear: back.Add(t.o.HearWait),
		words: say(id+" 已结束，等待恢复", id+" is over: waiting for what it feeds to recover")})
}

// waited ends a wait that is due. While a cause upstream is waiting itself,
// it goes on until that has been decided; what is faulty no more and only
// waits for its delay is given that, or each recovery would raise it once more;
// and what is not heard yet is given the time to be asked again.
func (t *Table) waited(at time.Time, e *entry) {
	h, _ := e.held(byWait, "")
	until := t.pending(at, e.key.Asset)
	if t.o.Clearing != nil && h.After && e.alarm != nil && e.alarm.Active {
		if due, ok := t.o.Clearing(e.key); ok && !due.Before(at) && due.Add(1).After(until) {
			until = due.Add(1) // at the instant itself the wait would end first
		}
	}
	if h.Hear.After(at) && t.unheard(e) {
		again := earlier(at.Add(t.o.RecoverWait), h.Hear)
		if again.After(until) {
			until = again
		}
	}
	if until.After(at) {
		h.Until = until
		t.put(e, h)
		t.touch(at, e)
		return
	}
	why := say("上游无原因", "no cause upstream")
	if h.Name != "" {
		why = say(h.Name+" 已结束", h.Name+" is over")
	}
	t.release(at, e, duty.EventUnsuppress, byWait, "", "", why)
}

// unheard reports whether nobody can know if the alarm's condition still holds.
func (t *Table) unheard(e *entry) bool {
	return t.o.Unheard != nil && e.alarm != nil && e.alarm.Active && t.o.Unheard(e.key)
}

// pending returns until when a possible cause upstream waits, and a moment
// more: of two that are due together, what feeds the other goes first. Those
// that feed each other in a circle go by their names.
func (t *Table) pending(at time.Time, asset gateway.AssetID) (until time.Time) {
	type wait struct {
		asset gateway.AssetID
		until time.Time
	}
	var waits []wait
	t.supply.walk(asset, t.supply.up, func(i int32) bool {
		for _, e := range t.byAsset[t.supply.ids[i]] {
			if e.alarm == nil || !e.alarm.Active || !e.spec.Cause || len(e.holds) != 1 {
				continue
			}
			if h := e.holds[0]; h.Kind == byWait && !h.Until.Before(at) {
				waits = append(waits, wait{e.key.Asset, h.Until})
			}
		}
		return true
	})
	for _, w := range waits {
		if !t.feeds(asset, w.asset) {
			w.until = w.until.Add(1)
		}
		if w.until.After(until) {
			until = w.until
		}
	}
	return until
}

// feeds reports whether the asset is upstream of the other.
func (t *Table) feeds(asset, other gateway.AssetID) (is bool) {
	t.supply.walk(other, t.supply.up, func(i int32) bool {
		is = t.supply.ids[i] == asset
		return !is
	})
	return is
}

// refold looks again at an alarm whose rule or topology changed.
func (t *Table) refold(at time.Time, e *entry) {
	h, is := e.held(byCause, "")
	switch {
	case !e.spec.Folds:
		no := say("规则不再归并", "its rule folds no more")
		t.release(at, e, duty.EventUnsuppress, byCause, "", "", no)
		if h, is := e.held(byWait, ""); is && h.Name == "" && e.alarm != nil {
			t.release(at, e, duty.EventUnsuppress, byWait, "", "", no)
		}
	case is && !t.above(h.Name, e.key.Asset):
		t.unfoldOne(at, e, h.Name)
	case !is && e.alarm.Active:
		if cause := t.causeOf(e.key.Asset); cause != nil {
			t.foldInto(at, e, cause)
		}
	}
}

// above reports whether the alarm is a cause upstream of the asset.
func (t *Table) above(id string, asset gateway.AssetID) bool {
	cause := t.byID[id]
	if cause == nil || cause.causeID != id {
		return false
	}
	return t.feeds(cause.key.Asset, asset)
}

func sortEntries(list []*entry) {
	slices.SortFunc(list, func(a, b *entry) int { return compareKeys(a.key, b.key) })
}

func compareKeys(a, b duty.AlarmKey) int {
	return cmp.Or(cmp.Compare(a.Asset, b.Asset), cmp.Compare(a.Rule, b.Rule))
}
