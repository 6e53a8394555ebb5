package modbus

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"steward/drivers"
	"steward/gateway"
	"steward/gateway/config"
)

// factorEvery is how often a factor that is known is asked for again: nobody
// changes a ratio twice an hour, and whoever does waits for the numbers.
const factorEvery = 10 * time.Minute

// factor is a register that points are multiplied by.
type factor struct {
	name string
	decoder
	power  bool
	block  block
	value  float64 // the last one read; 0: none yet
	known  bool    // and it is this device's
	reason string  // why it is not known
	due    time.Time
	rest   pause // after failures
	fault  drivers.Fault
}

// factored is one of an asset's points with the factors it is multiplied by.
type factored struct {
	index   int
	factors []int
	scale   float64 // without them
	reason  string  // why they are not all known; empty: they are
}

func (a *asset) addFactors(list []config.Factor) error {
	a.factors = make([]factor, len(list))
	for i := range list {
		f := &a.factors[i]
		d, err := newDecoder(list[i].Register, gateway.Point{})
		if err != nil {
			return fmt.Errorf("factor %s: %w", list[i].Point, err)
		}
		first, _ := list[i].Span()
		f.name, f.decoder, f.power = list[i].Point, d, list[i].Power
		f.block = newBlock([]item{{watchItem, list[i].Table, int(first), d.words}})
		f.reason = fmt.Sprintf("factor %s: not asked yet", f.name)
	}
	return nil
}

// scaleBy notes that factors are part of the newest point.
func (a *asset) scaleBy(index int, names []string, list []config.Factor) error {
	if len(names) == 0 {
		return nil
	}
	s := factored{index: index, scale: a.points[index].scale}
	for _, name := range names {
		at := slices.IndexFunc(list, func(f config.Factor) bool { return f.Point == name })
		if at < 0 {
			return fmt.Errorf("there is no factor %s", name)
		}
		s.factors = append(s.factors, at)
	}
	a.scaled = append(a.scaled, s)
	a.rescale()
	return nil
}

// askFactors reads the factors that are not known, and one of those that are
// known for long. GoOn is false where the rest of the poll is given up: the
// unit is silent, or on a wire without transaction ids a late answer would
// pass for the next one's. Alive says that the unit answered the last poll.
func (a *asset) askFactors(ctx context.Context, alive bool) (goOn bool, failed error) {
	asked := false
	defer func() {
		if asked {
			a.rescale()
			a.bus.reportBad(a)
		}
	}()
	for i := range a.factors {
		f, now := &a.factors[i], time.Now()
		if now.Before(f.due) {
			continue
		}
		again := f.known
		err := a.askFactor(ctx, i)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		asked = true
		switch {
		case err == nil:
		case isDead(err) && (!alive || a.bus.cfg.Transport != config.ModbusTCP):
			for j := range a.blocks {
				a.set(&a.blocks[j], gateway.QualityLost, "not asked: "+err.Error())
			}
			if !a.answered {
				a.lose(err.Error())
			}
			return false, err
		default:
			failed = err
		}
		if again {
			break // one a poll
		}
	}
	return true, failed
}

// askFactor reads one. What was known stays until something else is.
func (a *asset) askFactor(ctx context.Context, i int) error {
	f := &a.factors[i]
	v, err := a.readFactor(ctx, f)
	if err == nil && f.value != 0 && v != f.value {
		var again float64
		if again, err = a.readFactor(ctx, f); err == nil && again != v {
			err = fmt.Errorf("%g and then %g", v, again)
		}
	}
	if ctx.Err() != nil {
		return err
	}
	now := time.Now()
	if err != nil {
		// The blocks are asked before it is again: perhaps only it is silent.
		f.rest.fail(now)
		f.due = now.Add(max(f.rest.length, 2*a.interval, probeMin))
		f.reason = fmt.Sprintf("factor %s: %v", f.name, err)
		f.fault.Fail(a.bus.log, "factor cannot be read", err, "asset", a.id, "factor", f.name, "kept", f.known)
		return err
	}
	if f.value != 0 && v != f.value {
		a.bus.log.Warn("factor has changed: values are multiplied by the new one from now on", "asset", a.id, "factor", f.name, "was", f.value, "is", v)
		a.forgetSteps(i)
	}
	f.fault.Clear(a.bus.log, "factor is read again", "asset", a.id, "factor", f.name)
	f.rest.reset()
	f.value, f.known, f.due, f.reason = v, true, now.Add(factorEvery), ""
	return nil
}

// readFactor asks for one and makes its number.
func (a *asset) readFactor(ctx context.Context, f *factor) (float64, error) {
	data, err := a.bus.ask(ctx, a.unit, a.request(&f.block), true)
	if err == nil || errors.As(err, new(*exception)) && !isDead(err) {
		a.answered = true
	}
	if err != nil {
		return 0, err
	}
	var v gateway.Value
	if isBits(f.block.table) {
		f.bit(data, 0, &v)
	} else {
		f.registers(data, &v)
	}
	return factorFrom(v, f.power)
}

// factorFrom makes a factor of a register's number.
func factorFrom(v gateway.Value, power bool) (float64, error) {
	n := v.Number
	if v.Quality != gateway.QualityGood {
		return 0, errors.New(v.Reason)
	}
	if power {
		n = math.Pow(10, n)
	}
	if n == 0 || math.IsInf(n, 0) {
		return 0, fmt.Errorf("%g is no factor", n)
	}
	return n, nil
}

// rescale works the factors into the points' scales.
func (a *asset) rescale() {
	for i := range a.scaled {
		s := &a.scaled[i]
		s.reason = ""
		product := 1.0
		for _, at := range s.factors {
			if f := &a.factors[at]; f.known {
				product *= f.value
			} else {
				s.reason = f.reason
			}
		}
		if d := &a.points[s.index]; d.divide {
			d.times = product
		} else {
			d.scale = s.scale * product
		}
	}
}

// withhold makes the values bad of which a factor is not known.
func (a *asset) withhold() {
	for i := range a.scaled {
		s := &a.scaled[i]
		v := &a.values[s.index]
		if s.reason != "" && (v.Quality == gateway.QualityGood || v.Reason == a.points[s.index].outside) {
			setBad(v, s.reason)
		}
	}
}

// forgetFactors makes every factor unknown: the device may be another one.
func (a *asset) forgetFactors() {
	for i := range a.factors {
		f := &a.factors[i]
		f.known, f.due = false, time.Time{}
		f.reason = fmt.Sprintf("factor %s: not asked yet", f.name)
		f.rest.reset()
	}
	a.rescale()
}

// forgetSteps lets the points that a factor is part of jump once.
func (a *asset) forgetSteps(factor int) {
	for i := range a.scaled {
		if !slices.Contains(a.scaled[i].factors, factor) {
			continue
		}
		for k := range a.steps {
			if a.steps[k].index == a.scaled[i].index {
				a.steps[k].Forget()
			}
		}
	}
}
