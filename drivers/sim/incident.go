package sim

import (
	"fmt"
	"slices"
	"strings"

	"steward/gateway"
)

// Incident is something that can be made to happen to a field and ended again,
// as often as wanted.
type Incident struct {
	Name  string
	Doc   string // one line, for the person who starts it
	Asset gateway.AssetID
}

// incident is how one is played: on which device of the field, and what then
// happens to it.
type incident struct {
	name, doc string
	find      func(f *Field) *device // nil: the site has none
	play      func(f *Field, d *device, on bool)
}

// incidents is everything that can happen.
func incidents() []incident {
	return []incident{
		{"leak", "water in the first vacant flat that has a sensor", (*Field).vacantLeak, (*Field).flood},
		{"entrapment", "a lift stops between floors with people in it", (*Field).trapLift,
			func(_ *Field, d *device, on bool) { d.model.(*elevator).trap(on) }},
		{"dry-run", "a pump runs without water", (*Field).dryPump,
			func(_ *Field, d *device, on bool) { d.model.(*pump).dry = on }},
		{"phase-loss", "one phase of a tower's supply is gone",
			func(f *Field) *device { return first(f.towers()) },
			func(_ *Field, d *device, on bool) { d.model.(*meter).dead = [3]bool{1: on} }},
		{"outage", "a tower is without supply, and so is all it feeds",
			func(f *Field) *device { all := f.towers(); slices.Reverse(all); return first(all) }, (*Field).cut},
		{"rain", "it rains: after ten minutes somebody must walk the vacant flats",
			func(f *Field) *device { return first(having[*rain](f)) },
			func(_ *Field, d *device, on bool) { d.model.(*rain).pours = on }},
	}
}

// Incidents lists what can happen to this field.
func (f *Field) Incidents() []Incident {
	var out []Incident
	for _, n := range incidents() {
		if d := n.find(f); d != nil {
			out = append(out, Incident{n.name, n.doc, d.id})
		}
	}
	return out
}

// Incident starts or ends an incident by its name; what happens already, or no
// more, is left as it is. It shows with the next step. The error names what
// there is.
func (f *Field) Incident(name string, on bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, n := range incidents() {
		if d := n.find(f); n.name == name && d != nil {
			if f.happens[name] != on {
				n.play(f, d, on)
				f.happens[name] = on
			}
			return nil
		}
	}
	var names []string
	for _, n := range f.Incidents() {
		names = append(names, n.Name)
	}
	return fmt.Errorf("simulator: no incident %q here: there is %s", name, strings.Join(names, ", "))
}

// Happens reports whether an incident goes on.
func (f *Field) Happens(name string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.happens[name]
}

// having lists the devices with a model of the type, in the site's order.
func having[M model](f *Field) (out []*device) {
	for _, d := range f.devices {
		if _, ok := d.model.(M); ok {
			out = append(out, d)
		}
	}
	return out
}

func first(list []*device) *device {
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// preferring is the first device that has the point, else the first.
func preferring(list []*device, point string) *device {
	for _, d := range list {
		if d.signals.has(point) {
			return d
		}
	}
	return first(list)
}

// trapLift is the lift whose terminal knows most of it.
func (f *Field) trapLift() *device { return preferring(having[*elevator](f), "trapped") }

// dryPump is the pump that shows its suction.
func (f *Field) dryPump() *device { return preferring(having[*pump](f), "suction_pressure") }

// towers lists the meters that feed lifts.
func (f *Field) towers() (out []*device) {
	for _, d := range having[*meter](f) {
		if slices.ContainsFunc(d.model.(*meter).feeds, func(c consumer) bool { _, ok := c.(*elevator); return ok }) {
			out = append(out, d)
		}
	}
	return out
}

// vacantLeak is the first leak sensor in a vacant flat.
func (f *Field) vacantLeak() *device {
	for _, d := range having[*leak](f) {
		if u := f.unitOf(d); u != "" && f.vacant(u) {
			return d
		}
	}
	return nil
}

func (f *Field) unitOf(d *device) string {
	for i := range f.cfg.Site.Assets {
		if a := &f.cfg.Site.Assets[i]; a.ID == d.id {
			return a.Unit
		}
	}
	return ""
}

func (f *Field) vacant(unit string) bool {
	for _, u := range f.cfg.Units {
		if u.ID == unit {
			return u.Vacant
		}
	}
	return false
}

// flood wets a sensor, and lets the water run through the flat's valve.
func (f *Field) flood(d *device, on bool) {
	d.model.(*leak).flood(on)
	unit := f.unitOf(d)
	for _, v := range having[*valve](f) {
		if f.unitOf(v) == unit {
			v.model.(*valve).leaks = on
		}
	}
}

// cut takes the supply of a meter and of all that it feeds, however far down.
func (f *Field) cut(d *device, on bool) {
	reached := map[gateway.AssetID]bool{d.id: true}
	for grown := true; grown; {
		grown = false
		for _, a := range f.cfg.Site.Assets {
			if !reached[a.ID] && slices.ContainsFunc(a.FedBy, func(by gateway.AssetID) bool { return reached[by] }) {
				reached[a.ID], grown = true, true
			}
		}
	}
	for _, d := range f.devices {
		if m, ok := d.model.(supplied); ok && reached[d.id] {
			m.supply(!on)
		}
	}
}
