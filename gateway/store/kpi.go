package store

import (
	"cmp"
	"slices"
	"time"

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

// alarmFigures makes the ISA-18.2 figures of a period, and what alarmed most:
// conditions and rules. The log has the steps of the period and of a day
// before it, and the last one before of each alarm that was not over then.
func alarmFigures(p span, l *alarmLog) (out []duty.Figure, conditions, rules []duty.Share) {
	l.sort()
	all, fresh := l.arrivals(p)
	conditions, rules = tops(fresh, true), tops(fresh, false)
	out = rates(p, fresh)
	out = append(out, flood(p, all), topShare(fresh, conditions, true), topShare(fresh, rules, false), chattering(p, l), fleeting(p, l))
	out = append(out, stale(p, l)...)
	return append(out, mix(fresh)...), conditions, rules
}

// rates are the means, the peaks and the shares of busy periods.
func rates(p span, fresh []step) []duty.Figure {
	ids := idsOf(fresh)
	out := []duty.Figure{alarmFigure("alarms", "报警数", "Alarms", "", ids).count(len(fresh))}
	for _, r := range []struct {
		name, zh, en, unit string
		each               time.Duration
		ok, most           float64
	}{
		{"alarms_per_day", "每日报警数", "Alarms a day", "1/d", 24 * time.Hour, 144, 288},
		{"alarms_per_hour", "每小时报警数", "Alarms an hour", "1/h", time.Hour, 6, 12},
		{"alarms_per_10min", "每 10 分钟报警数", "Alarms in 10 minutes", "1/10min", tenMinutes, 1, 2},
	} {
		f := alarmFigure(r.name, r.zh, r.en, r.unit, ids).target(atMost(r.ok, eemua).manageable(r.most))
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
	out := make([][]step, max((p.length()+each-1)/each, 0))
	for i, from := 0, 0; from < len(fresh); i++ {
		to := from
		for end := p.from.Add(time.Duration(i+1) * each); to < len(fresh) && fresh[to].at.Before(end); {
			to++
		}
		out[i], from = fresh[from:to], to
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
	f := alarmFigure(name, zh, en, "", idsOf(most)).target(t)
	if len(buckets) == 0 {
		return f.Figure
	}
	return f.count(len(most))
}

func busy(name, zh, en string, buckets [][]step, over int) duty.Figure {
	var in [][]step
	for _, b := range buckets {
		if len(b) > over {
			in = append(in, b)
		}
	}
	return alarmFigure(name, zh, en, "%", idsOf(in...)).target(below(1, isa)).share(len(in), len(buckets))
}

// flood is the share of time in a flood: it begins with more than ten new
// alarms within ten minutes and ends with fewer than five.
func flood(p span, all []step) duty.Figure {
	var in time.Duration
	var began time.Time // zero: no flood
	alarms := &idSet{}
	count := func(s *step) {
		if p.has(s.at) {
			alarms.add(s.life)
		}
	}
	first := 0 // of the window, which ends where the loop is
	slide := func(now time.Time, end int) {
		for ; first < end && !all[first].at.Add(tenMinutes).After(now); first++ {
			if !began.IsZero() && end-first-1 < floodEnds {
				in += p.cut(began, all[first].at.Add(tenMinutes))
				began = time.Time{}
			}
		}
	}
	for i := range all {
		slide(all[i].at, i)
		switch {
		case !began.IsZero():
			count(&all[i])
		case i+1-first > floodBegins:
			began = all[i].at
			for j := first; j <= i; j++ {
				count(&all[j])
			}
		}
	}
	slide(p.to, len(all))
	if !began.IsZero() {
		in += p.cut(began, p.to)
	}
	f := alarmFigure("flood_time", "报警洪泛时间占比", "Time in flood", "%", alarms).target(below(1, isa))
	f.Count, f.Of = int(in/time.Second), int(p.length()/time.Second)
	if p.length() <= 0 {
		return f.Figure
	}
	return f.value(100 * float64(in) / float64(p.length())).Figure
}

// tops returns the conditions, or the rules, that alarmed most.
func tops(fresh []step, byAsset bool) []duty.Share {
	keyOf := func(s *step) duty.AlarmKey {
		k := s.life.of.AlarmKey
		if !byAsset {
			k.Asset = ""
		}
		return k
	}
	counts := map[duty.AlarmKey]int{}
	for i := range fresh {
		counts[keyOf(&fresh[i])]++
	}
	out := make([]duty.Share, 0, len(counts))
	for k, n := range counts {
		out = append(out, duty.Share{Rule: k.Rule, Asset: k.Asset, Count: n, Share: 100 * float64(n) / float64(len(fresh))})
	}
	slices.SortFunc(out, func(a, b duty.Share) int {
		return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.Rule, b.Rule), cmp.Compare(a.Asset, b.Asset))
	})
	out = out[:min(len(out), topMost)]
	sets := map[duty.AlarmKey]*idSet{}
	for i := range out {
		sets[duty.AlarmKey{Asset: out[i].Asset, Rule: out[i].Rule}] = &idSet{}
	}
	for i := range fresh {
		if set := sets[keyOf(&fresh[i])]; set != nil {
			set.add(fresh[i].life)
		}
	}
	for i := range out {
		set := sets[duty.AlarmKey{Asset: out[i].Asset, Rule: out[i].Rule}]
		out[i].IDs, out[i].Total = set.ids, set.total
	}
	return out
}

// topShare is what the ten most frequent conditions, or rules, gave of all.
// The standard means conditions: what has a tag of its own.
func topShare(fresh []step, most []duty.Share, byAsset bool) duty.Figure {
	n := 0
	all := &idSet{}
	for _, t := range most {
		n += t.Count
		all.total += t.Total // an alarm is of one condition
		all.ids = append(all.ids, t.IDs[:min(len(t.IDs), duty.MaxIDs-len(all.ids))]...)
	}
	if byAsset {
		return alarmFigure("top10_conditions", "前 10 个报警点占比", "Share of the ten most frequent alarms", "%", all).
			target(atMost(5, isa)).share(n, len(fresh))
	}
	return alarmFigure("top10_rules", "前 10 条规则占比", "Share of the ten most frequent rules", "%", all).share(n, len(fresh))
}

// chattering counts the conditions that came three times within a minute.
func chattering(p span, l *alarmLog) duty.Figure {
	type recent struct {
		last [chatterTimes]*step // the oldest first
		in   []*life
	}
	of := make([]*recent, len(l.conditions))
	var order []*recent // as they came first
	for i := range l.steps {
		s := &l.steps[i]
		if !s.has(raised) || !p.has(s.at) {
			continue
		}
		r := of[s.life.of.no]
		if r == nil {
			r = &recent{}
			of[s.life.of.no] = r
			order = append(order, r)
		}
		copy(r.last[:], r.last[1:])
		r.last[chatterTimes-1] = s
		if r.last[0] == nil || s.at.Sub(r.last[0].at) > chatterIn {
			continue
		}
		for _, one := range r.last {
			if n := len(r.in); n == 0 || r.in[n-1] != one.life && !slices.Contains(r.in[max(0, n-chatterTimes):], one.life) {
				r.in = append(r.in, one.life)
			}
		}
	}
	n := 0
	ids := &idSet{}
	for _, r := range order {
		if len(r.in) > 0 {
			n++
		}
		for _, one := range r.in {
			ids.add(one)
		}
	}
	return alarmFigure("chattering", "抖动报警", "Chattering alarms", "", ids).target(atMost(0, isa)).count(n)
}

// fleeting counts the alarms that went within a minute before anybody did
// anything about them.
func fleeting(p span, l *alarmLog) duty.Figure {
	since := make([]time.Time, len(l.lives)) // zero: it has not come
	ids := &idSet{}
	n := 0
	for i := range l.steps {
		s := &l.steps[i]
		from := &since[s.life.no]
		switch {
		case s.has(came):
			*from = s.at
		case s.has(marked) || from.IsZero():
		default:
			if s.has(cleared) && s.at.Sub(*from) <= fleetingIn && p.has(*from) {
				ids.add(s.life)
				n++
			}
			*from = time.Time{}
		}
	}
	return alarmFigure("fleeting", "瞬时报警", "Fleeting alarms", "", ids).target(atMost(0, isa)).count(n)
}

// stale counts what has stood before people for more than a day: at the end
// of the period, and at its worst instant.
func stale(p span, l *alarmLog) []duty.Figure {
	type stretch struct {
		life     *life
		from, to time.Time // of being stale
	}
	since := make([]time.Time, len(l.lives)) // zero: it does not stand
	var long []stretch
	ends := func(one *life, to time.Time) {
		x := stretch{one, since[one.no].Add(staleAfter), to}
		if x.from.Before(x.to) && x.from.Before(p.to) && x.to.After(p.from) {
			long = append(long, x)
		}
	}
	for i := range l.steps {
		s := &l.steps[i]
		from := &since[s.life.no]
		switch {
		case s.has(stands) && from.IsZero():
			*from = s.at
		case !s.has(stands) && !from.IsZero():
			ends(s.life, s.at)
			*from = time.Time{}
		}
	}
	for _, one := range l.lives {
		if !since[one.no].IsZero() {
			ends(one, p.to.Add(1)) // it stands at the end
		}
	}
	slices.SortFunc(long, func(a, b stretch) int { return cmp.Or(a.from.Compare(b.from), cmp.Compare(a.life.id, b.life.id)) })
	at := func(t time.Time) *idSet {
		ids := &idSet{}
		for i := range long {
			if !long[i].from.After(t) && long[i].to.After(t) {
				ids.add(long[i].life)
			}
		}
		return ids
	}
	worst := at(p.from)
	for i := range long { // the number only rises where one begins
		if p.has(long[i].from) {
			if ids := at(long[i].from); ids.total > worst.total {
				worst = ids
			}
		}
	}
	now := at(p.to)
	return []duty.Figure{
		alarmFigure("stale", "长期未消报警", "Stale alarms at the end", "", now).target(below(5, isa)).count(now.total),
		alarmFigure("stale_peak", "长期未消报警峰值", "Most stale alarms at once", "", worst).target(below(5, isa)).count(worst.total),
	}
}

// mix is what each priority has of all.
func mix(fresh []step) []duty.Figure {
	targets := []*target{below(1, isa), atMost(5, isa), atMost(15, isa), atLeast(80, isa)}
	counts, sets := make([]int, len(targets)), make([]idSet, len(targets))
	for i := range fresh {
		if k := int(fresh[i].priority) - 1; k >= 0 && k < len(targets) {
			counts[k]++
			sets[k].add(fresh[i].life)
		}
	}
	var out []duty.Figure
	for i, t := range targets {
		p := duty.Priority(i + 1)
		out = append(out, alarmFigure("mix_"+[]string{"p1", "p2", "p3", "p4"}[i], p.String()+" 报警占比", "Share of "+p.String()+" alarms", "%",
			&sets[i]).target(t).share(counts[i], len(fresh)))
	}
	return out
}
