package sim

import (
	"hash/fnv"
	"math"
	"math/rand/v2"
	"time"

	"steward/gateway"
)

// model moves one asset's signals on. It is pure: what it does depends on its
// source of chance, the times it is stepped to and the models it was tied to.
type model interface {
	// step moves on by dt seconds, to the local time now.
	step(now time.Time, dt float64)
}

// consumer is a model that draws electric power, W.
type consumer interface{ watts() float64 }

// newModel picks the model of an asset's kind; kinds without one are left to
// the generic model.
func newModel(a *gateway.Asset, s *signals, rng *rand.Rand) model {
	switch a.Kind {
	case "elevator":
		return newElevator(s, rng)
	case "pump":
		return newPump(s, rng)
	case "booster":
		return newBooster(s, rng)
	case "tank":
		return newTank(s, rng)
	case "power_meter", "breaker":
		return newMeter(s, rng)
	case "ats", "ups":
		m := newMeter(s, rng)
		m.own = smallLoad
		return m
	case "transformer":
		return newTransformer(s, rng)
	case "generator":
		return newGenerator(s, rng)
	case "leak_sensor":
		return newLeak(s, rng)
	case "valve":
		return newValve(s, rng)
	case "climate":
		return newClimate(s, rng)
	case "rain_gauge":
		return newRain(s, rng)
	case "io_module":
		return newInputs(s, rng)
	case "contact":
		return newContact(s, rng)
	case "fire_water":
		return newFire(s, rng)
	}
	return still{}
}

// smallLoad is what hangs on a transfer switch or a UPS at the peak, W.
const smallLoad = 1400

// still is the model of an asset that has none: the generic one drives it.
type still struct{}

func (still) step(time.Time, float64) {}

// source makes an asset's own source of chance, so that adding an asset to a
// site does not change what the others do.
func source(seed int64, id gateway.AssetID) *rand.Rand {
	h := fnv.New64a()
	_, _ = h.Write([]byte(id))
	return rand.New(rand.NewPCG(uint64(seed), h.Sum64()))
}

// connect ties models together: pumps to the tank that they fill or empty,
// meters to what they feed, and what is in a vacant flat to nobody being there.
func (f *Field) connect() {
	tanks := map[string]*tank{}
	for i, d := range f.devices {
		if t, ok := d.model.(*tank); ok && tanks[f.cfg.Site.Assets[i].Area] == nil {
			tanks[f.cfg.Site.Assets[i].Area] = t
		}
	}
	vacant := map[string]bool{}
	for _, u := range f.cfg.Units {
		vacant[u.ID] = u.Vacant
	}
	for i, d := range f.devices {
		a := &f.cfg.Site.Assets[i]
		switch m := d.model.(type) {
		case *pump:
			f.pipe(m, a, tanks[a.Area])
		case *booster:
			for _, by := range a.FedBy {
				if t, ok := f.modelOf(by).(*tank); ok {
					t.drawn = append(t.drawn, m)
				}
			}
		case *valve:
			m.vacant = vacant[a.Unit]
		case *contact:
			m.vacant = vacant[a.Unit]
		}
		load, ok := d.model.(consumer)
		if !ok {
			continue
		}
		for _, by := range a.FedBy {
			if m, ok := f.modelOf(by).(*meter); ok && m != d.model {
				_, lift := load.(*elevator)
				m.feeds = append(m.feeds, load)
				m.alone = m.alone || !lift // a tower's meter has its flats as well
			}
		}
	}
}

// pipe ties a pump to the tank that feeds it, which it then keeps empty, or
// else to the one in its area, which it keeps full.
func (f *Field) pipe(p *pump, a *gateway.Asset, beside *tank) {
	for _, by := range a.FedBy {
		if t, ok := f.modelOf(by).(*tank); ok {
			p.sump, p.turn = t, len(t.drains)
			t.drains = append(t.drains, p)
			return
		}
	}
	if beside != nil {
		p.tank, p.turn = beside, len(beside.pumps)
		beside.pumps = append(beside.pumps, p)
	}
}

// modelOf is an asset's model; nil when the site does not have it.
func (f *Field) modelOf(id gateway.AssetID) model {
	if d := f.byID[id]; d != nil {
		return d.model
	}
	return nil
}

// drift is slow noise around 0: it forgets itself after tau seconds and has
// the standard deviation sigma, held within three of it.
type drift struct {
	tau, sigma float64
	v          float64
}

func (d *drift) step(rng *rand.Rand, dt float64) float64 {
	k := min(dt/d.tau, 1)
	d.v += -d.v*k + d.sigma*math.Sqrt(2*k-k*k)*rng.NormFloat64()
	d.v = min(max(d.v, -3*d.sigma), 3*d.sigma)
	return d.v
}

// lag moves v towards a goal with the time constant tau, both in seconds.
func lag(v, goal, dt, tau float64) float64 { return v + (goal-v)*min(dt/tau, 1) }

// ramp moves v towards a goal by at most rate a second.
func ramp(v, goal, dt, rate float64) float64 {
	return v + min(max(goal-v, -rate*dt), rate*dt)
}

// byHour reads a curve of 24 hourly values at a local time, in between
// straight.
func byHour(curve *[24]float64, now time.Time) float64 {
	h := now.Hour()
	share := float64(now.Minute())/60 + float64(now.Second())/3600
	return curve[h]*(1-share) + curve[(h+1)%24]*share
}

// chance reports whether something happens within dt seconds that happens
// perHour times an hour.
func chance(rng *rand.Rand, dt, perHour float64) bool {
	return rng.Float64() < perHour*dt/3600
}

// households is how much a community uses over the day, 1 at its evening
// peak: invented, with the usual two humps.
var households = [24]float64{
	0.34, 0.30, 0.28, 0.27, 0.28, 0.36, 0.55, 0.72, 0.70, 0.58, 0.55, 0.60,
	0.66, 0.58, 0.52, 0.52, 0.58, 0.72, 0.90, 1.00, 0.98, 0.86, 0.66, 0.46,
}
