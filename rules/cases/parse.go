// Package cases runs case files: readings and actions in, expected alarms and
// tickets out, with times relative to a start. They document the rules, and a
// site tests its own numbers with them (steward rules test).
package cases

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

// maxSteps bounds a case, so that a slip of the pen does not run for hours.
const maxSteps = 200_000

// Case is one case file, checked.
type Case struct {
	Name   string
	File   string
	Watch  []string
	Site   *gateway.Site
	Units  []gateway.Area // flats: ID and area
	Vacant []string
	Set    []setting
	Start  time.Time
	End    time.Duration
	Events []event // by time, then as written
	Expect []string
}

// setting is a number of a rule that the case's site sets.
type setting struct{ rule, name, value string }

// event is one thing that happens.
type event struct {
	at      time.Duration
	place   strict.At
	reading *gateway.Reading // Time and Received are set when it happens
	late    time.Duration
	fact    *duty.Fact
	lasts   time.Duration
	action  *duty.Action
	asset   gateway.AssetID // of an action
	rule    string
}

// parser is the file being read.
type parser struct {
	*strict.Problems
	in    fileShape
	kinds *kind.Catalog
	out   *Case
}

// Parse reads a case file. What is wrong with it comes back as strict.Errors,
// all of it at once.
func Parse(file string, data []byte, kinds *kind.Catalog) (*Case, error) {
	p := &parser{Problems: strict.NewProblems(file), kinds: kinds, out: &Case{File: file}}
	tree := strict.Parse(p.Problems, data)
	if tree == nil {
		return nil, p.Result()
	}
	strict.Decode(p.Problems, tree, &p.in)
	if err := p.Result(); err != nil {
		return nil, err
	}
	p.head()
	p.site()
	for i := range p.in.Steps {
		p.step(&p.in.Steps[i])
	}
	slices.SortStableFunc(p.out.Events, func(a, b event) int { return int(a.at - b.at) })
	p.end()
	if err := p.Result(); err != nil {
		return nil, err
	}
	return p.out, nil
}

func (p *parser) head() {
	c, in := p.out, &p.in
	c.Name = in.Case.V
	for _, w := range in.Watch {
		c.Watch = append(c.Watch, w.V)
	}
	zone, err := time.LoadLocation(in.Zone.V)
	if err != nil {
		p.Add(in.Zone.At, "want an IANA name such as Asia/Shanghai", "there is no time zone %q", strict.Cut(in.Zone.V))
		zone = time.UTC
	}
	if c.Start, err = time.ParseInLocation("2006-01-02T15:04:05", in.Start.V, zone); err != nil {
		p.Add(in.Start.At, "want a local time such as 2026-01-05T08:00:00", "%q is no time", strict.Cut(in.Start.V))
	}
	for _, rule := range in.Numbers.List {
		for _, n := range rule.Value.List {
			c.Set = append(c.Set, setting{rule.Key.Text, n.Key.Text, n.Value.L.Text})
		}
	}
	for _, line := range in.Expect {
		words := strings.Fields(line.V)
		p.expected(line.At, words)
		c.Expect = append(c.Expect, strings.Join(words, " "))
	}
	c.Site = &gateway.Site{ID: "case", Language: "en", Zone: zone}
}

// expected checks that a line could come of a case at all.
func (p *parser) expected(at strict.At, words []string) {
	const want = "want TIME alarm RULE ASSET EVENT STATE, or TIME ticket FAULT ASSET STATE"
	switch {
	case len(words) < 4 || words[1] != "alarm" && words[1] != "ticket":
		p.Add(at, want, "this line says nothing that could happen")
	case words[1] == "alarm" && len(words) != 6:
		p.Add(at, want, "an alarm's line has six words, this one has %d", len(words))
	case words[1] == "alarm" && !slices.Contains(alarmEvents, duty.AlarmEvent(words[4])):
		p.Add(at, p.Suggest(words[4], "events", texts(alarmEvents)), "%q is no event of an alarm", words[4])
	case words[1] == "alarm" && !slices.Contains(duty.AlarmStates(), duty.AlarmState(words[5])):
		p.Add(at, p.Suggest(words[5], "states", texts(duty.AlarmStates())), "%q is no state of an alarm", words[5])
	}
	if len(words) > 0 {
		if _, err := time.ParseDuration(words[0]); err != nil {
			p.Add(at, "want a time since the start, such as 90s or 1h5m", "%q is no time", words[0])
		}
	}
}

var alarmEvents = []duty.AlarmEvent{duty.EventRaise, duty.EventClear, duty.EventAcknowledge, duty.EventReset, duty.EventRealarm, duty.EventShelve,
	duty.EventUnshelve, duty.EventSuppress, duty.EventUnsuppress, duty.EventRemove, duty.EventRestore, duty.EventMark}

func texts[T ~string](all []T) (out []string) {
	for _, one := range all {
		out = append(out, string(one))
	}
	return out
}

// site builds the small site: an asset has the points that the steps read and
// those it lists.
func (p *parser) site() {
	site := p.out.Site
	read := map[string][]string{}
	for i := range p.in.Steps {
		s := &p.in.Steps[i]
		id := p.assetOf(s)
		for _, v := range s.Read.List {
			read[id] = append(read[id], v.Key.Text)
		}
	}
	for _, u := range p.in.Units.List {
		p.out.Units = append(p.out.Units, gateway.Area{ID: u.Key.Text, Parent: "here"})
		if u.Value.Vacant.V {
			p.out.Vacant = append(p.out.Vacant, u.Key.Text)
		}
	}
	for _, one := range p.in.Assets.List {
		a := gateway.Asset{ID: gateway.AssetID(one.Key.Text), Name: gateway.Text{ZH: one.Key.Text, EN: one.Key.Text},
			Kind: one.Value.Kind.V, Area: one.Value.Area.V, Unit: one.Value.Unit.V}
		if !slices.ContainsFunc(site.Areas, func(x gateway.Area) bool { return x.ID == a.Area }) {
			site.Areas = append(site.Areas, gateway.Area{ID: a.Area})
		}
		for _, f := range one.Value.FedBy {
			a.FedBy = append(a.FedBy, gateway.AssetID(f.V))
		}
		k, ok := p.kinds.Kind(a.Kind)
		if !ok {
			p.Add(one.Value.Kind.At, p.Suggest(a.Kind, "kinds", p.kinds.Names()), "there is no kind %q", strict.Cut(a.Kind))
			continue
		}
		for _, l := range one.Value.Points {
			if _, ok := k.Point(l.V); !ok {
				p.Add(l.At, p.Suggest(l.V, "points of the kind", k.PointNames()), "kind %s has no point %q", a.Kind, l.V)
			}
			read[string(a.ID)] = append(read[string(a.ID)], l.V)
		}
		for _, point := range k.Points {
			if slices.Contains(read[string(a.ID)], point.Name) {
				a.Points = append(a.Points, point)
			}
		}
		site.Assets = append(site.Assets, a)
	}
}

// assetOf is the asset a step is about: the only one where it names none.
func (p *parser) assetOf(s *stepShape) string {
	if s.Asset.Set || len(p.in.Assets.List) != 1 {
		return s.Asset.V
	}
	return p.in.Assets.List[0].Key.Text
}

// step adds what a step says, each time it says so.
func (p *parser) step(s *stepShape) {
	times := []time.Duration{s.At.V}
	if s.Every.Set {
		if !s.Until.Set || s.Until.V < s.At.V {
			p.Add(s.Where("every"), "want until: a later time", "it is not said how long this goes on")
			return
		}
		for t := s.At.V + s.Every.V; t <= s.Until.V; t += s.Every.V {
			if times = append(times, t); len(p.out.Events)+len(times) > maxSteps {
				p.Add(s.Where("every"), fmt.Sprintf("want at most %d steps", maxSteps), "this goes on too often")
				return
			}
		}
	}
	one := event{place: s.At.At, late: s.Late.V, asset: gateway.AssetID(p.assetOf(s)), rule: s.Rule.V}
	switch {
	case len(s.Read.List) > 0:
		one.reading = p.reading(s, one.asset)
	case s.Fact.Set:
		one.fact, one.lasts = &duty.Fact{Name: s.Fact.V, Unit: s.Unit.V, Number: s.Is.V, By: "case"}, s.For.V
		if !s.Unit.Set && s.Asset.Set {
			one.fact.Asset = one.asset
		}
	case s.Do.Set:
		one.action, one.lasts = &duty.Action{Do: duty.Verb(s.Do.V), By: "case", Note: s.Note.V, Reason: s.Note.V}, s.For.V
		switch one.action.Do {
		case duty.DoWait:
			one.action.Waits = duty.WaitReason(s.To.V)
		case duty.DoClassify:
			one.action.Class = duty.Class(s.To.V)
		default:
			one.action.To = s.To.V
		}
		if !s.Rule.Set {
			p.Add(s.Where("do"), "want rule: the alarm's rule, or the ticket's fault", "it is not said what is acted on")
		}
	default:
		p.Add(s.At.At, "want read, fact or do", "nothing happens in this step")
	}
	for _, t := range times {
		one.at = t
		p.out.Events = append(p.out.Events, one)
	}
}

func (p *parser) reading(s *stepShape, id gateway.AssetID) *gateway.Reading {
	i := slices.IndexFunc(p.out.Site.Assets, func(a gateway.Asset) bool { return a.ID == id })
	if i < 0 {
		if id == "" {
			p.Add(s.At.At, "say which: asset: "+p.in.Assets.List[0].Key.Text, "there are several assets")
			return nil
		}
		p.Add(s.Where("asset"), "want one of assets", "there is no asset %q", id)
		return nil
	}
	k, _ := p.kinds.Kind(p.out.Site.Assets[i].Kind)
	r := &gateway.Reading{Asset: id}
	for _, v := range s.Read.List {
		point, ok := k.Point(v.Key.Text)
		if !ok {
			p.Add(v.Key.At, p.Suggest(v.Key.Text, "points of the kind", k.PointNames()), "kind %s has no point %q", k.Name, v.Key.Text)
			continue
		}
		value, want := valueOf(point, v.Value.L)
		if want != "" {
			p.Add(v.Value.At, want, "%q is not a value of %s", strict.Cut(v.Value.L.Text), point.Name)
		}
		r.Values = append(r.Values, value)
	}
	return r
}

// valueOf reads a value as a case writes it; want is what would be right.
func valueOf(p gateway.Point, l strict.Literal) (v gateway.Value, want string) {
	if name, ok := strings.CutPrefix(l.Text, "("); ok {
		q, err := gateway.ParseQuality(strings.TrimSuffix(name, ")"))
		if err != nil || q == gateway.QualityGood {
			return v, "want (uncertain), (stale), (bad), (lost) or (unknown)"
		}
		return gateway.NotGood(p.Name, q, "as the case says"), ""
	}
	if f, ok := strict.FloatOf(l); ok {
		return gateway.Good(p.Name, f), ""
	}
	switch {
	case p.Type == gateway.Bool && l.Text == "true":
		return gateway.Good(p.Name, 1), ""
	case p.Type == gateway.Bool && l.Text == "false":
		return gateway.Good(p.Name, 0), ""
	}
	var names []string
	for _, label := range p.Labels {
		if label.Name == l.Text {
			return gateway.Good(p.Name, float64(label.Code)), ""
		}
		names = append(names, label.Name)
	}
	switch p.Type {
	case gateway.Bool:
		return v, "want true or false"
	case gateway.Enum:
		return v, "want one of " + strings.Join(names, ", ")
	}
	return v, "want a number"
}

// end checks when the case is over.
func (p *parser) end() {
	last := p.in.End.V
	if n := len(p.out.Events); n > 0 && !p.in.End.Set {
		last = p.out.Events[n-1].at
	}
	p.out.End = last
}
