package rules

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/line"
)

// What happens in a simulated life.
const (
	simReading = iota // an entry of the journal
	simAct            // a person does something
	simReload         // the site's files are loaded again
	simDown           // the gateway is stopped, and started again at until
)

// simItem is one thing that happens, at an instant of its own.
type simItem struct {
	at     time.Time
	what   int
	seq    gateway.Seq // of a reading
	action duty.Action
	err    string // of an action that is refused
	plant  int
	until  time.Time
}

// simLife is an undisturbed life: an engine and a desk without a runner. It
// makes up what happens while it goes on.
type simLife struct {
	t      testing.TB
	rng    *rand.Rand
	plants []*simPlant
	plant  int
	core   Core
	state  map[string][]byte
	now    time.Time
	script []simItem
	lines  [][]byte // the journal: entry n is line n-1
	values map[string]float64
	encode *line.Encoder
	decode *line.Decoder
	record simRecord
}

// simRecord is what a life brought about, as it would lie in a store.
type simRecord struct {
	transitions []duty.Transition
	rows        map[string][]string // by table, in order
	tickets     map[string]string   // by ID, as they are now
}

func newSimRecord() simRecord {
	return simRecord{rows: map[string][]string{}, tickets: map[string]string{}}
}

func simJSON(t testing.TB, v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// add writes down what one step or one commit brought.
func (r *simRecord) add(t testing.TB, d *Done) {
	for i := range d.Transitions {
		r.rows["transitions"] = append(r.rows["transitions"], simJSON(t, d.Transitions[i]))
	}
	r.transitions = append(r.transitions, d.Transitions...)
	for _, k := range d.Tickets {
		r.tickets[k.ID] = simJSON(t, k)
	}
	for i := range d.Events {
		r.rows["events"] = append(r.rows["events"], simJSON(t, d.Events[i]))
	}
	for i := range d.Outbox {
		r.rows["outbox"] = append(r.rows["outbox"], simJSON(t, d.Outbox[i]))
	}
}

// live makes up a life of so many things and lives it.
func live(t testing.TB, rng *rand.Rand, things int) *simLife {
	l := &simLife{t: t, rng: rng, plants: simPlants(t, rng), state: map[string][]byte{}, now: morning, values: map[string]float64{},
		decode: line.NewDecoder(), record: newSimRecord()}
	l.encode = line.NewEncoder(l.plants[0].site)
	l.core.Log = newLoud(t)
	l.core.Engine, l.core.Desk = l.plants[0].judges(t)
	l.core.Engine.Resume(l.now)
	for range things {
		l.next()
	}
	l.pass(l.now.Add(time.Minute))
	l.save()
	return l
}

// next makes up one thing.
func (l *simLife) next() {
	n := l.rng.IntN(1000)
	pause := time.Duration(l.rng.Int64N(int64(time.Second) << l.rng.IntN(6)))
	switch {
	case n < 6:
		pause = time.Duration(10+l.rng.IntN(40)) * time.Minute
	case l.rng.IntN(8) == 0:
		pause = 0
	}
	item := simItem{at: l.now.Add(pause)}
	switch {
	case n < 780:
		l.reading(&item)
	case n < 985:
		l.pass(item.at)
		item.what, item.action = simAct, l.action(item.at)
		if err := l.core.Act(item.at, item.action); err != nil {
			item.err = err.Error()
		}
	case n < 993:
		l.reload(&item)
	default:
		item.what, item.until = simDown, item.at.Add(time.Minute).Add(time.Duration(l.rng.Int64N(int64(time.Minute)<<l.rng.IntN(12))))
		l.pass(item.at)
		l.core.Wake(item.until)
		l.core.Advance(item.until)
		l.now = item.until
	}
	l.script = append(l.script, item)
	l.collect()
}

// pass lets time go by, with a look now and then: the gateway runs.
func (l *simLife) pass(to time.Time) {
	const look = 20 * time.Second
	for l.core.Engine.Now().Add(look).Before(to) {
		l.core.Advance(l.core.Engine.Now().Add(look))
	}
	l.core.Advance(to)
	l.now = to
	l.collect()
}

func (l *simLife) collect() {
	l.record.add(l.t, &l.core.Done)
	l.core.Done = Done{}
}

func (l *simLife) save() {
	keep := func(prefix string) func(string, []byte) {
		return func(key string, body []byte) {
			if body == nil {
				delete(l.state, prefix+key)
			} else {
				l.state[prefix+key] = body
			}
		}
	}
	l.core.Engine.Save(keep("e/"))
	l.core.Desk.Save(keep("d/"))
}

func (l *simLife) reload(item *simItem) {
	l.pass(item.at)
	l.save()
	item.what, item.plant = simReload, (l.plant+1+l.rng.IntN(len(l.plants)-1))%len(l.plants)
	l.plant = item.plant
	l.core.Engine, l.core.Desk = l.plants[l.plant].judges(l.t)
	part := Parts(l.core.Engine, l.core.Desk)
	for key, body := range l.state {
		if err := part(key, body); err != nil {
			l.t.Fatal(err)
		}
	}
	l.core.Advance(item.at)
}

// reading makes up an entry of the journal, and steps it.
func (l *simLife) reading(item *simItem) {
	item.what = simReading
	site := l.plants[0].site
	a := &site.Assets[l.rng.IntN(len(site.Assets))]
	r := gateway.Reading{Asset: a.ID, Received: item.at, Time: item.at}
	switch l.rng.IntN(12) {
	case 0: // late, perhaps older than the newest
		r.Time = r.Time.Add(-time.Duration(l.rng.Int64N(int64(time.Second) << l.rng.IntN(12))))
	case 1: // its clock runs ahead
		r.Time = r.Time.Add(time.Duration(l.rng.Int64N(int64(time.Minute))))
	}
	for _, i := range l.rng.Perm(len(a.Points))[:1+l.rng.IntN(len(a.Points))] {
		r.Values = append(r.Values, l.value(a, &a.Points[i]))
	}
	text, err := l.encode.Append(nil, &r)
	if err != nil {
		l.t.Fatal(err)
	}
	if l.rng.IntN(60) == 0 {
		text = []byte("nothing that anybody can read")
	}
	l.lines = append(l.lines, text)
	item.seq = gateway.Seq(len(l.lines))
	l.pass(item.at)
	var back gateway.Reading
	if l.decode.Decode(text, &back) == nil {
		l.core.Take(back)
	}
}

// value makes up a point's next value: as the last one, more often than not.
func (l *simLife) value(a *gateway.Asset, p *gateway.Point) gateway.Value {
	switch l.rng.IntN(20) {
	case 0:
		return gateway.NotGood(p.Name, []gateway.Quality{gateway.QualityBad, gateway.QualityLost, gateway.QualityStale}[l.rng.IntN(3)], "simulated")
	case 1:
		return gateway.Value{Point: p.Name, Number: 1, Quality: gateway.QualityUncertain, Reason: "simulated"}
	}
	key := string(a.ID) + "." + p.Name
	x, had := l.values[key]
	switch {
	case p.Counter:
		if x += float64(l.rng.IntN(4)); l.rng.IntN(50) == 0 {
			x = 0
		}
	case had && l.rng.IntN(3) > 0:
	case p.Type == gateway.Bool:
		x = float64(l.rng.IntN(2))
	case p.Type == gateway.Enum:
		x = float64(p.Labels[l.rng.IntN(len(p.Labels))].Code)
	default:
		lo, hi := simRange(p)
		if x = lo + (hi-lo)*float64(l.rng.IntN(9))/8; p.Type == gateway.Int {
			x = float64(int(x))
		}
	}
	l.values[key] = x
	return gateway.Good(p.Name, x)
}

var (
	simAlarmVerbs  = []duty.Verb{duty.DoAcknowledge, duty.DoReset, duty.DoShelve, duty.DoUnshelve, duty.DoRemove, duty.DoRestore}
	simTicketVerbs = []duty.Verb{duty.DoAccept, duty.DoAssign, duty.DoStart, duty.DoWait, duty.DoResume, duty.DoPlan, duty.DoClassify,
		duty.DoDone, duty.DoClose, duty.DoReopen, duty.DoCancel, duty.DoNote, duty.DoAttach}
)

// action makes up what a person does; now and then it makes no sense.
func (l *simLife) action(now time.Time) duty.Action {
	pick := func(n int) int { return l.rng.IntN(n) }
	a := duty.Action{By: []string{"li", "wang", "zhao"}[pick(3)], Note: "n", Reason: "r", To: "sun", Until: now.Add(time.Duration(1+pick(100)) * time.Minute),
		Waits: []duty.WaitReason{duty.WaitParts, duty.WaitAccess, duty.WaitContractor}[pick(3)], Class: []duty.Class{duty.ClassSimple, duty.ClassComplex}[pick(2)]}
	alarms, tickets := l.core.Engine.Alarms(), l.core.Desk.Tickets()
	switch n := pick(20); {
	case n < 9 && len(alarms) > 0:
		alarm := alarms[pick(len(alarms))]
		a.Do, a.Alarm = simAlarmVerbs[pick(len(simAlarmVerbs))], alarm.ID
		if pick(2) == 0 {
			a.Do = duty.DoAcknowledge
			if alarm.State == duty.Latched {
				a.Do = duty.DoReset
			}
		}
		if len(tickets) > 0 {
			a.Ticket = tickets[pick(len(tickets))].ID
		}
	case n < 17 && len(tickets) > 0:
		k := tickets[pick(len(tickets))]
		a.Ticket, a.Do = k.ID, simTicketVerbs[pick(len(simTicketVerbs))]
		if (a.Do == duty.DoCancel || a.Do == duty.DoNote) && pick(4) > 0 {
			a.Do = duty.DoDone
		}
		if a.Do == duty.DoAttach {
			a.Attach = &duty.Attachment{ID: strings.Repeat("0f", 32), Name: "p.jpg", Type: "image/jpeg", Size: 7}
		}
	case n < 18:
		a.Do, a.New = duty.DoOpen, &duty.Report{Title: "drip", Unit: "f2", Class: a.Class, Priority: duty.P3}
		if pick(2) == 0 {
			a.New = &duty.Report{Title: "noise", Asset: l.plants[0].site.Assets[0].ID, Class: duty.ClassEmergency, Priority: duty.P1}
		}
	default:
		a.Do, a.Fact = duty.DoSetFact, &duty.Fact{Name: "vacant", Unit: fmt.Sprintf("f%d", 1+pick(3)), Number: float64(pick(2))}
		if pick(3) == 0 {
			a.Fact = &duty.Fact{Name: "serviced", Asset: l.plants[0].site.Assets[pick(len(l.plants[0].site.Assets))].ID, Number: float64(now.Unix() - int64(pick(4000)))}
		}
		if pick(3) == 0 {
			a.Fact.Until = now.Add(time.Duration(1+pick(3000)) * time.Second)
		}
	}
	if pick(40) == 0 {
		a.Alarm, a.Ticket = "A999999", "T999999"
	}
	return a
}
