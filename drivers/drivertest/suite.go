// Package drivertest is the contract suite of gateway.Source: every driver's
// tests run it over their own sources with a device they control.
package drivertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"runtime/pprof"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
)

// Wire is a source with a device behind it that the test controls.
type Wire struct {
	Source gateway.Source
	Assets []gateway.AssetID // the only ones it may emit
	// Number returns the running number (1, 2, 3 …) that the device put into
	// a reading, ok false for a reading that carries none. The device gives a
	// new number to each answer or message, so a gap means that a reading was
	// lost. A number may come again (redelivery), but not an older one first.
	Number func(gateway.Reading) (n int, ok bool)
	// Produce makes the device send its next number; nil when the source asks
	// by itself. It must not wait for the source.
	Produce func()
	// Held is how many readings the source may have taken from the device
	// beyond those that emit has accepted.
	Held int
	// Taken returns how many numbers the device considers delivered: answered
	// (Modbus), or acknowledged (MQTT).
	Taken func() int
}

// Limits of the suite: how long a source may take to stop (its contract), and
// how long the suite waits for something that must happen.
const (
	StopWithin = time.Second
	patience   = 20 * time.Second
)

// Run runs the suite. Open makes a fresh device and a source for it, and
// leaves their clean-up to t.
func Run(t *testing.T, open func(t *testing.T) Wire) {
	t.Run("emits its own assets without a gap", func(t *testing.T) {
		r := start(t, open(t))
		r.waitFor("20 readings", func() bool { return r.last() >= 20 })
		r.stop()
	})
	t.Run("stops within a second with nil", func(t *testing.T) {
		r := start(t, open(t))
		r.waitFor("a reading", func() bool { return r.last() >= 1 })
		r.stop()
	})
	t.Run("stops although emit is blocked", func(t *testing.T) {
		r := start(t, open(t))
		r.gate.Lock() // emit now waits until its ctx ends
		defer r.gate.Unlock()
		r.waitFor("a blocked emit", func() bool { return r.blocked() > 0 })
		r.stop()
	})
	t.Run("stops before it has worked", func(t *testing.T) {
		w := open(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		done := make(chan error, 1)
		go func() {
			done <- w.Source.Run(ctx, func(ctx context.Context, _ []gateway.Reading) error { return ctx.Err() })
		}()
		select {
		case err := <-done:
			if err != nil {
				t.Errorf("Run returned %v, want nil", err)
			}
		case <-time.After(StopWithin):
			t.Errorf("Run did not end within %v", StopWithin)
		}
	})
	t.Run("runs again after a stop", func(t *testing.T) {
		w := open(t)
		r := start(t, w)
		r.waitFor("a reading", func() bool { return r.last() >= 1 })
		r.stop()
		again := start(t, w)
		again.waitFor("a reading of the second run", func() bool { return again.last() > r.last() })
		again.stop()
	})
	t.Run("a blocked emit holds the wire back and loses nothing", func(t *testing.T) {
		r := start(t, open(t))
		r.waitFor("a reading", func() bool { return r.last() >= 1 })
		r.gate.Lock()
		before := r.last()
		r.waitFor("a blocked emit", func() bool { return r.blocked() > 0 })
		r.settle()
		if held := r.wire.Taken() - before; held > r.wire.Held {
			t.Errorf("the source took %d readings while emit was blocked, want at most %d", held, r.wire.Held)
		}
		taken := r.wire.Taken()
		r.gate.Unlock()
		r.waitFor("what was held back, and more", func() bool { return r.last() > taken })
		r.stop()
	})
	t.Run("goes on after an error of emit", func(t *testing.T) {
		r := start(t, open(t))
		r.waitFor("a reading", func() bool { return r.last() >= 1 })
		r.refuse(3)
		before := r.last()
		r.waitFor("readings after the error", func() bool { return r.refused() == 3 && r.last() > before })
		r.stop()
	})
}

// run is one Run of a source with the suite's emit.
type run struct {
	t      *testing.T
	wire   Wire
	label  string
	cancel context.CancelFunc
	done   chan error
	gate   sync.RWMutex // held by a test: emit blocks

	mu      sync.Mutex
	high    int // newest number seen
	waiting int // emits that wait at the gate
	errs    int // emits still to refuse
	refusal int // emits refused
	gapsOK  bool
	wrong   []string
}

var errRefused = errors.New("refused by the test")

// start runs the source in a goroutine of its own under a profiler label,
// which everything the source starts inherits: that is how stop finds leaks.
func start(t *testing.T, w Wire) *run {
	ctx, cancel := context.WithCancel(t.Context())
	r := &run{t: t, wire: w, cancel: cancel, done: make(chan error, 1),
		label: fmt.Sprintf("%s-%d", t.Name(), time.Now().UnixNano())}
	go pprof.Do(ctx, pprof.Labels("source", r.label), func(ctx context.Context) {
		r.done <- w.Source.Run(ctx, r.emit)
	})
	t.Cleanup(cancel)
	return r
}

func (r *run) emit(ctx context.Context, readings []gateway.Reading) error {
	r.count(&r.waiting, 1)
	defer r.count(&r.waiting, -1)
	for !r.gate.TryRLock() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Millisecond):
		}
	}
	defer r.gate.RUnlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.errs > 0 {
		r.errs--
		r.refusal++
		r.gapsOK = true // what was refused may be lost
		return errRefused
	}
	for i := range readings {
		r.check(&readings[i])
	}
	return nil
}

// check verifies one reading; the caller holds mu.
func (r *run) check(g *gateway.Reading) {
	if !slices.Contains(r.wire.Assets, g.Asset) {
		r.wrong = append(r.wrong, fmt.Sprintf("reading of foreign asset %q", g.Asset))
	}
	if g.Time.IsZero() || g.Received.IsZero() {
		r.wrong = append(r.wrong, fmt.Sprintf("reading of %q has no time", g.Asset))
	}
	for _, v := range g.Values {
		if (v.Reason == "") != (v.Quality == gateway.QualityGood) {
			r.wrong = append(r.wrong, fmt.Sprintf("%s/%s is %v with reason %q", g.Asset, v.Point, v.Quality, v.Reason))
		}
	}
	n, ok := r.wire.Number(*g)
	if !ok || n <= r.high {
		return
	}
	if r.high > 0 && n != r.high+1 && !r.gapsOK {
		r.wrong = append(r.wrong, fmt.Sprintf("reading %d follows %d: some were lost", n, r.high))
	}
	r.high = n
}

func (r *run) count(n *int, by int) { r.mu.Lock(); *n += by; r.mu.Unlock() }

func (r *run) get(n *int) int { r.mu.Lock(); defer r.mu.Unlock(); return *n }

func (r *run) last() int    { return r.get(&r.high) }
func (r *run) blocked() int { return r.get(&r.waiting) }
func (r *run) refused() int { return r.get(&r.refusal) }
func (r *run) refuse(n int) { r.mu.Lock(); r.errs = n; r.mu.Unlock() }

// waitFor produces and looks until it is so.
func (r *run) waitFor(what string, so func() bool) {
	r.t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	limit := time.After(patience)
	for !so() {
		if r.wire.Produce != nil {
			r.wire.Produce()
		}
		select {
		case <-tick.C:
		case err := <-r.done:
			r.t.Fatalf("Run ended with %v while waiting for %s", err, what)
		case <-limit:
			r.t.Fatalf("%s did not come within %v; newest number is %d", what, patience, r.last())
		}
	}
}

// settle waits until the device has had nothing taken for a while.
func (r *run) settle() {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for same, taken, n := 0, -1, 0; same < 10 && n < 200; n++ {
		if r.wire.Produce != nil && n < 100 {
			r.wire.Produce()
		}
		<-tick.C
		if now := r.wire.Taken(); now != taken {
			same, taken = 0, now
		} else {
			same++
		}
	}
}

// stop ends the run and checks how it ended and what it left behind.
func (r *run) stop() {
	r.t.Helper()
	began := time.Now()
	r.cancel()
	select {
	case err := <-r.done:
		if err != nil {
			r.t.Errorf("Run returned %v after its ctx ended, want nil", err)
		}
		if d := time.Since(began); d > StopWithin {
			r.t.Errorf("Run took %v to end, want at most %v", d, StopWithin)
		}
	case <-time.After(patience):
		r.t.Fatalf("Run did not end within %v", patience)
	}
	r.leftovers()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, w := range r.wrong {
		r.t.Error(w)
	}
}

// leftovers fails when goroutines of the source outlive Run.
func (r *run) leftovers() {
	limit := time.Now().Add(StopWithin)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		var stacks bytes.Buffer
		if err := pprof.Lookup("goroutine").WriteTo(&stacks, 1); err != nil {
			r.t.Fatal(err)
		}
		var left []string
		for _, s := range strings.Split(stacks.String(), "\n\n") {
			if strings.Contains(s, fmt.Sprintf("%q", r.label)) {
				left = append(left, s)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(limit) {
			r.t.Errorf("goroutines outlive Run:\n%s", strings.Join(left, "\n"))
			return
		}
		<-tick.C
	}
}
