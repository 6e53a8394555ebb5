package modbus

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"steward/drivers"
	"steward/gateway"
	"steward/gateway/config"
)

// reasonSilent is why values of a gateway that only repeats itself are lost.
const reasonSilent = "device behind the gateway is silent"

// asset is one asset's plan and its last values.
type asset struct {
	id       gateway.AssetID
	bus      *bus
	unit     *unit
	interval time.Duration
	number   int  // among the bus's turns
	alarm    bool // it has a point that people must act on

	points   []decoder
	items    []item // of all points, and of the heartbeat
	limits   planLimits
	blocks   []block
	values   []gateway.Value // in the order of the points
	steps    []step          // of the points that cannot jump
	factors  []factor
	scaled   []factored      // points that factors are part of
	bad      map[int]refusal // by item index
	first    int             // which block a poll starts with
	answered bool            // something came in this poll

	searching bool // refused blocks are being cut in two, poll by poll
	found     bool // that search has found a refused point
	hurried   int  // polls beyond the interval since calm
	calm      time.Time

	watch *config.Heartbeat
	beat  uint64
	same  int // equal heartbeats in a row
}

var _ drivers.Poller = (*asset)(nil)

// step watches the jumps of one of an asset's values.
type step struct {
	index int
	drivers.Step
}

// newAsset prepares one asset; pts are its points in the site.
func newAsset(c config.Asset, pts []gateway.Point) (*asset, error) {
	m := c.Modbus
	if m.Unit < 0 || m.Unit > 255 {
		return nil, fmt.Errorf("unit %d is not 0 to 255", m.Unit)
	}
	if m.Interval <= 0 {
		return nil, fmt.Errorf("interval %v is not above zero", m.Interval)
	}
	a := &asset{id: c.ID, interval: m.Interval, limits: limitsOf(m.Limits), watch: m.Limits.Watch, bad: map[int]refusal{}}
	if err := a.addFactors(m.Factors); err != nil {
		return nil, err
	}
	for i, r := range m.Points {
		var pt gateway.Point
		if at := slices.IndexFunc(pts, func(p gateway.Point) bool { return p.Name == r.Point }); at >= 0 {
			pt = pts[at]
		}
		a.alarm = a.alarm || pt.Alarm
		d, err := newDecoder(r, pt)
		if err == nil && (r.Table < config.Coils || r.Table > config.InputRegisters) {
			err = fmt.Errorf("table %d is none of 1 to 4", r.Table)
		}
		if err != nil {
			return nil, fmt.Errorf("point %s: %w", r.Point, err)
		}
		if pt.MaxStep > 0 {
			a.steps = append(a.steps, step{i, drivers.NewStep(pt.MaxStep)})
		}
		a.points = append(a.points, d)
		first, _ := r.Span()
		a.items = append(a.items, item{i, r.Table, int(first), d.words})
		if err := a.scaleBy(i, r.ScaleBy, m.Factors); err != nil {
			return nil, fmt.Errorf("point %s: %w", r.Point, err)
		}
		a.values = append(a.values, gateway.NotGood(r.Point, gateway.QualityLost, "not asked yet"))
	}
	if w := a.watch; w != nil {
		if (w.Table != config.HoldingRegisters && w.Table != config.InputRegisters) || w.Words < 1 || w.Words > 2 || w.Polls < 1 {
			return nil, fmt.Errorf("heartbeat: want 1 or 2 registers and at least 1 poll, have %d and %d", w.Words, w.Polls)
		}
		if int(w.Address)+w.Words > 1<<16 {
			return nil, fmt.Errorf("heartbeat: address %d goes past the last register", w.Address)
		}
		a.items = append(a.items, item{watchItem, w.Table, int(w.Address), w.Words})
	}
	a.replan()
	return a, nil
}

// replan makes the blocks anew, around the points that are refused.
func (a *asset) replan() {
	lim := a.limits
	lim.holes = slices.Clone(lim.holes)
	var items []item
	for _, it := range a.items {
		if _, refused := a.bad[it.index]; !refused {
			items = append(items, it)
			continue
		}
		lim.holes = append(lim.holes, config.Span{Table: it.table, First: uint16(it.first), Last: uint16(it.end() - 1)})
	}
	a.blocks = plan(items, lim)
	a.first = 0
}

func (a *asset) request(b *block) request {
	return request{a.unit.number, b.table, uint16(b.first), uint16(b.count)}
}

// Poll implements drivers.Poller.
func (a *asset) Poll(ctx context.Context) (gateway.Reading, error) {
	began := a.bus.now()
	alive := a.answered
	a.answered = false
	goOn, failed := a.askFactors(ctx, alive)
	if goOn {
		if err := a.askBlocks(ctx); err != nil {
			failed = err
		}
	}
	if ctx.Err() != nil {
		return gateway.Reading{}, ctx.Err()
	}
	if a.watch != nil && a.same >= max(a.watch.Polls, 2) {
		a.lose(reasonSilent)
	}
	a.withhold()
	ended := a.bus.now()
	at := began.Add(ended.Sub(began) / 2)
	for i := range a.steps {
		s := &a.steps[i]
		s.Check(&a.values[s.index], at)
	}
	return gateway.Reading{Asset: a.id, Time: at, Received: ended, Values: a.values}, failed
}

// askBlocks asks for every block whose time it is, goes one step further in
// the search for what is refused, and asks for one refused point again.
func (a *asset) askBlocks(ctx context.Context) (failed error) {
	var refused []int
	for k := range a.blocks {
		i := (a.first + k) % len(a.blocks)
		b := &a.blocks[i]
		if b.rest.resting() && time.Now().Before(b.rest.until) {
			continue // its values say since when
		}
		err := a.read(ctx, b)
		switch {
		case err == nil:
			continue
		case ctx.Err() != nil:
			return ctx.Err()
		case isRefused(err):
			refused = append(refused, i)
		}
		failed = err
		if isDead(err) && a.abandon(k, err) {
			break
		}
	}
	a.search(refused)
	if err := a.recheck(ctx); err != nil {
		return err
	}
	return failed
}

// abandon decides whether the rest of a poll is given up after its kth block
// got no answer: when the unit has not answered at all, and on wires without
// transaction ids, where a late answer would pass for the next one's. The next
// poll begins behind that block, for perhaps only it is silent.
func (a *asset) abandon(k int, err error) bool {
	n, first := len(a.blocks), a.first
	switch {
	case !a.answered:
		a.lose(err.Error())
	case a.bus.cfg.Transport == config.ModbusTCP:
		return false
	default:
		for j := k + 1; j < n; j++ {
			a.set(&a.blocks[(first+j)%n], gateway.QualityLost, "not asked: "+err.Error())
		}
	}
	a.first = (first + k + 1) % n
	return true
}

// read asks for one block and sets its values, whatever comes.
func (a *asset) read(ctx context.Context, b *block) error {
	data, err := a.bus.ask(ctx, a.unit, a.request(b), true)
	if err == nil {
		a.answered = true
		b.rest.reset()
		a.decode(b, data)
		return nil
	}
	quality := gateway.QualityBad
	var refusal *exception
	switch {
	case isDead(err):
		quality = gateway.QualityLost
		if a.answered && !errors.As(err, new(*down)) {
			b.rest.fail(time.Now())
		}
	case errors.As(err, &refusal):
		a.answered = true
		b.rest.reset()
		b.barred = refusal.code == 1 // the function itself: cutting would not help
	}
	a.set(b, quality, err.Error())
	return err
}

// decode sets the values of a block from its answer.
func (a *asset) decode(b *block, data []byte) {
	bits := isBits(b.table)
	for _, it := range b.items {
		at := it.first - b.first
		switch {
		case it.index == watchItem:
			a.heard(rawWords(data[2*at:], it.words, false))
		case bits:
			a.points[it.index].bit(data, at, &a.values[it.index])
		default:
			a.points[it.index].registers(data[2*at:], &a.values[it.index])
		}
	}
}

// heard counts equal heartbeats.
func (a *asset) heard(beat uint64) {
	if beat != a.beat {
		a.beat, a.same = beat, 0
	}
	a.same++
}

// set gives all values of a block the same quality and reason.
func (a *asset) set(b *block, q gateway.Quality, reason string) {
	for _, it := range b.items {
		if it.index != watchItem {
			v := &a.values[it.index]
			*v = gateway.NotGood(v.Point, q, reason)
		}
	}
}

// lose makes every value of the asset lost.
func (a *asset) lose(reason string) {
	for i := range a.values {
		setLost(&a.values[i], reason)
	}
	for i, bad := range a.bad { // a refused point stays refused
		if i != watchItem {
			a.values[i] = gateway.NotGood(a.values[i].Point, gateway.QualityBad, bad.reason)
		}
	}
}

// isRefused reports an exception about what was asked for, for good.
func isRefused(err error) bool {
	var e *exception
	return errors.As(err, &e) && e.code >= 1 && e.code <= 3
}

// isDead reports that the unit does not answer: silence, no way to it, or its
// gateway saying so.
func isDead(err error) bool {
	var e *exception
	if errors.As(err, &e) {
		return e.code == 0x0A || e.code == 0x0B
	}
	return errors.As(err, new(*silence)) || errors.As(err, new(*down))
}
