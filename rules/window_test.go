package rules

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"steward/gateway/history"
	"steward/rules/book"
)

// Every window of a minute, whose buckets are seconds, against sums over a
// list of what stood in each second.
func TestWindowsAgainstSums(t *testing.T) {
	takes := []book.Take{book.TakeMean, book.TakeMin, book.TakeMax, book.TakeSum, book.TakeCount, book.TakeStddev,
		book.TakeEdges, book.TakeRises, book.TakeIncrease, book.TakeDuration, book.TakeDelta, book.TakeRate}
	for seed := range uint64(60) {
		rng := rand.New(rand.NewPCG(seed, 4))
		for _, take := range takes {
			p := windowPlan{Window: book.Window{Take: take, Over: time.Minute, Full: seed%2 == 0}, point: 0, schedule: -1, inner: -1, rollover: 8}
			p.prepare()
			w := newWindow()
			const start = 1741000000
			var held, at []float64 // what stood in each second, and what came in it; NaN: nothing
			now, stands, last := start, math.NaN(), math.NaN()
			var rise []float64
			for range 300 {
				came, up := math.NaN(), 0.0
				switch x := rng.IntN(10); {
				case x < 4:
					came = float64(rng.IntN(4))
					w.sample(&p, int64(now)*1e9, came)
					if !math.IsNaN(last) {
						up, _ = history.Increase(last, came, p.rollover)
					}
				case x == 4 && rng.IntN(4) == 0:
					w.miss(&p, int64(now)*1e9)
					stands = math.NaN()
				default:
					w.roll(&p, int64(now)*1e9)
				}
				at, rise = append(at, came), append(rise, up)
				got := w.take(&p, int64(now)*1e9)
				want := bySums(take, p.whole, held, at, rise)
				if !near(got, want) {
					t.Fatalf("seed %d: %s after %d s is %v, want %v", seed, take, now-start, got, want)
				}
				if !math.IsNaN(came) {
					stands, last = came, came
				}
				held = append(held, stands)
				now++
			}
		}
	}
}

// bySums reckons a window of the 59 s that are over and of the instant that
// begins the next one. held has one second less than at.
func bySums(take book.Take, whole bool, held, at, rise []float64) float64 {
	n := len(held)
	first := slices.IndexFunc(at, func(x float64) bool { return !math.IsNaN(x) })
	if first < 0 || whole && n-first < 60 {
		return math.NaN()
	}
	from := max(n-59, 0)
	known, sum, sum2, set := 0.0, 0.0, 0.0, 0.0
	low, high, began, long := math.Inf(1), math.Inf(-1), math.NaN(), 0.0
	see := func(x float64, left int) {
		low, high = min(low, x), max(high, x)
		if math.IsNaN(began) {
			began, long = x, float64(left)
		}
	}
	for i := from; i < n; i++ {
		if x := held[i]; !math.IsNaN(x) {
			known, sum, sum2 = known+1, sum+x, sum2+x*x
			see(x, n-i)
			if x != 0 {
				set++
			}
		}
	}
	if whole && take != book.TakeCount && known < seenShare*float64(n-max(from, first)) {
		return math.NaN()
	}
	added, count, edges, rises, more := 0.0, 0.0, 0.0, 0.0, 0.0
	last := math.NaN()
	for i, x := range at {
		if math.IsNaN(x) {
			continue
		}
		if i >= from {
			added, count, more = added+x, count+1, more+rise[i]
			if !math.IsNaN(last) && x != last {
				edges++
			}
			if last == 0 && x != 0 {
				rises++
			}
		}
		last = x
	}
	if x := at[n]; !math.IsNaN(x) {
		see(x, 0)
	}
	switch take {
	case book.TakeMean:
		return sum / known
	case book.TakeMin:
		return low
	case book.TakeMax:
		return high
	case book.TakeSum:
		return added
	case book.TakeCount:
		return count
	case book.TakeStddev:
		return math.Sqrt(max(sum2/known-sum*sum/known/known, 0))
	case book.TakeEdges:
		return edges
	case book.TakeRises:
		return rises
	case book.TakeIncrease:
		return more
	case book.TakeDuration:
		return set
	case book.TakeDelta:
		return last - began
	case book.TakeRate:
		return (last - began) * 3600 / long
	}
	return math.NaN()
}

// A window over the values of periods: 3, 1, 0, 2, 2, 5, one a day.
func TestWindowsOverPeriods(t *testing.T) {
	for take, want := range map[book.Take]float64{
		book.TakeMean: 13.0 / 6, book.TakeMin: 0, book.TakeMax: 5, book.TakeSum: 13, book.TakeCount: 6, book.TakeMedian: 2,
		book.TakeStddev: math.Sqrt(89.0 / 36), book.TakeEdges: 4, book.TakeRises: 1, book.TakeIncrease: 5,
		book.TakeDuration: 5 * 86400, book.TakeDelta: 2, book.TakeRate: 2.0 / 120, book.TakeLast: 5,
	} {
		day := int64(24 * time.Hour)
		p := windowPlan{Window: book.Window{Take: take, Over: 6 * 24 * time.Hour}, point: -1, schedule: -1, samples: true, innerEvery: 24 * time.Hour}
		p.prepare()
		w, at := newWindow(), 20000*day
		for i, x := range []float64{9, 3, 1, 0, 2, 2, 5} {
			at += day
			w.sample(&p, at, x)
			known := !p.whole || i >= 5
			if got := w.take(&p, at); math.IsNaN(got) == known {
				t.Errorf("%s after %d days is %v", take, i+1, got)
			}
		}
		if got := w.take(&p, at); !near(got, want) {
			t.Errorf("%s is %v, want %v", take, got, want)
		}
	}
}

// However long a window is, it has at most 60 buckets.
func TestWindowsAreSmall(t *testing.T) {
	for _, over := range []time.Duration{time.Second, 7 * time.Second, time.Minute, time.Hour, 366 * 24 * time.Hour} {
		p := windowPlan{Window: book.Window{Take: book.TakeMean, Over: over}, schedule: -1, inner: -1}
		p.prepare()
		w, most := newWindow(), 0
		for i := range int64(2000) {
			w.sample(&p, 1741000000e9+i*int64(over)/500, float64(i))
			most = max(most, len(w.ring))
		}
		if most > maxBuckets || most > int(over/time.Second)+1 {
			t.Errorf("a window of %s has %d buckets", over, most)
		}
	}
}

func TestPeriods(t *testing.T) {
	for _, c := range []struct {
		zone, at    string
		every       time.Duration
		from, until string
	}{
		{"Asia/Shanghai", "2025-03-03T10:00:00+08:00", 24 * time.Hour, "2025-03-03T00:00:00+08:00", "2025-03-04T00:00:00+08:00"},
		{"Asia/Shanghai", "2025-03-03T10:20:00+08:00", time.Hour, "2025-03-03T10:00:00+08:00", "2025-03-03T11:00:00+08:00"},
		{"Asia/Kolkata", "2025-03-03T10:20:00+05:30", time.Hour, "2025-03-03T10:00:00+05:30", "2025-03-03T11:00:00+05:30"},
		{"Europe/Berlin", "2025-03-30T12:00:00+02:00", 24 * time.Hour, "2025-03-30T00:00:00+01:00", "2025-03-31T00:00:00+02:00"},
		{"Europe/Berlin", "2025-03-30T03:30:00+02:00", time.Hour, "2025-03-30T03:00:00+02:00", "2025-03-30T04:00:00+02:00"},
		{"Europe/Berlin", "2025-10-26T23:59:00+01:00", 24 * time.Hour, "2025-10-26T00:00:00+02:00", "2025-10-27T00:00:00+01:00"},
		{"America/Sao_Paulo", "2018-11-04T12:00:00-02:00", 24 * time.Hour, "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"}, // no midnight on that day
		{"America/Sao_Paulo", "2018-11-03T23:30:00-03:00", 24 * time.Hour, "2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00"},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, err := time.Parse(time.RFC3339, c.at)
		if err != nil {
			t.Fatal(err)
		}
		from, until := period(at.UnixNano(), c.every, zone)
		got, want := [2]string{}, [2]string{c.from, c.until}
		for i, n := range []int64{from, until} {
			got[i] = time.Unix(0, n).In(zone).Format(time.RFC3339)
		}
		if got != want {
			t.Errorf("%s of %s in %s is %v, want %v", c.every, c.at, c.zone, got, want)
		}
	}
}

// Periods follow each other without a gap, whatever the clocks do.
func TestPeriodsAreWhole(t *testing.T) {
	for _, name := range []string{"Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Australia/Lord_Howe", "UTC"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, every := range []time.Duration{time.Hour, 6 * time.Hour, 24 * time.Hour, 7 * 24 * time.Hour} {
			at := time.Date(2018, 1, 1, 0, 0, 0, 0, zone).UnixNano()
			end := time.Date(2019, 6, 1, 0, 0, 0, 0, zone).UnixNano()
			_, at = period(at, every, zone)
			for at < end {
				from, until := period(at, every, zone)
				if from != at || until <= at || until-from > int64(every+2*time.Hour) {
					t.Fatalf("%s in %s: after %s comes the period from %s to %s", every, name,
						time.Unix(0, at).In(zone), time.Unix(0, from).In(zone), time.Unix(0, until).In(zone))
				}
				if middle, _ := period(from+(until-from)/2, every, zone); middle != from {
					t.Fatalf("%s in %s: the middle of the period from %s lies in another", every, name, time.Unix(0, from).In(zone))
				}
				at = until
			}
		}
	}
}

// A schedule's edges are where it changes, looked at minute by minute.
func TestSchedules(t *testing.T) {
	for _, name := range []string{"Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo"} {
		zone, err := time.LoadLocation(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []book.Schedule{
			{From: 22 * time.Hour, Until: 6 * time.Hour, Days: [7]bool{true, true, true, true, true, true, true}},
			{From: 2 * time.Hour, Until: 5 * time.Hour, Days: [7]bool{time.Sunday: true}},
			{From: 23 * time.Hour, Until: time.Hour, Days: [7]bool{time.Saturday: true, time.Tuesday: true}},
			{From: 0, Until: 24 * time.Hour, Days: [7]bool{time.Monday: true}},
			{From: 8 * time.Hour, Until: 8 * time.Hour, Days: [7]bool{time.Friday: true}},
		} {
			c := calendar{Schedule: s, zone: zone}
			at := time.Date(2018, 10, 20, 0, 0, 0, 0, zone)
			edge, inside := int64(0), false
			for range 30 * 24 * 60 {
				n := at.UnixNano()
				fresh := calendar{Schedule: s, zone: zone}
				now, next := fresh.at(n)
				if next <= n {
					t.Fatalf("%s %v at %s: the next edge is at %s", name, s, at, time.Unix(0, next).In(zone))
				}
				if cached, _ := c.at(n); cached != now {
					t.Fatalf("%s %v at %s: remembered %v, is %v", name, s, at, cached, now)
				}
				if now != inside && edge != 0 && n < edge {
					t.Fatalf("%s %v: it changed at %s, before its edge at %s", name, s, at, time.Unix(0, edge).In(zone))
				}
				twice := at.Hour() == at.Add(time.Hour).Hour() || at.Hour() == at.Add(-time.Hour).Hour() // either of the two hours will do
				if !twice && now != byClock(s, at) {
					t.Fatalf("%s %v at %s is %v", name, s, at, now)
				}
				edge, inside = next, now
				at = at.Add(time.Minute)
			}
		}
	}
}

// byClock reads a schedule off the clock on the wall.
func byClock(s book.Schedule, at time.Time) bool {
	since := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	today, yesterday := s.Days[at.Weekday()], s.Days[(at.Weekday()+6)%7]
	if s.Until <= s.From {
		return today && since >= s.From || yesterday && since < s.Until
	}
	return today && since >= s.From && since < s.Until
}
