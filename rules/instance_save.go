package rules

import (
	"math"
	"strings"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

func saveInstance(in *instance) []byte {
	w := newWriter()
	w.fixed(in.plan.hash)
	w.byte(byte(in.truth))
	w.byte(in.flags & (flagRaised | flagPending | flagSuppressed))
	w.int(in.since)
	w.int(in.left)
	w.int(in.from)
	if l := in.live; l != nil {
		w.int(l.look)
		never := l.cross == maxTime
		w.byte(byte(truth(never)))
		if !never {
			w.int(l.cross)
		}
		w.fixed(l.seen)
		w.int(int64(len(l.windows)))
		for k := range l.windows {
			saveWindow(&w, &l.windows[k])
		}
	}
	return w
}

func saveWindow(w *writer, x *window) {
	w.int(x.upTo)
	w.int(x.begun)
	w.float(x.held)
	w.int(x.stood)
	w.float(x.last)
	w.byte(byte(truth(x.ever)))
	w.int(x.until)
	w.float(x.result)
	w.int(x.over)
	w.float(x.value)
	w.int(int64(len(x.ring)))
	for k := range x.ring {
		b := &x.ring[k]
		w.int(b.start)
		w.int(b.span)
		w.int(b.known)
		w.int(b.n)
		w.float(b.a)
		w.float(b.b)
	}
}

// restoreInstance takes what is known of a rule on an asset. Of a rule that
// is another one now, only what the alarm table was told is taken.
func (e *Engine) restoreInstance(name string, body []byte) error {
	cut := strings.LastIndexByte(name, '/')
	key := duty.AlarmKey{Rule: name[:max(cut, 0)], Asset: gateway.AssetID(name[cut+1:])}
	r := newReader(body)
	saved := instance{}
	hash := r.fixed()
	saved.truth, saved.flags = book.Tri(r.byte()), r.byte()
	saved.since, saved.left, saved.from = r.time(), r.time(), r.time()
	if saved.truth > book.True || saved.flags&^(flagRaised|flagPending|flagSuppressed) != 0 ||
		saved.from != 0 && !saved.is(flagPending) {
		r.fail()
	}
	if r.err != nil {
		return r.err
	}
	i, why := e.instanceOf(key)
	if why != (gateway.Text{}) || i < 0 {
		e.unsaved.gone = append(e.unsaved.gone, keyInstance+name)
		e.unsaved.forget = append(e.unsaved.forget, key)
		e.altered = append(e.altered, key.Rule)
		return nil
	}
	in := &e.instances[i]
	if hash != in.plan.hash {
		in.flags = flagFresh | flagKept | saved.flags&(flagRaised|flagSuppressed)
		e.dirtyInstance(i)
		e.altered = append(e.altered, key.Rule)
		return nil
	}
	if in.live != nil {
		if err := restoreLiving(r, in); err != nil {
			return err
		}
	}
	if err := r.end(); err != nil {
		return err
	}
	in.truth, in.flags = saved.truth, saved.flags|flagKept
	in.since, in.left, in.from = saved.since, saved.left, saved.from
	if in.from != 0 {
		e.timers.arm(&in.armed, in.from+in.left, timerDelay|uint32(i))
	}
	if in.live != nil && in.live.look != 0 {
		e.timers.arm(&in.live.armed, in.live.look, timerLook|uint32(i))
	}
	return nil
}

func restoreLiving(r *reader, in *instance) error {
	l := &living{look: r.time(), cross: maxTime}
	if r.byte() == 0 {
		l.cross = r.time()
	}
	l.seen = r.fixed()
	const least = 40 // bytes of a window
	n := r.count(least)
	if n != len(in.plan.windows) {
		r.fail()
		n = 0
	}
	l.windows = make([]window, n)
	for k := range l.windows {
		restoreWindow(r, &in.plan.windows[k], &l.windows[k])
	}
	if r.err == nil {
		in.live = l
	}
	return r.err
}

func restoreWindow(r *reader, p *windowPlan, x *window) {
	x.upTo, x.begun, x.held, x.stood, x.last = r.time(), r.time(), r.float(), r.time(), r.float()
	x.ever, x.until, x.result, x.over, x.value = r.byte() != 0, r.time(), r.float(), r.time(), r.float()
	const least = 20 // bytes of a bucket
	n := r.count(least)
	if n > maxBuckets+1 || p.Every > 0 && x.until != 0 && n != 1 || math.IsInf(x.held, 0) || math.IsInf(x.last, 0) {
		r.fail()
		return
	}
	x.ring = make([]bucket, n)
	for k := range x.ring {
		b := &x.ring[k]
		b.start, b.span, b.known, b.n, b.a, b.b = r.time(), r.time(), r.time(), r.time(), r.float(), r.float()
		if k > 0 && b.start < x.ring[k-1].start {
			r.fail()
		}
	}
}

// instanceOf finds the instance of a rule on an asset. Without one, why says
// why not; an alarm about alarms has none and needs none.
func (e *Engine) instanceOf(key duty.AlarmKey) (i int32, why gateway.Text) {
	var r *ruled
	for _, x := range e.rules {
		if x.ID == key.Rule {
			r = x
			break
		}
	}
	if r == nil {
		return -1, gateway.Text{ZH: "规则已不存在", EN: "there is no such rule any more"}
	}
	if aboutAlarms(r.Rule) {
		if e.meta[r.ID] {
			return -1, gateway.Text{}
		}
		return -1, gateway.Text{ZH: "规则已停用", EN: "the rule is switched off"}
	}
	at, ok := e.byID[key.Asset]
	if !ok {
		return -1, gateway.Text{ZH: "设备已不存在", EN: "there is no such asset any more"}
	}
	a := &e.assets[at]
	for i := a.first; i < a.first+a.count; i++ {
		if e.instances[i].plan.rule == r {
			return i, gateway.Text{}
		}
	}
	return -1, gateway.Text{ZH: "规则不再监视该设备", EN: "the rule does not watch the asset any more"}
}
