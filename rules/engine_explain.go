package rules

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/rules/book"
)

// Rules describes every rule, by ID, with the assets it watches and those of
// its kind that it does not.
func (e *Engine) Rules() []duty.Rule {
	b := &builder{e: e, rel: newRelatives(e)}
	b.parents()
	out := make([]duty.Rule, 0, len(e.rules))
	for _, r := range e.rules {
		d := r.Describe(r.Defaults)
		d.Assets = []gateway.AssetID{}
		for i := range e.assets {
			a := &e.assets[i]
			p, why := b.plan(r, a)
			switch {
			case p == nil && why == nil:
			case p == nil:
				d.Inactive = append(d.Inactive, duty.Inactive{Asset: a.def.ID, Why: why.text()})
			default:
				if name := e.untold(r, a); name != "" {
					d.Inactive = append(d.Inactive, duty.Inactive{Asset: a.def.ID, Why: untoldText(name)})
				} else {
					d.Assets = append(d.Assets, a.def.ID)
				}
			}
		}
		out = append(out, d)
	}
	return out
}

// Altered lists the rules that are not, on some asset, what they were where
// the restored state was saved: whoever saved it judges by other rules or
// numbers. A rule that is new since is not among them.
func (e *Engine) Altered() []string {
	ids := slices.Clone(e.altered)
	slices.Sort(ids)
	return slices.Compact(ids)
}

// untold names a fact without which the rule waits on the asset, and that
// nobody has told.
func (e *Engine) untold(r *ruled, a *asset) string {
	for k := range r.Inputs {
		f := r.Inputs[k].Fact
		if f == nil || !f.Need || f.Of == book.Unit && a.def.Unit == "" {
			continue
		}
		if i, ok := e.factAt[factOn(f, a.def)]; !ok || !e.facts[i].told {
			return f.Name
		}
	}
	return ""
}

func untoldText(name string) gateway.Text {
	return gateway.Text{ZH: "尚无人登记 " + name, EN: "nobody has told the fact " + name}
}

// Explain says of every rule of an asset's kind why it is or is not alarming,
// by the rules' IDs. It changes nothing.
func (e *Engine) Explain(id gateway.AssetID) ([]duty.Explanation, error) {
	at, ok := e.byID[id]
	if !ok {
		return nil, fmt.Errorf("explain: asset %s: %w", id, duty.ErrUnknown)
	}
	a := &e.assets[at]
	b := &builder{e: e, rel: newRelatives(e)}
	b.parents()
	var out []duty.Explanation
	next := a.first
	for _, r := range e.rules {
		p, why := b.plan(r, a)
		switch {
		case p != nil:
			out = append(out, e.explain(next))
			next++
		case why != nil:
			x := duty.Explanation{Rule: r.Describe(*why.set), Asset: id, Truth: book.Unknown.String(), State: duty.Normal, Present: []duty.Input{}}
			reason := why.text()
			x.Verdict = gateway.Text{ZH: "未启用：" + reason.ZH, EN: "Inactive: " + reason.EN}
			x.Numbers = finiteOnly(why.set.Numbers)
			out = append(out, x)
		}
	}
	return out, nil
}

// finiteOnly leaves out what nobody set, which JSON cannot write.
func finiteOnly(numbers map[string]float64) map[string]float64 {
	out := make(map[string]float64, len(numbers))
	for name, x := range numbers {
		if !math.IsNaN(x) {
			out[name] = x
		}
	}
	return out
}

// explain explains one instance.
func (e *Engine) explain(i int32) duty.Explanation {
	in := &e.instances[i]
	a := &e.assets[in.asset]
	x := duty.Explanation{
		Rule: in.plan.rule.Describe(*in.plan.set), Asset: a.def.ID, Watching: true, Truth: in.truth.String(),
		State: duty.Normal, Since: instant(in.since), Present: e.inputs(i, e.now), Numbers: finiteOnly(in.plan.set.Numbers),
	}
	x.Rule.Assets = []gateway.AssetID{a.def.ID}
	if in.from != 0 {
		x.Due = instant(in.from + in.left)
	}
	al, alarmed := e.table.ByKey(e.key(i))
	if alarmed {
		x.State, x.Alarm = al.State, al.ID
	}
	if name := e.untold(in.plan.rule, a); name != "" {
		x.Watching = false
		t := untoldText(name)
		x.Verdict = gateway.Text{ZH: "未启用：" + t.ZH, EN: "Inactive: " + t.EN}
		return x
	}
	if x.Verdict = aside(&al); x.Verdict.EN == "" {
		x.Verdict = e.verdict(in, &x, alarmed)
	}
	return x
}

// aside says who or what has put the alarm aside; empty when nobody has.
func aside(a *duty.Alarm) gateway.Text {
	why := a.Words()
	switch a.State {
	case duty.Suppressed:
		return gateway.Text{ZH: "已抑制：" + why.ZH, EN: "Suppressed: " + why.EN}
	case duty.Shelved:
		return gateway.Text{ZH: "已搁置：" + why.ZH, EN: "Shelved: " + why.EN}
	case duty.OutOfService:
		return gateway.Text{ZH: "停用维修：" + why.ZH, EN: "Out of service: " + why.EN}
	}
	return gateway.Text{}
}

func (e *Engine) verdict(in *instance, x *duty.Explanation, alarmed bool) gateway.Text {
	seen := e.seen(in, x.Present)
	due := e.clock(nanos(x.Due))
	switch {
	case in.truth == book.Unknown && in.is(flagRaised):
		blind := e.blind(in, x.Present)
		return gateway.Text{ZH: "报警中，现在无法判断：" + blind.ZH, EN: "Alarming, and cannot judge now: " + blind.EN}
	case in.truth == book.Unknown:
		blind := e.blind(in, x.Present)
		return gateway.Text{ZH: "无法判断：" + blind.ZH, EN: "Cannot judge: " + blind.EN}
	case in.is(flagRaised) && in.from != 0:
		return gateway.Text{ZH: fmt.Sprintf("报警中：条件已不成立，%s 解除（%s）", due, seen.ZH),
			EN: fmt.Sprintf("Alarming: no longer true, clears at %s (%s)", due, seen.EN)}
	case in.is(flagRaised):
		return gateway.Text{ZH: "报警中：" + seen.ZH, EN: "Alarming: " + seen.EN}
	case in.from != 0:
		return gateway.Text{ZH: fmt.Sprintf("等待中：自 %s 起成立，%s 报警（%s）", e.clock(in.since), due, seen.ZH),
			EN: fmt.Sprintf("Waiting: true since %s, raises at %s (%s)", e.clock(in.since), due, seen.EN)}
	case alarmed:
		return gateway.Text{ZH: "条件已恢复，等待人员处理：" + seen.ZH, EN: "Back to normal, waiting for a person: " + seen.EN}
	}
	return gateway.Text{ZH: "未报警：" + seen.ZH, EN: "Not alarming: " + seen.EN}
}

// seen writes the inputs with their numbers, and the numbers of the rule
// beside them; of a rule with one point and limits, how they compare.
func (e *Engine) seen(in *instance, present []duty.Input) gateway.Text {
	var zh, en []string
	for _, p := range present {
		text := gateway.Text{ZH: "?", EN: "?"}
		if p.Number != nil {
			text = e.quantity(in, p.Name, *p.Number)
		}
		zh, en = append(zh, p.Name+" "+text.ZH), append(en, p.Name+" "+text.EN)
	}
	compare := len(present) == 1 && present[0].Number != nil
	var limits gateway.Text
	for k := range in.plan.in {
		s, input := &in.plan.in[k], &in.plan.rule.Inputs[k]
		if s.kind != book.InNumber || !s.exist {
			continue
		}
		text := e.quantity(in, input.Name, s.num)
		if compare && (input.Name == "limit" || input.Name == "limit_low") {
			side := sideOf(*present[0].Number, s.num)
			if limits.EN != "" {
				limits.ZH, limits.EN = limits.ZH+"且", limits.EN+" and "
			}
			limits.ZH, limits.EN = limits.ZH+side.ZH+" "+text.ZH, limits.EN+side.EN+" "+text.EN
			continue
		}
		zh, en = append(zh, input.Name+" "+text.ZH), append(en, input.Name+" "+text.EN)
	}
	if limits.EN != "" {
		return gateway.Text{ZH: zh[0] + " " + limits.ZH, EN: en[0] + " is " + limits.EN}
	}
	return gateway.Text{ZH: strings.Join(zh, "，"), EN: strings.Join(en, ", ")}
}

func sideOf(x, limit float64) gateway.Text {
	switch {
	case x > limit:
		return gateway.Text{ZH: "高于", EN: "above"}
	case x < limit:
		return gateway.Text{ZH: "低于", EN: "below"}
	}
	return gateway.Text{ZH: "等于", EN: "at"}
}

// quantity writes an input's number as people read it: with its unit, or the
// label of an enum.
func (e *Engine) quantity(in *instance, name string, x float64) gateway.Text {
	for k := range in.plan.in {
		input := &in.plan.rule.Inputs[k]
		if input.Name != name {
			continue
		}
		unit := input.Unit
		if s := &in.plan.in[k]; s.kind == book.InPoint && s.exist {
			p := &in.plan.layout.points[s.at]
			for _, l := range p.Labels {
				if float64(l.Code) == x {
					return gateway.Text{ZH: cmp.Or(l.Text.ZH, l.Name), EN: l.Name}
				}
			}
			unit = p.Unit
		}
		if unit == "s" && x >= 60 && x < 1e9 {
			return alike(time.Duration(math.Round(x) * float64(time.Second)).String())
		}
		return alike(strings.TrimSpace(number(x) + " " + unit))
	}
	return alike(number(x))
}

// alike is what reads the same in both languages.
func alike(text string) gateway.Text { return gateway.Text{ZH: text, EN: text} }

// blind says what keeps a condition from being judged.
func (e *Engine) blind(in *instance, present []duty.Input) gateway.Text {
	var zh, en []string
	for _, p := range present {
		if p.Quality == gateway.QualityGood {
			continue
		}
		reason := p.Words()
		if reason.EN != "" {
			reason = gateway.Text{ZH: "（" + reason.ZH + "）", EN: " (" + reason.EN + ")"}
		}
		if p.Point == "" {
			zh, en = append(zh, p.Name+" 未知"+reason.ZH), append(en, p.Name+" is not known"+reason.EN)
			continue
		}
		v := &e.values[e.assets[in.asset].base+in.plan.layout.at[p.Point]]
		if v.since == 0 {
			zh, en = append(zh, p.Point+" 从未有值"), append(en, p.Point+" was never seen")
			continue
		}
		zh = append(zh, fmt.Sprintf("%s 自 %s 起%s%s", p.Point, e.clock(v.since), qualityZH(v.q), reason.ZH))
		en = append(en, fmt.Sprintf("%s is %s since %s%s", p.Point, v.q, e.clock(v.since), reason.EN))
	}
	if len(en) == 0 {
		return gateway.Text{ZH: "除数为 0，或无法计算", EN: "a division by 0, or a number that cannot be reckoned"}
	}
	return gateway.Text{ZH: strings.Join(zh, "，"), EN: strings.Join(en, ", ")}
}

func qualityZH(q gateway.Quality) string {
	switch q {
	case gateway.QualityUncertain:
		return "不确定"
	case gateway.QualityStale:
		return "过期"
	case gateway.QualityBad:
		return "无效"
	case gateway.QualityLost:
		return "失联"
	}
	return "未知"
}
