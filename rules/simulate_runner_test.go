package rules

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/store"
	"steward/rules/ticket"
)

var (
	errSimDisk  = errors.New("the disk refused")
	errSimCrash = errors.New("the gateway was killed")
)

// simKeeper keeps commits in memory by the contract of the store, and fails
// as it is told: with nothing kept, or with all of it and nobody to hear so.
type simKeeper struct {
	t      testing.TB
	behind Keeper // nil: it keeps them itself
	parts  map[string][]byte
	saved  store.Saved
	record simRecord
	unique map[string]bool
	acted  []store.Acted
	kept   int
	fault  func() (before, after error)
}

func newSimKeeper(t testing.TB, fault func() (before, after error)) *simKeeper {
	return &simKeeper{t: t, parts: map[string][]byte{}, record: newSimRecord(), unique: map[string]bool{}, fault: fault}
}

func (k *simKeeper) Load(ctx context.Context, site string, part func(string, []byte) error) (store.Saved, error) {
	if k.behind != nil {
		return k.behind.Load(ctx, site, part)
	}
	for key, body := range k.parts { // in any order
		if err := part(key, body); err != nil {
			return store.Saved{}, err
		}
	}
	return k.saved, nil
}

func (k *simKeeper) Commit(ctx context.Context, c store.Commit) error {
	before, after := k.fault()
	if before != nil {
		return before
	}
	if k.behind != nil {
		if err := k.behind.Commit(ctx, c); err != nil {
			k.t.Errorf("the store refused: %v", err)
			return err
		}
	}
	d := Done{c.Transitions, c.Tickets, c.Events, c.Outbox}
	for _, t := range d.Transitions {
		k.once(fmt.Sprintf("transition %d", t.Seq))
	}
	for _, e := range d.Events {
		k.once(fmt.Sprintf("event %s %d", e.Ticket, e.No))
	}
	for _, m := range d.Outbox {
		k.once("message " + m.Key)
	}
	k.record.add(k.t, &d)
	for _, p := range c.State {
		if p.Body == nil {
			delete(k.parts, p.Key)
		} else {
			k.parts[p.Key] = slices.Clone(p.Body)
		}
	}
	if c.Action != nil {
		k.acted = append(k.acted, *c.Action)
	}
	k.saved = store.Saved{Cursor: c.Cursor, Clock: c.Clock, Found: true}
	k.kept++
	return after
}

func (k *simKeeper) once(key string) {
	if k.unique[key] {
		k.t.Errorf("%s is kept twice", key)
	}
	k.unique[key] = true
}

// simLedger is a journal that has got as far as head.
type simLedger struct {
	head, passed gateway.Seq
	waiting      time.Time
}

func (j *simLedger) Waiting() (time.Time, bool) { return j.waiting, !j.waiting.IsZero() }

func (j *simLedger) Head() gateway.Seq { return j.head }

func (j *simLedger) Advance(_ context.Context, _ string, to gateway.Seq, _ []gateway.Refused) error {
	j.passed = to
	return nil
}

// simGateway lives a script again with a real runner, which is killed between
// any two steps, whose disk refuses now and then, and which looks at the
// clock and at the journal when it likes.
type simGateway struct {
	t       testing.TB
	rng     *rand.Rand
	life    *simLife
	keeper  *simKeeper
	ledger  simLedger
	limit   gateway.Seq // entries behind it come after what is at hand
	r       *Runner
	wall    time.Time // of the world
	now     time.Time // of the gateway
	dead    bool
	plant   int
	told    map[string]string
	reloads int // that were kept
	downs   int
	kills   int
	refused int
}

func relive(t testing.TB, life *simLife, rng *rand.Rand, behind Keeper) *simGateway {
	g := &simGateway{t: t, rng: rng, life: life, wall: morning, now: morning}
	g.keeper = newSimKeeper(t, g.fault)
	g.keeper.behind = behind
	for g.open(); g.dead; {
		g.open()
	}
	for i := 0; i < len(life.script); {
		g.item(i)
		if !g.dead && g.rng.IntN(90) == 0 && g.mayDie() {
			g.dead = true
		}
		if g.dead {
			i = g.restart()
		} else {
			i++
		}
	}
	for done := false; !done; {
		g.pass(life.now)
		g.stop(life.now)
		if done = !g.dead; !done {
			for i := g.restart(); i < len(life.script); i++ {
				g.item(i)
			}
		}
	}
	return g
}

// mayDie reports whether a kill now would go unnoticed by rules that look for
// silence: those count anew when the last that the disk tells of is over 30 s
// ago, be it the saved clock or an entry, and when it is not on disk yet that
// they did.
func (g *simGateway) mayDie() bool {
	last := g.keeper.saved.Clock
	for i := range g.life.script {
		if it := &g.life.script[i]; it.what == simReading && it.seq > g.keeper.saved.Cursor && it.seq <= g.r.position && it.at.After(last) {
			last = it.at
		}
	}
	return g.wall.Sub(last) < 12*time.Second && !g.r.core.woken
}

func (g *simGateway) fault() (before, after error) {
	switch n := g.rng.IntN(60); {
	case n == 0 && g.keeper.saved.Found && g.mayDie(), n == 0 && !g.keeper.saved.Found:
		g.dead = true
		return errSimCrash, nil
	case n == 1 && g.wall.Sub(g.r.core.Engine.Now()) < 12*time.Second:
		g.dead = true
		return nil, errSimCrash
	case n < 4 && g.keeper.saved.Found:
		g.refused++
		return errSimDisk, nil
	}
	return nil, nil
}

func (g *simGateway) open() {
	g.dead = false
	plant := g.life.plants[g.plant]
	g.told = map[string]string{}
	g.r = NewRunner(RunnerOptions{Site: plant.site, Judges: g.judges(plant), Keeper: g.keeper, Ledger: &g.ledger,
		Now: func() time.Time { return g.now }, Log: newQuiet(g.t), Tell: g.tell})
	if err := g.r.Open(g.t.Context()); err != nil && !g.dead {
		g.t.Fatal(err)
	}
}

func (g *simGateway) judges(p *simPlant) Judges {
	return func() (*Engine, *ticket.Desk, error) {
		e, d := p.judges(g.t)
		return e, d, nil
	}
}

func (g *simGateway) tell(c duty.Changes) {
	for _, k := range c.Tickets {
		g.told[k.ID] = simJSON(g.t, k)
		if g.told[k.ID] != g.keeper.record.tickets[k.ID] {
			g.t.Errorf("%s was told otherwise than it is kept", k.ID)
		}
	}
}

// restart begins another runner and returns the first thing that the last one
// had not kept.
func (g *simGateway) restart() int {
	g.kills++
	for g.open(); g.dead; {
		g.open()
	}
	acted, reloads, downs := 0, 0, 0
	for i := range g.life.script {
		it := &g.life.script[i]
		kept := true
		switch {
		case it.what == simReading:
			kept = it.seq <= g.keeper.saved.Cursor
		case it.what == simAct && it.err == "":
			acted++
			kept = acted <= len(g.keeper.acted)
		case it.what == simReload:
			reloads++
			kept = reloads <= g.reloads
		case it.what == simDown:
			downs++
			kept = downs <= g.downs
		}
		if !kept {
			return i
		}
	}
	return len(g.life.script)
}

// pass lets the world's time go by.
func (g *simGateway) pass(to time.Time) {
	for g.wall.Before(to) && !g.dead {
		g.wall = g.wall.Add(time.Duration(g.rng.Int64N(int64(14 * time.Second))))
		if g.wall.After(to) {
			g.wall = to
		}
		g.now = g.wall
		if g.rng.IntN(4) > 0 || g.wall.Sub(g.r.core.Engine.Now()) > 10*time.Second {
			g.consume(true)
		}
		if !g.dead {
			g.r.tick(g.t.Context())
		}
	}
}

// consume feeds the runner what the journal has, in batches of any size: all
// of it, or one batch.
func (g *simGateway) consume(all bool) {
	g.now = g.wall
	for !g.dead && g.r.position < min(g.ledger.head, g.limit) {
		n := 1 + g.rng.IntN(int(min(g.ledger.head, g.limit)-g.r.position))
		b := gateway.Batch{Last: g.r.position + gateway.Seq(n)}
		for seq := g.r.position + 1; seq <= b.Last; seq++ {
			b.Entries = append(b.Entries, gateway.Entry{Seq: seq, Line: g.life.lines[seq-1]})
		}
		err := g.r.Consume(g.t.Context(), b)
		if err != nil && !g.dead && g.rng.IntN(2) == 0 {
			_ = g.r.Consume(g.t.Context(), b) // the same once more, as the contract has it
		}
		if !all {
			return
		}
	}
}

func (g *simGateway) item(i int) {
	it := &g.life.script[i]
	if g.limit = it.seq; it.what != simReading {
		for i > 0 && g.life.script[i].what != simReading {
			i--
		}
		g.limit = g.life.script[i].seq
	}
	if g.pass(it.at); g.dead {
		return
	}
	if it.what == simReading {
		if g.ledger.head = max(g.ledger.head, it.seq); g.rng.IntN(3) > 0 {
			g.consume(false)
		}
		return
	}
	if g.consume(true); g.dead {
		return
	}
	head := g.ledger.head // where a kill lost what was done, and not what came after: that is yet to come
	defer func() { g.ledger.head = head }()
	g.ledger.head = min(head, g.limit)
	switch it.what {
	case simAct:
		g.act(it)
	case simReload:
		g.reload(it)
	case simDown:
		if g.stop(it.at); g.dead {
			return
		}
		g.downs++
		g.wall = it.until.Add(tickBehind)
		g.now = g.wall
		if g.open(); !g.dead {
			g.r.tick(g.t.Context())
		}
		// Killed before that look was kept, the next start sees the same gap.
	}
}

// act does what a person did, at the instant at which it was done.
func (g *simGateway) act(it *simItem) {
	g.now = it.at
	for g.r.action != nil {
		if g.r.tick(g.t.Context()); g.dead {
			return
		}
	}
	a := it.action
	switch _, err := g.r.Act(g.t.Context(), a); {
	case g.dead, errors.Is(err, errSimDisk): // in the latter case it waits to be kept
	case err == nil && it.err != "":
		g.t.Errorf("%s at %s was taken, it was refused: %s", a.Do, it.at, it.err)
	case err != nil && err.Error() != it.err:
		g.t.Errorf("%s at %s: %v, want %q", a.Do, it.at, err, it.err)
	}
	g.now = g.wall
}

func (g *simGateway) reload(it *simItem) {
	g.now = it.at
	plant, kept := g.life.plants[it.plant], g.keeper.kept
	for {
		err := g.r.Exchange(g.t.Context(), plant.site, g.judges(plant))
		if g.dead && g.keeper.kept == kept {
			return // the old files are read again, and then the new ones
		}
		if err == nil || g.dead {
			break
		}
		if !errors.Is(err, errSimDisk) {
			g.t.Fatal(err)
		}
	}
	g.now = g.wall
	g.plant = it.plant
	g.reloads++
}

// stop ends the runner as a person does.
func (g *simGateway) stop(at time.Time) {
	g.consume(true)
	for g.now = at.Add(tickBehind); !g.dead; {
		g.r.tick(g.t.Context())
		if !g.dead && g.r.leave(g.t.Context()) == nil {
			return
		}
	}
}
