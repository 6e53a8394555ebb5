package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"steward/gateway"
	"steward/gateway/kind"
	"steward/gateway/strict"
)

// ParseProfile reads a device profile: file is its name in messages. What is
// wrong with it comes back as Errors, all of it at once.
func ParseProfile(file string, data []byte, kinds *kind.Catalog) (Profile, error) {
	p := newProblems(file)
	tree := strict.Parse(p, data)
	if tree == nil {
		return Profile{}, p.Result()
	}
	var in profileFile
	strict.Decode(p, tree, &in)
	out := resolveProfile(p, &in, kinds)
	if err := p.Result(); err != nil {
		return Profile{}, err
	}
	out.Warnings = p.Warnings()
	return out, nil
}

func resolveProfile(p *strict.Problems, in *profileFile, kinds *kind.Catalog) Profile {
	out := Profile{
		Name: in.Profile.V, Vendor: in.Vendor.V, Model: in.Model.V, Kind: in.Kind.V, Protocol: in.Protocol.V, Codes: in.Codes.V,
		Title: gateway.Text{ZH: in.Vendor.V + " " + in.Model.V, EN: in.Vendor.V + " " + in.Model.V},
	}
	if in.Title.Set {
		out.Title = in.Title.V
	}
	for _, s := range in.Sources {
		out.Sources = append(out.Sources, s.V)
	}
	k, known := kinds.Kind(in.Kind.V)
	if !known && in.Kind.Set {
		p.Add(in.Kind.At, p.Suggest(in.Kind.V, "kinds", kinds.Names()), "there is no kind %q", in.Kind.V)
	}
	m := &mapper{Problems: p, kind: k, table: in.Modbus.Table.V, order: in.Modbus.WordOrder.V}
	foreign := map[string][]string{"modbus": {"topics", "metrics", "on_change"}, "mqtt": {"points", "modbus", "interval"}}
	for _, key := range foreign[in.Protocol.V] {
		if in.Has(key) {
			p.Add(in.Where(key), "leave it out", "%q is not for a profile that speaks %s", key, in.Protocol.V)
		}
	}
	if !known {
		return out
	}
	switch in.Protocol.V {
	case "modbus":
		profileRegisters(m, in, &out)
	case "mqtt":
		profileTopics(m, in, &out)
	}
	return out
}

func profileRegisters(m *mapper, in *profileFile, out *Profile) {
	out.Interval = in.Interval.V
	out.Limits = limits(m.Problems, &in.Modbus.limitsBlock, ReadLimits{}, false)
	factors, where, own := m.readFactors(in.Modbus.Factors, nil, in.At)
	m.factors = FactorNames(factors)
	list := registers(m, in.Points)
	m.warnManual()
	out.Factors, where = m.used(factors, where, own, list)
	if len(in.Points) == 0 {
		m.Add(in.Where("points"), "want points:", "the profile reads nothing")
	}
	all := slices.Concat(list, placedFactors(out.Factors, where))
	checkLimits(m.Problems, all, out.Limits)
	checkOverlaps(m.Problems, all)
	slices.SortStableFunc(list, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Bit, b.Bit))
	})
	for _, x := range list {
		out.Points = append(out.Points, x.Register)
	}
}

func profileTopics(m *mapper, in *profileFile, out *Profile) {
	out.OnChange = in.OnChange.V
	out.Metrics = m.metrics(in.Metrics)
	switch {
	case len(in.Topics) == 0 && len(in.Metrics) == 0:
		m.Add(in.Where("topics"), "want topics:, or metrics: of a Sparkplug device", "the profile reads nothing")
	case in.Has("topics") && in.Has("metrics"):
		m.Add(in.Where("metrics"), "keep one of them", "a Sparkplug device has metrics and no topics")
	}
	for i := range in.Topics {
		b := &in.Topics[i]
		t, ok := m.topic(b)
		if !ok {
			continue
		}
		if !strings.Contains(t.Filter, device) && !strings.Contains(t.Filter, root) {
			m.Add(b.Topic.At, fmt.Sprintf("want %s in it, or every asset would get every device's messages", device), "topic %q names no device", strict.Cut(t.Filter))
		}
		out.Topics = append(out.Topics, t)
	}
}
