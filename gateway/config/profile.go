package config

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"steward/gateway"
	"steward/gateway/kind"
)

// ParseProfile reads a device profile: file is its name in messages. What is
// wrong with it comes back as Errors, all of it at once.
func ParseProfile(file string, data []byte, kinds *kind.Catalog) (Profile, error) {
	p := &problems{file: file}
	tree := parseTree(p, data)
	if tree == nil {
		return Profile{}, p.result()
	}
	var in profileFile
	decodeInto(p, tree, &in)
	out := resolveProfile(p, &in, kinds)
	if err := p.result(); err != nil {
		return Profile{}, err
	}
	return out, nil
}

func resolveProfile(p *problems, in *profileFile, kinds *kind.Catalog) Profile {
	out := Profile{
		Name: in.Profile.v, Vendor: in.Vendor.v, Model: in.Model.v, Kind: in.Kind.v, Protocol: in.Protocol.v,
		Title: gateway.Text{ZH: in.Vendor.v + " " + in.Model.v, EN: in.Vendor.v + " " + in.Model.v},
	}
	if in.Title.set {
		out.Title = in.Title.v
	}
	for _, s := range in.Sources {
		out.Sources = append(out.Sources, s.v)
	}
	k, known := kinds.Kind(in.Kind.v)
	if !known && in.Kind.set {
		p.add(in.Kind.at, p.suggest(in.Kind.v, "kinds", kinds.Names()), "there is no kind %q", in.Kind.v)
	}
	m := &mapper{problems: p, kind: k, table: in.Modbus.Table.v, order: in.Modbus.WordOrder.v}
	foreign := map[string][]string{"modbus": {"topics"}, "mqtt": {"points", "modbus", "interval"}}
	for _, key := range foreign[in.Protocol.v] {
		if in.has(key) {
			p.add(in.where(key), "leave it out", "%q is not for a profile that speaks %s", key, in.Protocol.v)
		}
	}
	if !known {
		return out
	}
	switch in.Protocol.v {
	case "modbus":
		profileRegisters(m, in, &out)
	case "mqtt":
		profileTopics(m, in, &out)
	}
	return out
}

func profileRegisters(m *mapper, in *profileFile, out *Profile) {
	out.Interval = in.Interval.v
	out.Limits = limits(m.problems, &in.Modbus.limitsBlock, ReadLimits{}, false)
	list := registers(m, in.Points)
	if len(in.Points) == 0 {
		m.add(in.where("points"), "want points:", "the profile reads nothing")
	}
	checkLimits(m.problems, list, out.Limits)
	checkOverlaps(m.problems, list)
	slices.SortStableFunc(list, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.Table, b.Table), cmp.Compare(a.Address, b.Address), cmp.Compare(a.Bit, b.Bit))
	})
	for _, x := range list {
		out.Points = append(out.Points, x.Register)
	}
}

func profileTopics(m *mapper, in *profileFile, out *Profile) {
	if len(in.Topics) == 0 {
		m.add(in.where("topics"), "want topics:", "the profile reads nothing")
	}
	for i := range in.Topics {
		b := &in.Topics[i]
		t, ok := m.topic(b)
		if !ok {
			continue
		}
		if !strings.Contains(t.Filter, device) {
			m.add(b.Topic.at, fmt.Sprintf("want %s in it, or every asset would get every device's messages", device), "topic %q names no device", cut(t.Filter))
		}
		out.Topics = append(out.Topics, t)
	}
}
