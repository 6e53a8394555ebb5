package store

import (
	"steward/gateway"
	"steward/gateway/duty"
)

// draft is a figure as it is being made.
type draft struct{ duty.Figure }

// figure begins a figure with what stands behind it, each ID once.
func figure(name, zh, en, unit string, kind duty.IDKind, ids []string) draft {
	ids = once(ids)
	return draft{duty.Figure{Name: name, Title: gateway.Text{ZH: zh, EN: en}, Unit: unit, Kind: kind,
		IDs: ids[:min(len(ids), duty.MaxIDs)], Total: len(ids)}}
}

// alarmFigure begins a figure with the alarms behind it.
func alarmFigure(name, zh, en, unit string, of *idSet) draft {
	return draft{duty.Figure{Name: name, Title: gateway.Text{ZH: zh, EN: en}, Unit: unit, Kind: duty.OfAlarms,
		IDs: append([]string{}, of.ids...), Total: of.total}}
}

// value sets the number and how it stands to the target.
func (d draft) value(v float64) draft {
	d.Value = &v
	if d.Target != nil {
		d.Figure.Grade = d.Target.Grade(v)
	}
	return d
}

// count ends a figure that is a count.
func (d draft) count(n int) duty.Figure {
	d.Count = n
	return d.value(float64(n)).Figure
}

// share ends a figure that is n of all, in percent; of nothing it has no value.
func (d draft) share(n, all int) duty.Figure {
	d.Count, d.Of = n, all
	if all == 0 {
		return d.Figure
	}
	return d.value(100 * float64(n) / float64(all)).Figure
}

// target sets what the figure is held against; nil is nothing.
func (d draft) target(t *target) draft {
	if t != nil {
		d.Target = &t.Target
	}
	return d
}

type target struct{ duty.Target }

func atMost(v float64, source string) *target {
	return &target{duty.Target{Acceptable: v, Source: source}}
}

func below(v float64, source string) *target {
	return &target{duty.Target{Acceptable: v, Strict: true, Source: source}}
}

func atLeast(v float64, source string) *target {
	return &target{duty.Target{Acceptable: v, AtLeast: true, Source: source}}
}

func (t *target) manageable(v float64) *target {
	t.Manageable = &v
	return t
}

// once returns every ID once, where it stands first; never nil.
func once(ids []string) []string {
	seen := make(map[string]bool, len(ids))
	out := make([]string, 0, len(ids))
	for _, id := range ids {
		if !seen[id] {
			seen[id] = true
			out = append(out, id)
		}
	}
	return out
}
