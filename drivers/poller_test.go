package drivers

import (
	"testing"
	"time"
)

// rider is one poller of a line in a test.
type rider struct {
	interval time.Duration
	turn     time.Duration // how long its turn takes
	alarm    bool
}

// ride plays the line for that long and returns how often each was served,
// and the longest that each waited between its slot and its turn.
func ride(riders []rider, long time.Duration) (served []int, waited []time.Duration) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var turns Turns
	for _, r := range riders {
		turns.Add(start, Every{start, r.interval}, r.alarm)
	}
	served, waited = make([]int, len(riders)), make([]time.Duration, len(riders))
	for now := start; now.Before(start.Add(long)); {
		who, due := turns.Next(now)
		if due.After(now) {
			now = due
			continue
		}
		served[who]++
		waited[who] = max(waited[who], now.Sub(due))
		now = now.Add(riders[who].turn)
		turns.Done(who, now)
	}
	return served, waited
}

func many(n int, r rider) []rider {
	out := make([]rider, n)
	for i := range out {
		out[i] = r
	}
	return out
}

func TestTurnsServeAlarmsFirst(t *testing.T) {
	const ms = time.Millisecond
	leak := rider{time.Second, 20 * ms, true}
	meter := rider{time.Second, 400 * ms, false}
	for name, c := range map[string]struct {
		riders []rider
		wait   time.Duration // the longest an alarm waits
		least  int           // turns of each alarm in 5 min
		others int           // turns of each other in 5 min
	}{
		"a tie":                         {[]rider{leak, meter}, 0, 300, 300},
		"last in the list":              {[]rider{meter, meter, leak}, 400 * ms, 300, 290},
		"an overload of meters":         {append(many(9, meter), leak), 400 * ms, 300, 70},
		"a slow alarm among fast":       {append(many(9, meter), rider{time.Minute, 20 * ms, true}), 400 * ms, 5, 70},
		"some alarms in an overload":    {append(many(9, meter), many(4, leak)...), 900 * ms, 290, 65},
		"alarms alone are too many":     {append(many(20, rider{time.Second, 100 * ms, true}), meter, meter), 6 * time.Second, 55, 150},
		"alarms as slow as what is not": {append(many(4, rider{time.Second, 400 * ms, true}), many(4, meter)...), 3 * time.Second, 100, 40},
		"nobody but alarms":             {many(4, rider{time.Second, 400 * ms, true}), 2 * time.Second, 140, 0},
		"nobody with an alarm":          {[]rider{meter, meter}, 0, 0, 290},
	} {
		t.Run(name, func(t *testing.T) {
			served, waited := ride(c.riders, 5*time.Minute)
			for i, r := range c.riders {
				switch {
				case r.alarm && (waited[i] > c.wait || served[i] < c.least):
					t.Errorf("alarm %d waited %v and was served %d times, want %v at most and %d at least", i, waited[i], served[i], c.wait, c.least)
				case !r.alarm && served[i] < c.others:
					t.Errorf("%d was served %d times, want %d at least; all: %v", i, served[i], c.others, served)
				}
			}
		})
	}
}

// A dead device is probed off its grid: that it has alarms must not let its
// probes hold up those that answer, nor the others' probes the alarms.
func TestTurnsMovedHaveNoRightOfWay(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	var turns Turns
	dead := turns.Add(start, Every{start, time.Minute}, true)
	meter := turns.Add(start, Every{start, time.Second}, false)
	turns.Move(dead, start)
	if who, _ := turns.Next(start); who != meter {
		t.Errorf("%d goes first, want the meter: its deadline is sooner", who)
	}
	turns.Done(meter, start)
	if who, _ := turns.Next(start); who != dead {
		t.Errorf("%d is next, want the probe", who)
	}
	turns.Done(dead, start)
	if who, _ := turns.Next(start.Add(time.Minute)); who != dead {
		t.Error("back on its grid, the alarm does not go first")
	}

	var probes Turns
	alarm := probes.Add(start, Every{start, time.Millisecond}, true)
	for range 20 {
		probes.Add(start, Every{start, time.Second}, false)
	}
	now, waited := start, 0
	for range 100 {
		who, _ := probes.Next(now)
		now = now.Add(time.Second)
		if who == alarm {
			waited = 0
			probes.Done(alarm, now)
			continue
		}
		if waited++; waited > 1 {
			t.Fatal("the alarm waits for more than one probe")
		}
		probes.Move(who, now)
	}
}
