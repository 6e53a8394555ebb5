package drivers

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
)

type sourceFunc func(ctx context.Context, emit gateway.Emit) error

func (f sourceFunc) Run(ctx context.Context, emit gateway.Emit) error { return f(ctx, emit) }

var _ gateway.Source = sourceFunc(nil)

func discard(context.Context, []gateway.Reading) error { return nil }

func TestSuperviseGrowsPausesAndResetsAfterAGoodRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var out bytes.Buffer
		var starts []time.Time
		src := sourceFunc(func(ctx context.Context, _ gateway.Emit) error {
			starts = append(starts, time.Now())
			switch len(starts) {
			case 9: // a good run
				time.Sleep(2 * GoodRun)
			case 11:
				cancel()
				return nil
			}
			return errors.New("line cut")
		})
		Supervise(ctx, slog.New(slog.NewTextHandler(&out, nil)), "bus", src, discard)
		if len(starts) != 11 {
			t.Fatalf("%d runs, want 11", len(starts))
		}
		step := MinPause
		for i := 1; i < 9; i++ {
			if d := starts[i].Sub(starts[i-1]); d < step/2 || d > step {
				t.Errorf("pause %d was %v, want %v to %v", i, d, step/2, step)
			}
			step = min(2*step, MaxPause)
		}
		if d := starts[9].Sub(starts[8]) - 2*GoodRun; d > MinPause {
			t.Errorf("pause after a good run was %v, want at most %v", d, MinPause)
		}
		log := out.String()
		if n := strings.Count(log, "source failed"); n != 2 {
			t.Errorf("the failure was logged %d times, want 2 (first, and again after the recovery):\n%s", n, log)
		}
		if !strings.Contains(log, "works again") || !strings.Contains(log, "failures=8") {
			t.Errorf("recovery with its count is missing:\n%s", log)
		}
	})
}

func TestSuperviseOutlivesPanicsAndEarlyEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		var out bytes.Buffer
		runs := 0
		src := sourceFunc(func(context.Context, gateway.Emit) error {
			runs++
			switch runs {
			case 1:
				var none []int
				_ = none[runs]
			case 3:
				cancel()
			}
			return nil
		})
		Supervise(ctx, slog.New(slog.NewTextHandler(&out, nil)), "bus", src, discard)
		if runs != 3 {
			t.Errorf("%d runs, want 3", runs)
		}
		for _, want := range []string{"panic: runtime error: index out of range", "stopped by itself"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("log lacks %q:\n%s", want, out.String())
			}
		}
	})
}

func TestSuperviseStopsWhilePausing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		src := sourceFunc(func(context.Context, gateway.Emit) error { return errors.New("no") })
		Supervise(ctx, slog.New(slog.DiscardHandler), "bus", src, discard)
		if d := time.Since(start); d > 100*time.Millisecond {
			t.Errorf("stopped %v after the start, want 100ms", d)
		}
	})
}

func TestEveryStaysOnItsGrid(t *testing.T) {
	anchor := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	e := Every{anchor, time.Second}
	for _, c := range []struct{ at, want time.Duration }{
		{0, time.Second},
		{1, time.Second},
		{999 * time.Millisecond, time.Second},
		{time.Second, 2 * time.Second},
		{2500 * time.Millisecond, 3 * time.Second},
		{-1, 0},
		{-time.Second, 0},
		{-1500 * time.Millisecond, -time.Second},
	} {
		if got := e.Next(anchor.Add(c.at)).Sub(anchor); got != c.want {
			t.Errorf("after %v comes %v, want %v", c.at, got, c.want)
		}
	}
}

func TestTurnsSkipWhatWasMissed(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var turns Turns
	turns.Add(start, Every{start, time.Second}, false)
	if who, due := turns.Next(start); who != 0 || !due.Equal(start) {
		t.Fatalf("first turn is %d at %v", who, due)
	}
	if missed := turns.Done(0, start.Add(100*time.Millisecond)); missed != 0 {
		t.Errorf("a quick turn missed %d slots", missed)
	}
	turns.Next(start.Add(time.Second))
	if missed := turns.Done(0, start.Add(4500*time.Millisecond)); missed != 3 {
		t.Errorf("a stall of 3.5 s missed %d slots, want 3 (at 2, 3 and 4 s)", missed)
	}
	if _, due := turns.Next(start.Add(4500 * time.Millisecond)); due.Sub(start) != 5*time.Second {
		t.Errorf("next turn at %v, want 5s: on the grid, no burst", due.Sub(start))
	}
}

// On a line that can serve only one turn in three, everybody is still served.
func TestTurnsStarveNobody(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var turns Turns
	intervals := []time.Duration{100 * time.Millisecond, 100 * time.Millisecond, 100 * time.Millisecond, time.Second, 20 * time.Second}
	for _, i := range intervals {
		turns.Add(start, Every{start, i}, false)
	}
	served := make([]int, len(intervals))
	for now := start; now.Before(start.Add(5 * time.Minute)); now = now.Add(100 * time.Millisecond) {
		who, due := turns.Next(now)
		if due.After(now) {
			continue
		}
		served[who]++
		turns.Done(who, now.Add(100*time.Millisecond))
	}
	if served[4] < 7 || served[3] < 150 || served[0] < 700 {
		t.Errorf("turns served: %v; want at least half of each one's fair share", served)
	}
}
