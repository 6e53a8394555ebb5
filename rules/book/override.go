package book

import (
	"fmt"
	"slices"
	"time"

	"steward/gateway/duty"
	"steward/gateway/strict"
)

// lengths are the settings of every rule that are lengths of time.
var lengths = map[string]func(s *Settings) *time.Duration{
	"on_delay":  func(s *Settings) *time.Duration { return &s.OnDelay },
	"off_delay": func(s *Settings) *time.Duration { return &s.OffDelay },
	"realarm":   func(s *Settings) *time.Duration { return &s.Realarm },
	"proof":     func(s *Settings) *time.Duration { return &s.Proof },
}

// overrides adds a file's overrides to the book.
func (l *loader) overrides(f *File) {
	for i := range f.in.Overrides {
		x := &f.in.Overrides[i]
		if !x.Rule.Set {
			continue
		}
		r, ok := l.rules[x.Rule.V]
		if !ok {
			f.problems.Add(x.Rule.At, f.problems.Suggest(x.Rule.V, "rules", l.ids), "there is no rule %q", x.Rule.V)
			continue
		}
		o := Override{Rule: r.ID, Place: fmt.Sprintf("%s:%d", f.Name, x.At.Line)}
		o.Areas, o.Assets = l.areas(f, x.Areas), l.assets(f, x.Assets, r.Kind)
		for _, k := range x.Kinds {
			if k.Set && r.Kind != "*" && k.V != r.Kind {
				f.problems.Add(k.At, "leave it out", "rule %q is of the kind %s only", r.ID, r.Kind)
			}
			o.Kinds = append(o.Kinds, k.V)
		}
		for key, list := range map[string]int{"kinds": len(x.Kinds), "areas": len(x.Areas), "assets": len(x.Assets)} {
			if x.Has(key) && list == 0 {
				f.problems.Add(x.Where(key), "want at least one, or leave it out for all", "%q is an empty list", key)
			}
		}
		var changes []func(*Settings)
		if x.Enabled.Set {
			changes = append(changes, func(s *Settings) { s.Enabled = x.Enabled.V })
		}
		if !x.Has("enabled") && len(x.Set.List) == 0 {
			f.problems.Add(x.At, "want set: {…} or enabled: false", "the override changes nothing")
		}
		for _, e := range x.Set.List {
			if change := f.change(r, e.Key, e.Value); change != nil {
				changes = append(changes, change)
			}
		}
		o.Apply = func(s *Settings) {
			for _, change := range changes {
				change(s)
			}
		}
		l.book.Overrides = append(l.book.Overrides, o)
	}
}

// change reads one setting of an override; nil when it cannot be, and it has
// been said why.
func (f *File) change(r *Rule, key strict.Literal, value strict.Raw) func(*Settings) {
	if !value.Set {
		return nil
	}
	l := value.L
	bad := func(problem, want string) func(*Settings) {
		f.problems.Add(l.At, want, "%q of rule %s %s", strict.Cut(key.Text), r.ID, problem)
		return nil
	}
	if field, ok := lengths[key.Text]; ok {
		d, err := strict.DurationOf(l.Text)
		if err != nil || d < 0 || d > 400*24*time.Hour {
			return bad(fmt.Sprintf("is %q", strict.Cut(l.Text)), "want a length of time such as 90s, from 0s to 400d")
		}
		return func(s *Settings) { *field(s) = d }
	}
	switch key.Text {
	case "priority":
		p := priorityOf(l.Text)
		if p == 0 {
			return bad(fmt.Sprintf("is %q", strict.Cut(l.Text)), "want P1, P2, P3 or P4")
		}
		return func(s *Settings) { s.Priority = p }
	case "latch", "enabled":
		if l.Form != strict.FormBool {
			return bad(fmt.Sprintf("is %q", strict.Cut(l.Text)), "want true or false")
		}
		on, latch := l.Text == "true", key.Text == "latch"
		return func(s *Settings) {
			if latch {
				s.Latch = on
			} else {
				s.Enabled = on
			}
		}
	}
	unit, ok := r.units[key.Text]
	if !ok {
		f.problems.Add(key.At, f.problems.Suggest(key.Text, "settings", r.settings()), "rule %s has no number %q", r.ID, strict.Cut(key.Text))
		return nil
	}
	v, own, problem, want := in(l, unit)
	switch {
	case problem != "":
		return bad(problem, want)
	case own != unit:
		return bad("is in "+strict.Cut(own), "want a number without unit")
	case v < 0 && (key.Text == "dead_band" || key.Text == "dead_band_low"):
		return bad(fmt.Sprintf("is %v", v), "want 0 or more")
	case v <= 0 && r.lasts(key.Text):
		return bad(fmt.Sprintf("is %v", v), "want more than 0")
	}
	name := key.Text
	return func(s *Settings) { s.Numbers[name] = v }
}

// lasts reports whether a number is that of a silent rule's length.
func (r *Rule) lasts(name string) bool {
	if len(r.Inputs) == 0 || r.Inputs[0].Kind != InAge || r.Inputs[0].Name != "silence" {
		return false
	}
	return name == "for" || name == "periods"
}

// settings lists what an override of the rule can set.
func (r *Rule) settings() []string {
	out := []string{"enabled", "priority", "latch", "on_delay", "off_delay", "realarm", "proof"}
	for name := range r.units {
		out = append(out, name)
	}
	slices.Sort(out)
	return out
}

// service lays what a file promises over s. rules are those there are; nil:
// they are not checked.
func (f *File) service(s *Service, rules []string) {
	x := &f.in.Service
	for _, d := range []struct {
		from *strict.Duration
		to   *time.Duration
	}{{&x.Entrapment, &s.Entrapment}, {&x.Repair, &s.Repair}, {&x.Plan, &s.Plan}, {&x.Recurrence, &s.Recurrence}} {
		if d.from.Set {
			*d.to = d.from.V
		}
	}
	for _, e := range x.Respond.List {
		p := priorityOf(e.Key.Text)
		switch {
		case p == 0:
			f.problems.Add(e.Key.At, "want P1, P2, P3 or P4", "there is no priority %q", strict.Cut(e.Key.Text))
		case f.length(e.Key, e.Value) && s.Respond != nil:
			s.Respond[p] = e.Value.V
		}
	}
	classes := []string{string(duty.ClassEmergency), string(duty.ClassSimple), string(duty.ClassComplex), string(duty.ClassPlanned)}
	for _, e := range x.Proof.List {
		switch {
		case !slices.Contains(classes, e.Key.Text):
			f.problems.Add(e.Key.At, f.problems.Suggest(e.Key.Text, "classes", classes), "there is no class %q", strict.Cut(e.Key.Text))
		case f.length(e.Key, e.Value) && s.Proof != nil:
			s.Proof[duty.Class(e.Key.Text)] = e.Value.V
		}
	}
	if x.Warn.Set {
		if s.Warn = x.Warn.V; s.Warn < 0 || s.Warn >= 1 {
			f.problems.Add(x.Warn.At, "want a share from 0 to below 1, such as 0.25", "%q is %v", "warn", s.Warn)
		}
	}
	if x.Has("trapped") {
		s.Trapped = nil
	}
	for _, id := range x.Trapped {
		if id.Set && rules != nil && !slices.Contains(rules, id.V) {
			f.problems.Add(id.At, f.problems.Suggest(id.V, "rules", rules), "there is no rule %q", id.V)
		}
		s.Trapped = append(s.Trapped, id.V)
	}
	reasons := []string{string(duty.WaitParts), string(duty.WaitAccess), string(duty.WaitContractor)}
	if x.Has("pausing") {
		s.Pausing = nil
	}
	for _, t := range x.Pausing {
		if t.Set && !slices.Contains(reasons, t.V) {
			f.problems.Add(t.At, f.problems.Suggest(t.V, "reasons", reasons), "there is no reason %q to wait", strict.Cut(t.V))
		}
		s.Pausing = append(s.Pausing, duty.WaitReason(t.V))
	}
}

// length checks a length of time that stands under a key of the file's own.
func (f *File) length(key strict.Literal, d strict.Duration) bool {
	if d.Set && d.V < 0 {
		f.problems.Add(d.At, "want 0s or more", "%q is negative", strict.Cut(key.Text))
		return false
	}
	return d.Set
}
