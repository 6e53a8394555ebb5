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
)

// factKey names a fact. One of asset and unit is set, or none for the site.
type factKey struct {
	name  string
	asset gateway.AssetID
	unit  string
}

func (k factKey) compare(o factKey) int {
	return cmp.Or(cmp.Compare(k.name, o.name), cmp.Compare(k.asset, o.asset), cmp.Compare(k.unit, o.unit))
}

// fact is something that people know. Rules may ask for one that nobody has
// told yet.
type fact struct {
	factKey
	told     bool
	site     bool // by the site file, which tells it again at every start
	number   float64
	at       int64
	until    int64 // 0: it stays
	by       string
	armed    int64
	watchers []int32 // instances, ascending
	kept     bool    // it was saved
	dirty    bool
}

// nanos is a fact that is a Unix time as an instant.
func (f *fact) nanos() int64 {
	n := f.number * float64(time.Second)
	if n >= math.MaxInt64/2 || n <= math.MinInt64/2 {
		return int64(math.Copysign(math.MaxInt64/2, n))
	}
	return int64(n)
}

func (f *fact) duty() duty.Fact {
	return duty.Fact{Name: f.name, Asset: f.asset, Unit: f.unit, Number: f.number, At: instant(f.at), Until: instant(f.until), By: f.by}
}

// factOf finds a fact's place, made when there is none.
func (e *Engine) factOf(k factKey) int32 {
	i, ok := e.factAt[k]
	if !ok {
		i = int32(len(e.facts))
		e.facts = append(e.facts, fact{factKey: k})
		e.factAt[k] = i
	}
	return i
}

// Facts lists what was told, by name, asset and unit.
func (e *Engine) Facts() []duty.Fact {
	var out []duty.Fact
	for i := range e.facts {
		if e.facts[i].told {
			out = append(out, e.facts[i].duty())
		}
	}
	slices.SortFunc(out, func(a, b duty.Fact) int {
		return factKey{a.Name, a.Asset, a.Unit}.compare(factKey{b.Name, b.Asset, b.Unit})
	})
	return out
}

const maxFactWord = 256 // bytes of a fact's name, unit or author

func (e *Engine) checkFact(f *duty.Fact) error {
	if _, ok := e.byID[f.Asset]; f.Asset != "" && !ok {
		return duty.Unknown("没有设备 "+string(f.Asset), "there is no asset "+string(f.Asset))
	}
	switch {
	case f.Name == "" || len(f.Name) > maxFactWord || len(f.Unit) > maxFactWord || len(f.By) > maxFactWord:
		return duty.Refuse(fmt.Sprintf("事实的名称、房屋单元和登记人最多 %d 字节，名称不能为空", maxFactWord),
			fmt.Sprintf("a fact's name, unit and author have at most %d bytes, and it has a name", maxFactWord))
	case strings.Contains(f.Name, "/"):
		return duty.Refuse("事实名称 "+f.Name+" 不能含有“/”", "the fact's name "+f.Name+" must not have a '/'")
	case f.Asset != "" && f.Unit != "":
		return duty.Refuse("事实 "+f.Name+" 只能属于设备或房屋单元之一", "fact "+f.Name+" is of an asset or of a unit, not of both")
	case math.IsNaN(f.Number) || math.IsInf(f.Number, 0):
		return duty.Refuse("事实 "+f.Name+" 的数值无效", "the number of fact "+f.Name+" is none")
	}
	return nil
}

// actFact takes a fact from a person or from a ticket, or takes one back.
func (e *Engine) actFact(at int64, a duty.Action) error {
	if a.Fact == nil {
		return duty.Refuse("没有给出事实", "no fact was given")
	}
	f := *a.Fact
	f.By = cmp.Or(a.By, f.By)
	err := cmp.Or(e.checkFact(&f), e.checkAsked(&f))
	switch {
	case err != nil:
		return err
	case a.Do == duty.DoDropFact:
		return e.dropFact(at, &f)
	}
	return e.setFact(at, f)
}

func (e *Engine) setFact(at int64, f duty.Fact) error {
	if !f.Until.IsZero() && nanos(f.Until) <= at {
		until := f.Until.In(e.zone).Format(time.DateTime)
		return duty.Refuse("事实 "+f.Name+" 的结束时间 "+until+" 已过", "fact "+f.Name+" would end at "+until+", which is over")
	}
	if f.At.IsZero() {
		f.At = instant(at)
	}
	e.changeFact(e.tell(f, false), at)
	return nil
}

// tell writes a fact down.
func (e *Engine) tell(d duty.Fact, site bool) int32 {
	i := e.factOf(factKey{d.Name, d.Asset, d.Unit})
	f := &e.facts[i]
	f.told, f.site, f.number, f.by = true, site, d.Number, d.By
	f.at, f.until = nanos(d.At), nanos(d.Until)
	e.dirtyFact(i)
	return i
}

// changeFact lets the rules see a fact that changed.
func (e *Engine) changeFact(i int32, at int64) {
	f := &e.facts[i]
	if f.until != 0 {
		e.timers.arm(&f.armed, f.until, timerFact|uint32(i))
	}
	e.begin()
	for _, k := range f.watchers {
		e.touch(k)
	}
	e.judgeTouched(at)
}

// factEnds makes a fact 0 when it is over.
func (e *Engine) factEnds(i int32, due int64) {
	f := &e.facts[i]
	if f.armed != due {
		return
	}
	f.armed = 0
	switch {
	case f.until == 0:
	case f.until > due:
		e.timers.arm(&f.armed, f.until, timerFact|uint32(i))
	default:
		f.number, f.at, f.until = 0, f.until, 0
		e.dirtyFact(i)
		e.changeFact(i, due)
	}
}

// startFacts sets the timers of the facts that end. One of the site file that
// is long over ends at once.
func (e *Engine) startFacts() {
	for i := range e.facts {
		if f := &e.facts[i]; f.until != 0 {
			f.armed = 0
			e.timers.arm(&f.armed, max(f.until, e.now), timerFact|uint32(i))
		}
	}
}
