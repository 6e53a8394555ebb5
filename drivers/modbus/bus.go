package modbus

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"log/slog"
	"slices"
	"sync"
	"time"

	"steward/drivers"
	"steward/gateway"
	"steward/gateway/config"
)

// Driver returns the Modbus driver: one source for each bus of a site.
func Driver() drivers.Driver {
	return drivers.Driver{
		Name: "modbus",
		Doc:  "reads equipment over Modbus TCP, RTU (serial line), and RTU over TCP",
		Wires: func(c *config.Config) []string {
			var ids []string
			for _, b := range c.Buses {
				ids = append(ids, b.ID)
			}
			return ids
		},
		New: func(s drivers.Spec) (gateway.Source, error) { return newBus(s) },
	}
}

// sayAgain is how often the loss of what is down is said again.
const sayAgain = 5 * time.Minute

// firstPolls is the time over which the first polls of a bus are spread.
const firstPolls = time.Second

// tick is the raster of all buses' polls. Waking up for a few polls at a time
// costs far less than waking up for each: with 200 buses at 5 Hz, spread to
// the nanosecond, a value took 1.4 µs of CPU, most of it the scheduler's; 0.55 so.
// The journal's commits gather with it: it is as long as its readers can spare.
const tick = 100 * time.Millisecond

// bus is one line and everything on it.
type bus struct {
	cfg    config.Bus
	log    *slog.Logger
	now    func() time.Time // of readings; deadlines and turns use the monotonic clock
	line   *line
	units  []*unit
	assets []*asset
	turns  drivers.Turns
	out    *outbox
	lost   gateway.Reading // scratch
	fault  drivers.Fault   // of the endpoint
	said   time.Time       // when the endpoint's loss was last said

	mu     sync.Mutex // guards what follows, and the units' stats and err
	start  time.Time
	stats  counters
	strays uint64
	missed uint64    // slots that went by unused
	busy   time.Time // when the last did
	state  gateway.State
	since  time.Time
	err    string
	bad    map[*asset][]gateway.BadPoint
	dead   map[*unit]quarantined
}

var (
	_ gateway.Source      = (*bus)(nil)
	_ drivers.BusReporter = (*bus)(nil)
)

// newBus makes the source of a bus. It does no I/O.
func newBus(s drivers.Spec) (*bus, error) {
	at := slices.IndexFunc(s.Config.Buses, func(b config.Bus) bool { return b.ID == s.Wire })
	if at < 0 {
		return nil, fmt.Errorf("modbus bus %s is not in the site file", s.Wire)
	}
	b := &bus{cfg: s.Config.Buses[at], log: s.Log.With("bus", s.Wire), now: s.Now, start: time.Now(),
		state: gateway.StateStarting, since: s.Now(), bad: map[*asset][]gateway.BadPoint{}, dead: map[*unit]quarantined{}}
	if b.cfg.Timeout <= 0 {
		return nil, fmt.Errorf("modbus bus %s: time-out %v is not above zero", s.Wire, b.cfg.Timeout)
	}
	dial, err := dialer(b.cfg)
	if err != nil {
		return nil, fmt.Errorf("modbus bus %s: %w", s.Wire, err)
	}
	b.line = newLine(b.cfg, dial, b.stray)
	for _, c := range s.Config.Assets {
		if c.Modbus == nil || c.Modbus.Bus != s.Wire || len(c.Modbus.Points) == 0 {
			continue
		}
		var pts []gateway.Point
		for i := range s.Config.Site.Assets {
			if s.Config.Site.Assets[i].ID == c.ID {
				pts = s.Config.Site.Assets[i].Points
			}
		}
		a, err := newAsset(c, pts)
		if err != nil {
			return nil, fmt.Errorf("modbus bus %s: asset %s: %w", s.Wire, c.ID, err)
		}
		b.enter(a, byte(c.Modbus.Unit))
	}
	return b, nil
}

func (b *bus) enter(a *asset, number byte) {
	i := slices.IndexFunc(b.units, func(u *unit) bool { return u.number == number })
	if i < 0 {
		i = len(b.units)
		b.units = append(b.units, &unit{number: number})
	}
	a.bus, a.unit = b, b.units[i]
	a.unit.assets = append(a.unit.assets, a)
	b.assets = append(b.assets, a)
}

// Run implements gateway.Source. A device or endpoint that is away does not
// end it: it goes on trying and says what is lost.
func (b *bus) Run(ctx context.Context, emit gateway.Emit) error {
	b.out = newOutbox(len(b.assets), b.log)
	var emitter sync.WaitGroup
	emitter.Go(func() { b.out.run(ctx, emit) })
	defer emitter.Wait()
	defer b.out.close()
	defer b.line.close(errors.New("stopped"))
	b.spread(time.Now())
	for ctx.Err() == nil {
		now := time.Now()
		who, due := b.turns.Next(now)
		if who < 0 {
			<-ctx.Done()
			break
		}
		if due.After(now) {
			_ = b.line.wait(ctx, due) // its error is ctx's, seen above
			continue
		}
		b.turn(ctx, b.assets[who], now)
	}
	return nil
}

// spread gives every asset its grid. Buses differ by their names and assets
// by their place, so that a site's polls do not all fall on one instant; the
// first polls come soon whatever the interval.
func (b *bus) spread(now time.Time) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(b.cfg.ID)) // never fails
	shift := float64(h.Sum32()%1000) / 1000
	b.turns = drivers.Turns{}
	for i, a := range b.assets {
		at := shift + float64(i)/float64(len(b.assets))
		at -= float64(int(at))
		anchor := onTick(now.Add(time.Duration(at * float64(a.interval))))
		first := onTick(now.Add(time.Duration(at * float64(min(a.interval, firstPolls)))))
		a.number = b.turns.Add(first, drivers.Every{Anchor: anchor, Interval: a.interval}, a.alarm)
	}
}

// onTick moves t back to the gateway's common tick.
func onTick(t time.Time) time.Time { return t.Add(-time.Duration(t.UnixNano() % int64(tick))) }

// turn gives one asset its turn: a poll, a probe, or neither.
func (b *bus) turn(ctx context.Context, a *asset, now time.Time) {
	u := a.unit
	hold := u.silent
	if u.dead.resting() {
		hold = u.dead.until
	}
	if b.line.conn == nil && b.line.dialAt.After(hold) {
		hold = b.line.dialAt
	}
	if hold.After(now) {
		b.turns.Move(a.number, hold)
		return
	}
	if err := b.connect(ctx); err != nil {
		return
	}
	if u.dead.resting() {
		b.probe(ctx, a)
		return
	}
	reading, err := a.Poll(ctx)
	if reading.Asset == "" {
		return // cut off by ctx
	}
	if b.out.put(ctx, &reading) != nil {
		return
	}
	now = time.Now()
	missed := b.turns.Done(a.number, now)
	b.count(missed)
	switch {
	case a.answered:
		u.dead.reset()
		if a.hurry(now) {
			b.turns.Move(a.number, now)
		}
	case err != nil && isDead(err):
		b.unanswered(ctx, a, err)
	}
}

// connect opens the line. When that fails, everything on it is lost.
func (b *bus) connect(ctx context.Context) error {
	if b.line.conn != nil {
		return nil
	}
	err := b.line.open(ctx)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		b.endpointDown(ctx, err)
		return err
	}
	if !b.said.IsZero() { // it was down: whatever is behind it may have changed
		for _, u := range b.units {
			u.revive(time.Now())
		}
	}
	return nil
}

// endpointDown says that the whole bus is lost: at once, then now and again.
func (b *bus) endpointDown(ctx context.Context, err error) {
	b.fault.Fail(b.log, "bus is down", err, "url", b.cfg.URL())
	b.setState(gateway.StateDown, err.Error())
	now := time.Now()
	again := !b.said.IsZero() && now.Sub(b.said) < sayAgain
	for _, a := range b.assets {
		b.turns.Move(a.number, b.line.dialAt)
		if !again && ctx.Err() == nil {
			a.lose(err.Error())
			b.emitLost(ctx, a)
		}
	}
	if !again {
		b.said = now
	}
}

// emitLost emits the asset's values as they are, at this instant.
func (b *bus) emitLost(ctx context.Context, a *asset) {
	now := b.now()
	b.lost = gateway.Reading{Asset: a.id, Time: now, Received: now, Values: a.values}
	_ = b.out.put(ctx, &b.lost) // its error is ctx's
}

// unanswered counts a poll of an asset to which nothing came back, and puts
// its unit into quarantine at the second one in a row.
func (b *bus) unanswered(ctx context.Context, a *asset, err error) {
	if errors.As(err, new(*down)) {
		b.endpointDown(ctx, err)
		return
	}
	u := a.unit
	now := time.Now()
	if u.dead.fail(now) {
		u.since = now
		b.log.Warn("unit does not answer: quarantined", "unit", u.number, "error", err.Error(), "next_probe_in", u.dead.length)
	}
	if u.dead.resting() {
		b.quarantine(ctx, u, a, err.Error())
	}
}

// quarantine says that everything of the unit is lost and holds it until its
// next probe. Polled is the asset whose loss has been emitted already.
func (b *bus) quarantine(ctx context.Context, u *unit, polled *asset, reason string) {
	b.setDead(u, u.dead.length)
	for _, a := range u.assets {
		b.turns.Move(a.number, u.dead.until)
		if a != polled && ctx.Err() == nil {
			a.lose(reason)
			b.emitLost(ctx, a)
		}
	}
}

// probe asks a quarantined unit once, for another block each time.
func (b *bus) probe(ctx context.Context, a *asset) {
	u := a.unit
	blk := newBlock(a.items[:1]) // where all points are refused, any will do to hear it
	if n := len(a.blocks); n > 0 {
		blk = a.blocks[u.probe%n]
	}
	u.probe++
	_, err := b.ask(ctx, u, a.request(&blk), false)
	if ctx.Err() != nil {
		return
	}
	now := time.Now()
	switch {
	case err == nil || !isDead(err):
		b.log.Info("unit answers again", "unit", u.number, "after", now.Sub(u.since).Round(time.Millisecond))
		u.dead.reset()
		u.revive(now)
		b.setDead(u, 0)
		for _, other := range u.assets {
			b.turns.Move(other.number, now)
		}
	case errors.As(err, new(*down)):
		b.endpointDown(ctx, err)
	default:
		u.dead.fail(now)
		b.quarantine(ctx, u, nil, err.Error())
	}
}

// ask makes one exchange; a read that got no usable answer is repeated once
// where retry says so. It counts all of it.
func (b *bus) ask(ctx context.Context, u *unit, r request, retry bool) ([]byte, error) {
	began := time.Now()
	data, err := b.line.send(ctx, r, false)
	ended := time.Now()
	b.counted(u, err, began, ended)
	if err == nil || ctx.Err() != nil || errors.As(err, new(*exception)) || errors.As(err, new(*down)) {
		return data, err
	}
	if retry {
		again, second := b.line.send(ctx, r, true)
		began, ended = ended, time.Now()
		b.counted(u, second, began, ended)
		if !errors.As(second, new(*down)) { // whether it is down, the next turn will tell
			data, err = again, second
		}
	}
	if b.cfg.Transport != config.ModbusTCP && errors.As(err, new(*silence)) {
		u.silent = ended.Add(b.cfg.Timeout)
	}
	return data, err
}
