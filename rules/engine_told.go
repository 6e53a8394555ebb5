package rules

import (
	"maps"
	"slices"

	"steward/gateway/duty"
	"steward/gateway/strict"
	"steward/rules/book"
)

// tellable is what may be told.
type tellable struct {
	names   []string              // that rules and plans ask for, sorted
	moments map[string]bool       // those of them that are Unix times: something's age, or when work was done
	units   []string              // sorted; nil: any
	site    map[factKey]duty.Fact // what the site file says
}

// Facts that tickets ask for themselves: which flats a round goes to, and when
// somebody was last there.
var roundFacts = [...]string{"vacant", "visited"}

func tellableOf(o *Options) (t tellable) {
	names, units := map[string]bool{}, map[string]bool{}
	t.moments = map[string]bool{"visited": true}
	for _, name := range roundFacts {
		names[name] = true
	}
	for i := range o.Book.Rules {
		for k := range o.Book.Rules[i].Inputs {
			if in := &o.Book.Rules[i].Inputs[k]; in.Kind == book.InFact {
				names[in.Fact.Name] = true
				t.moments[in.Fact.Name] = t.moments[in.Fact.Name] || in.Fact.Age
			}
		}
	}
	for i := range o.Book.Plans {
		names[o.Book.Plans[i].Fact] = true
		t.moments[o.Book.Plans[i].Fact] = true
	}
	delete(names, "")
	t.names = slices.Sorted(maps.Keys(names))
	if o.Units != nil {
		for i := range o.Site.Assets {
			units[o.Site.Assets[i].Unit] = true
		}
		for _, u := range o.Units {
			units[u] = true
		}
		delete(units, "")
		t.units = slices.AppendSeq([]string{}, maps.Keys(units))
		slices.Sort(t.units)
	}
	t.site = map[factKey]duty.Fact{}
	for _, f := range o.Facts {
		t.site[factKey{f.Name, f.Asset, f.Unit}] = f
	}
	return t
}

// checkAsked refuses a fact that nobody would ever ask for. What was told once
// may be told again, though the rules have changed since.
func (e *Engine) checkAsked(f *duty.Fact) error {
	if i, ok := e.factAt[factKey{f.Name, f.Asset, f.Unit}]; ok && e.facts[i].told {
		return nil
	}
	if _, known := slices.BinarySearch(e.tellable.names, f.Name); !known {
		zh, en := meant(f.Name, e.tellable.names)
		return duty.Unknown("没有规则或计划使用事实 "+f.Name+zh, "no rule and no plan asks for the fact "+f.Name+en)
	}
	if _, known := slices.BinarySearch(e.tellable.units, f.Unit); !known && f.Unit != "" && e.tellable.units != nil {
		zh, en := meant(f.Unit, e.tellable.units)
		return duty.Unknown("没有房屋单元 "+f.Unit+zh, "there is no unit "+f.Unit+en)
	}
	return nil
}

func meant(name string, known []string) (zh, en string) {
	if near := strict.Nearest(name, known); near != "" {
		return "；是否为 " + near + "？", "; is it " + near + "?"
	}
	return "", ""
}

// dropFact takes back what a person told: what the site file says holds again,
// or nothing does.
func (e *Engine) dropFact(at int64, d *duty.Fact) error {
	k := factKey{d.Name, d.Asset, d.Unit}
	i, ok := e.factAt[k]
	switch {
	case !ok || !e.facts[i].told:
		return duty.Unknown("没有人登记过事实 "+d.Name, "nobody has told the fact "+d.Name)
	case e.facts[i].site:
		return duty.Refuse("事实 "+d.Name+" 由站点文件给出，只能另行登记或修改该文件", "the fact "+d.Name+" is the site file's: tell another number, or change the file")
	}
	if says, ok := e.tellable.site[k]; ok {
		e.tell(says, true)
	} else {
		f := &e.facts[i]
		f.told, f.number, f.at, f.until, f.by = false, 0, 0, 0, ""
		e.dirtyFact(i)
	}
	e.changeFact(i, at)
	return nil
}
