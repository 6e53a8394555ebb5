package store

import (
	"cmp"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// What the standard counts by (FACTS C.3).
const (
	tenMinutes   = 10 * time.Minute
	floodBegins  = 10 // more than so many new ones in ten minutes
	floodEnds    = 5  // fewer than so many
	busyHour     = 30 // more than so many
	chatterTimes = 3
	chatterIn    = time.Minute
	fleetingIn   = time.Minute
	staleAfter   = 24 * time.Hour
	topMost      = 10
)

const (
	isa    = "ISA-18.2"
	eemua  = "ISA-18.2, EEMUA 191"
	prompt = "service promise"
)

// step is what the figures need of a transition.
type step struct {
	seq        uint64
	at         time.Time
	alarm      string
	asset      gateway.AssetID
	rule       string
	priority   duty.Priority
	event      duty.AlarmEvent
	was, state duty.AlarmState
	active     bool
	by         string
}

// came reports whether the step asked for a person's eye anew: it made the
// alarm unacknowledged. A re-alarm is the same alarm once more, and not counted.
func (s *step) came() bool {
	return s.state == duty.Unacknowledged && s.was != duty.Unacknowledged && s.event != duty.EventRealarm
}

// standing reports whether the alarm stands before people after the step.
func (s *step) standing() bool {
	return s.active && (s.state == duty.Unacknowledged || s.state == duty.Acknowledged)
}

// span is the time that figures are of: [from, to).
type span struct{ from, to time.Time }

func (p span) has(t time.Time) bool  { return !t.Before(p.from) && t.Before(p.to) }
func (p span) length() time.Duration { return p.to.Sub(p.from) }
func (p span) cut(from, to time.Time) time.Duration {
	if from.Before(p.from) {
		from = p.from
	}
	if to.After(p.to) {
		to = p.to
	}
	return max(to.Sub(from), 0)
}

// alarmFigures makes the ISA-18.2 figures of a period. steps are in order of
// seq: those of the period and of a day before it, and the last one before of
// each alarm that was not over then.
func alarmFigures(p span, steps []step) []duty.Figure {
	var all, fresh []step // that came: also before the period, and within it
	for _, s := range steps {
		if s.came() && s.at.Before(p.to) {
			all = append(all, s)
			if p.has(s.at) {
				fresh = append(fresh, s)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b step) int { return a.at.Compare(b.at) })
	slices.SortStableFunc(fresh, func(a, b step) int { return a.at.Compare(b.at) })
	out := rates(p, fresh)
	out = append(out, flood(p, all), topShare(fresh, true), topShare(fresh, false), chattering(p, steps), fleeting(p, steps))
	out = append(out, stale(p, steps)...)
	return append(out, mix(fresh)...)
}

// rates are the means, the peaks and the shares of busy periods.
func rates(p span, fresh []step) []duty.Figure {
	ids := alarmsOf(fresh)
	out := []duty.Figure{figure("alarms", "报警数", "Alarms", "", duty.OfAlarms, ids).count(len(fresh))}
	for _, r := range []struct {
		name, zh, en, unit string
		each               time.Duration
		ok, most           float64
	}{
		{"alarms_per_day", "每日报警数", "Alarms a day", "1/d", 24 * time.Hour, 144, 288},
		{"alarms_per_hour", "每小时报警数", "Alarms an hour", "1/h", time.Hour, 6, 12},
		{"alarms_per_10min", "每 10 分钟报警数", "Alarms in 10 minutes", "1/10min", tenMinutes, 1, 2},
	} {
		f := figure(r.name, r.zh, r.en, r.unit, duty.OfAlarms, ids).target(atMost(r.ok, eemua).manageable(r.most))
		f.Count = len(fresh)
		if p.length() > 0 {
			f = f.value(float64(len(fresh)) / (float64(p.length()) / float64(r.each)))
		}
		out = append(out, f.Figure)
	}
	days, hours, tens := p.buckets(fresh, 24*time.Hour), p.buckets(fresh, time.Hour), p.buckets(fresh, tenMinutes)
	return append(out,
		peak("peak_day", "单日最多报警数", "Most alarms in a day", days, nil),
		peak("peak_hour", "单小时最多报警数", "Most alarms in an hour", hours, nil),
		peak("peak_10min", "10 分钟内最多报警数", "Most alarms in 10 minutes", tens, atMost(10, isa)),
		busy("hours_over_30", "报警超过 30 条的小时占比", "Hours with more than 30 alarms", hours, busyHour),
		busy("periods_over_10", "报警超过 10 条的 10 分钟占比", "10-minute periods with more than 10 alarms", tens, floodBegins))
}

// buckets cuts the period into pieces of a length, from its beginning; the
// last one may be shorter.
func (p span) buckets(fresh []step, each time.Duration) [][]step {
	n := int((p.length() + each - 1) / each)
	out := make([][]step, max(n, 0))
	for _, s := range fresh {
		i := int(s.at.Sub(p.from) / each)
		out[i] = append(out[i], s)
	}
	return out
}

func peak(name, zh, en string, buckets [][]step, t *target) duty.Figure {
	var most []step
	for _, b := range buckets {
		if len(b) > len(most) {
			most = b
		}
	}
	f := figure(name, zh, en, "", duty.OfAlarms, alarmsOf(most)).target(t)
	if len(buckets) == 0 {
		return f.Figure
	}
	return f.count(len(most))
}

func busy(name, zh, en string, buckets [][]step, over int) duty.Figure {
	var in []step
	n := 0
	for _, b := range buckets {
		if len(b) > over {
			in = append(in, b...)
			n++
		}
	}
	return figure(name, zh, en, "%", duty.OfAlarms, alarmsOf(in)).target(below(1, isa)).share(n, len(buckets))
}

// flood is the share of time in a flood: it begins with more than ten new
// alarms within ten minutes and ends with fewer than five.
func flood(p span, all []step) duty.Figure {
	var in time.Duration
	var began time.Time // zero: no flood
	var alarms []step
	window := []step{}
	slide := func(now time.Time) {
		for len(window) > 0 && !window[0].at.Add(tenMinutes).After(now) {
			gone := window[0].at.Add(tenMinutes)
			window = window[1:]
			if !began.IsZero() && len(window) < floodEnds {
				in += p.cut(began, gone)
				began = time.Time{}
			}
		}
	}
	for _, s := range all {
		slide(s.at)
		window = append(window, s)
		switch {
		case !began.IsZero():
			alarms = append(alarms, s)
		case len(window) > floodBegins:
			began = s.at
			alarms = append(alarms, window...)
		}
	}
	slide(p.to)
	if !began.IsZero() {
		in += p.cut(began, p.to)
	}
	alarms = slices.DeleteFunc(alarms, func(s step) bool { return !p.has(s.at) })
	f := figure("flood_time", "报警洪泛时间占比", "Time in flood", "%", duty.OfAlarms, alarmsOf(alarms)).target(below(1, isa))
	f.Count, f.Of = int(in/time.Second), int(p.length()/time.Second)
	if p.length() <= 0 {
		return f.Figure
	}
	return f.value(100 * float64(in) / float64(p.length())).Figure
}

// tops returns the conditions, or the rules, that alarmed most, with all IDs.
func tops(fresh []step, byAsset bool) []duty.Share {
	type key struct {
		rule  string
		asset gateway.AssetID
	}
	of := map[key][]step{}
	for _, s := range fresh {
		k := key{rule: s.rule}
		if byAsset {
			k.asset = s.asset
		}
		of[k] = append(of[k], s)
	}
	out := make([]duty.Share, 0, len(of))
	for k, steps := range of {
		ids := alarmsOf(steps)
		out = append(out, duty.Share{Rule: k.rule, Asset: k.asset, Count: len(steps), Share: 100 * float64(len(steps)) / float64(len(fresh)),
			IDs: ids, Total: len(ids)})
	}
	slices.SortFunc(out, func(a, b duty.Share) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Asset, b.Asset))
	})
	return out[:min(len(out), topMost)]
}

// topShare is what the ten most frequent conditions, or rules, gave of all.
// The standard means conditions: what has a tag of its own.
func topShare(fresh []step, byAsset bool) duty.Figure {
	n := 0
	var ids []string
	for _, t := range tops(fresh, byAsset) {
		n += t.Count
		ids = append(ids, t.IDs...)
	}
	if byAsset {
		return figure("top10_conditions", "前 10 个报警点占比", "Share of the ten most frequent alarms", "%", duty.OfAlarms, ids).
			target(atMost(5, isa)).share(n, len(fresh))
	}
	return figure("top10_rules", "前 10 条规则占比", "Share of the ten most frequent rules", "%", duty.OfAlarms, ids).share(n, len(fresh))
}

// chattering counts the conditions that came three times within a minute.
func chattering(p span, steps []step) duty.Figure {
	raises := map[duty.AlarmKey][]step{}
	var keys []duty.AlarmKey
	for _, s := range steps {
		if s.event != duty.EventRaise || s.state != duty.Unacknowledged || !p.has(s.at) {
			continue
		}
		k := duty.AlarmKey{Asset: s.asset, Rule: s.rule}
		if raises[k] == nil {
			keys = append(keys, k)
		}
		raises[k] = append(raises[k], s)
	}
	var in []step
	n := 0
	for _, k := range keys {
		r := raises[k]
		counted := len(in)
		for i, last := 0, 0; i+chatterTimes <= len(r); i++ {
			if r[i+chatterTimes-1].at.Sub(r[i].at) <= chatterIn {
				in = append(in, r[max(i, last):i+chatterTimes]...)
				last = i + chatterTimes
			}
		}
		if len(in) > counted {
			n++
		}
	}
	return figure("chattering", "抖动报警", "Chattering alarms", "", duty.OfAlarms, alarmsOf(in)).target(atMost(0, isa)).count(n)
}

// fleeting counts the alarms that went within a minute before anybody did
// anything about them.
func fleeting(p span, steps []step) duty.Figure {
	came := map[string]time.Time{}
	var in []step
	for _, s := range steps {
		since, open := came[s.alarm]
		switch {
		case s.came():
			came[s.alarm] = s.at
		case s.event == duty.EventMark || !open:
		default:
			if s.event == duty.EventClear && s.by == "" && s.at.Sub(since) <= fleetingIn && p.has(since) {
				in = append(in, s)
			}
			delete(came, s.alarm)
		}
	}
	return figure("fleeting", "瞬时报警", "Fleeting alarms", "", duty.OfAlarms, alarmsOf(in)).target(atMost(0, isa)).count(len(in))
}

// stale counts what has stood before people for more than a day: at the end
// of the period, and at its worst instant.
func stale(p span, steps []step) []duty.Figure {
	type life struct {
		alarm    string
		from, to time.Time // of being stale
	}
	since := map[string]time.Time{}
	var lives []life
	for _, s := range steps {
		from, stands := since[s.alarm]
		switch {
		case s.standing() && !stands:
			since[s.alarm] = s.at
		case !s.standing() && stands:
			lives = append(lives, life{s.alarm, from.Add(staleAfter), s.at})
			delete(since, s.alarm)
		}
	}
	for id, from := range since {
		lives = append(lives, life{id, from.Add(staleAfter), p.to.Add(1)}) // it stands at the end
	}
	lives = slices.DeleteFunc(lives, func(l life) bool { return !l.from.Before(l.to) || !l.from.Before(p.to) || !l.to.After(p.from) })
	slices.SortFunc(lives, func(a, b life) int { return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.alarm, b.alarm)) })
	at := func(t time.Time) (ids []string) {
		for _, l := range lives {
			if !l.from.After(t) && l.to.After(t) {
				ids = append(ids, l.alarm)
			}
		}
		return ids
	}
	worst := at(p.from)
	for _, l := range lives { // the number only rises where one begins
		if ids := at(l.from); p.has(l.from) && len(ids) > len(worst) {
			worst = ids
		}
	}
	now := at(p.to)
	return []duty.Figure{
		figure("stale", "长期未消报警", "Stale alarms at the end", "", duty.OfAlarms, now).target(below(5, isa)).count(len(now)),
		figure("stale_peak", "长期未消报警峰值", "Most stale alarms at once", "", duty.OfAlarms, worst).target(below(5, isa)).count(len(worst)),
	}
}

// mix is what each priority has of all.
func mix(fresh []step) []duty.Figure {
	targets := []*target{below(1, isa), atMost(5, isa), atMost(15, isa), atLeast(80, isa)}
	var out []duty.Figure
	for i, t := range targets {
		p := duty.Priority(i + 1)
		var in []step
		for _, s := range fresh {
			if s.priority == p {
				in = append(in, s)
			}
		}
		out = append(out, figure("mix_"+[]string{"p1", "p2", "p3", "p4"}[i], p.String()+" 报警占比", "Share of "+p.String()+" alarms", "%",
			duty.OfAlarms, alarmsOf(in)).target(t).share(len(in), len(fresh)))
	}
	return out
}
