package rules

import (
	"fmt"
	"slices"
	"strings"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

// The state is kept in parts, by stable keys:
//
//	n                       the time, what was counted
//	v/<asset>               its values
//	i/<rule>/<asset>        truth, delay and windows
//	f/<name>/<asset>/<unit> what people told
//	a/…                     the alarm table's
const (
	keyClock    = "n"
	keyValues   = "v/"
	keyInstance = "i/"
	keyFact     = "f/"
	keyAlarm    = "a/"
)

// unsaved is what changed since the last Save.
type unsaved struct {
	clock     bool
	assets    []int32
	instances []int32
	facts     []int32
	gone      []string        // keys of what there is no more
	forget    []duty.AlarmKey // of instances that there are no more
}

func (e *Engine) dirtyAsset(i int32) {
	if a := &e.assets[i]; !a.dirty {
		a.dirty = true
		e.unsaved.assets = append(e.unsaved.assets, i)
	}
}

func (e *Engine) dirtyInstance(i int32) {
	if in := &e.instances[i]; !in.is(flagDirty) {
		in.set(flagDirty, true)
		e.unsaved.instances = append(e.unsaved.instances, i)
	}
}

func (e *Engine) dirtyFact(i int32) {
	if f := &e.facts[i]; !f.dirty {
		f.dirty = true
		e.unsaved.facts = append(e.unsaved.facts, i)
	}
}

// Save gives every part of the state that changed since the last Save, in the
// same order for the same history; a nil body deletes the part. It keeps
// nothing of what it gives.
func (e *Engine) Save(put func(key string, body []byte)) {
	u := &e.unsaved
	for _, key := range u.gone {
		put(key, nil)
	}
	if u.clock {
		put(keyClock, e.saveClock())
	}
	for _, list := range [][]int32{u.assets, u.instances, u.facts} {
		slices.Sort(list)
	}
	for _, i := range u.assets {
		e.assets[i].dirty = false
		put(keyValues+string(e.assets[i].def.ID), e.saveValues(&e.assets[i]))
	}
	for _, i := range u.instances {
		in := &e.instances[i]
		in.set(flagDirty, false)
		if in.truth == book.Unknown && in.since == 0 && in.live == nil && in.flags&^flagFresh == 0 {
			continue // as it would be made anew
		}
		in.set(flagKept, true)
		put(keyInstance+in.plan.rule.ID+"/"+string(e.assets[in.asset].def.ID), saveInstance(in))
	}
	for _, i := range u.facts {
		f := &e.facts[i]
		f.dirty = false
		switch {
		case !f.site && f.told:
			f.kept = true
			put(f.key(), saveFact(f))
		case f.kept:
			f.kept = false
			put(f.key(), nil)
		}
	}
	*u = unsaved{assets: u.assets[:0], instances: u.instances[:0], facts: u.facts[:0]}
	e.table.Save(func(key string, body []byte) { put(keyAlarm+key, body) })
}

// Restore takes one part of a saved state, before the engine is started. Parts
// of rules, assets and points that there are no more are dropped.
func (e *Engine) Restore(key string, body []byte) (err error) {
	owner, rest, _ := strings.Cut(key, "/")
	switch owner + "/" {
	case keyClock + "/":
		err = e.restoreClock(body)
	case keyValues:
		err = e.restoreValues(rest, body)
	case keyInstance:
		err = e.restoreInstance(rest, body)
	case keyFact:
		err = e.restoreFact(body)
	case keyAlarm:
		err = e.table.Restore(rest, body)
	default:
		return fmt.Errorf("rules: a part of the state has the unknown name %q", key)
	}
	if err != nil {
		return fmt.Errorf("rules: restore %q: %w", key, err)
	}
	return nil
}

func (e *Engine) saveClock() []byte {
	w := newWriter()
	w.int(e.now)
	w.int(e.resumed)
	for _, n := range []uint64{e.stats.Readings, e.stats.Evaluations, e.stats.Backfilled, e.stats.UnknownAssets} {
		w.fixed(n)
	}
	return w
}

func (e *Engine) restoreClock(body []byte) error {
	r := newReader(body)
	now, resumed := r.time(), r.time()
	s := Stats{r.fixed(), r.fixed(), r.fixed(), r.fixed()}
	if err := r.end(); err != nil {
		return err
	}
	e.now, e.resumed, e.stats = now, resumed, s
	return nil
}

func (e *Engine) saveValues(a *asset) []byte {
	w := newWriter()
	w.int(a.newest)
	w.int(a.good)
	w.int(a.begun)
	values := e.valuesOf(a)
	n := 0
	for p := range values {
		if values[p].since != 0 {
			n++
		}
	}
	w.int(int64(n))
	for p := range values {
		v := &values[p]
		if v.since == 0 {
			continue
		}
		w.string(a.layout.points[p].Name)
		w.byte(byte(v.q))
		w.float(v.num)
		w.int(v.at)
		w.int(v.since)
		w.string(v.reason)
	}
	return w
}

func (e *Engine) restoreValues(id string, body []byte) error {
	r := newReader(body)
	newest, good, begun := r.time(), r.time(), r.time()
	type named struct {
		name string
		value
	}
	const least = 13 // bytes of a value
	values := make([]named, 0, 16)
	for range r.count(least) {
		v := named{name: r.string()}
		v.q = gateway.Quality(r.byte())
		v.num, v.at, v.since, v.reason = r.float(), r.time(), r.time(), r.string()
		if v.q > gateway.QualityLost || v.num-v.num != 0 {
			r.fail()
		}
		values = append(values, v)
	}
	if err := r.end(); err != nil {
		return err
	}
	i, ok := e.byID[gateway.AssetID(id)]
	if !ok {
		e.unsaved.gone = append(e.unsaved.gone, keyValues+id)
		return nil
	}
	a := &e.assets[i]
	a.newest, a.good, a.begun = newest, good, begun
	for k := range values {
		if p, ok := a.layout.at[values[k].name]; ok {
			e.values[a.base+p] = values[k].value
		}
	}
	return nil
}

func (f *fact) key() string {
	return keyFact + f.name + "/" + string(f.asset) + "/" + f.unit
}

func saveFact(f *fact) []byte {
	w := newWriter()
	w.string(f.name)
	w.string(string(f.asset))
	w.string(f.unit)
	w.float(f.number)
	w.int(f.at)
	w.int(f.until)
	w.string(f.by)
	return w
}

// restoreFact takes what a person or a ticket told. It stands against the
// site file, unless that says of a later time.
func (e *Engine) restoreFact(body []byte) error {
	r := newReader(body)
	d := duty.Fact{Name: r.string(), Asset: gateway.AssetID(r.string()), Unit: r.string(), Number: r.float()}
	d.At, d.Until, d.By = instant(r.time()), instant(r.time()), r.string()
	if err := r.end(); err != nil {
		return err
	}
	f := fact{factKey: factKey{d.Name, d.Asset, d.Unit}}
	if _, ok := e.byID[d.Asset]; d.Asset != "" && !ok {
		e.unsaved.gone = append(e.unsaved.gone, f.key())
		return nil
	}
	if err := e.checkFact(&d); err != nil {
		return err
	}
	if i, ok := e.factAt[f.factKey]; ok && e.facts[i].site && e.facts[i].at > nanos(d.At) {
		e.facts[i].kept = true
		e.dirtyFact(i)
		return nil
	}
	i := e.tell(d, false)
	e.facts[i].kept = true
	return nil
}
