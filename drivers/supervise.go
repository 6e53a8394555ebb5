package drivers

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"runtime/debug"
	"sync"
	"time"

	"steward/gateway"
)

// The supervisor's pauses between two runs of a source, and how long a run
// must last to count as good.
const (
	MinPause = time.Second
	MaxPause = 30 * time.Second
	GoodRun  = time.Minute
)

// errStopped is a source that ended although nobody had told it to.
var errStopped = errors.New("the source stopped by itself")

// Backoff makes growing pauses: each is twice the one before, from Min to
// Max, then shortened at random by up to half, so that many sources that
// failed together do not come back together. The zero count starts at Min.
type Backoff struct {
	Min, Max time.Duration
	step     time.Duration
}

// Next returns the next pause.
func (b *Backoff) Next() time.Duration {
	switch {
	case b.step < b.Min:
		b.step = b.Min
	case b.step < b.Max:
		b.step = min(2*b.step, b.Max)
	}
	half := b.step / 2
	return b.step - rand.N(half+1)
}

// Reset starts again at Min.
func (b *Backoff) Reset() { b.step = 0 }

// Fault logs a failure that repeats: at its first time and whenever its text
// changes, then only counts, and says at recovery how often it was. The zero
// Fault is ready; it may be used by several goroutines.
type Fault struct {
	mu    sync.Mutex
	text  string
	count int
	since time.Time
}

// Fail records one failure. The args are slog attributes.
func (f *Fault) Fail(log *slog.Logger, msg string, err error, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 {
		f.since = time.Now()
	}
	f.count++
	if text := err.Error(); text != f.text {
		f.text = text
		log.Warn(msg, append([]any{"error", text, "failures", f.count}, args...)...)
	}
}

// Clear records that it works; it logs only when there was a failure before.
func (f *Fault) Clear(log *slog.Logger, msg string, args ...any) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.count == 0 {
		return
	}
	log.Info(msg, append([]any{"failures", f.count, "for", time.Since(f.since).Round(time.Millisecond)}, args...)...)
	f.text, f.count = "", 0
}

// Supervise runs the source again and again until ctx ends, with a jittered
// pause of MinPause to MaxPause after each failure; a run of GoodRun or more
// resets the pauses. A panic in Run is a failure like any other (one in a
// goroutine that the source started cannot be caught: those must not panic).
// A failure that repeats is logged once and counted until a run was good.
func Supervise(ctx context.Context, log *slog.Logger, name string, source gateway.Source, emit gateway.Emit) {
	log = log.With("source", name)
	pause := Backoff{Min: MinPause, Max: MaxPause}
	var fault Fault
	for ctx.Err() == nil {
		started := time.Now()
		good := time.AfterFunc(GoodRun, func() { fault.Clear(log, "source works again") })
		err := runOnce(ctx, source, emit)
		good.Stop()
		if ctx.Err() != nil {
			return
		}
		if time.Since(started) >= GoodRun {
			pause.Reset()
		}
		fault.Fail(log, "source failed, will be started again", err)
		sleep(ctx, pause.Next())
	}
}

// runOnce turns every way for a source to end into an error.
func runOnce(ctx context.Context, source gateway.Source, emit gateway.Emit) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("panic: %v\n%s", p, debug.Stack())
		}
	}()
	if err := source.Run(ctx, emit); err != nil {
		return err
	}
	return errStopped
}

func sleep(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
