package embedded

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

// days feeds n days of readings before now: one point fast enough to be
// rolled, one too slow, each with holes and values that are not good.
func (w *world) days(s *Store, n int, rnd *rand.Rand) {
	w.t.Helper()
	var readings []gateway.Reading
	flush := func() {
		if err := s.Consume(w.t.Context(), w.feed.Batch(readings...)); err != nil {
			w.t.Fatal(err)
		}
		readings = readings[:0]
	}
	for at, i := w.now.Add(-time.Duration(n)*24*time.Hour), 0; at.Before(w.now); i++ {
		at = at.Add(time.Duration(2000+rnd.IntN(2500)) * time.Millisecond)
		if rnd.IntN(4000) == 0 {
			at = at.Add(time.Duration(rnd.IntN(7200)) * time.Second)
		}
		value := gateway.Good("temperature", math.Round(rnd.NormFloat64()*100)/10)
		switch i / 700 % 9 {
		case 3:
			value.Quality = gateway.QualityUncertain
		case 5:
			value = gateway.NotGood("temperature", gateway.QualityLost, "no answer")
		}
		values := []gateway.Value{value}
		if i%20 == 0 {
			values = append(values, gateway.Good("count", float64(i)))
		}
		readings = append(readings, gateway.Reading{Asset: "a-0", Time: at, Received: at, Values: values})
		if len(readings) == 5000 {
			flush()
		}
	}
	flush()
}

// roll rolls all days that can be.
func (w *world) roll(s *Store) (n int) {
	w.t.Helper()
	for more := true; more; n++ {
		var err error
		if more, err = s.rollNext(w.t.Context()); err != nil {
			w.t.Fatal(err)
		}
	}
	return n - 1
}

// sameAsUnrolled asks charts with and without the rollups.
func (w *world) sameAsUnrolled(s *Store, rnd *rand.Rand) {
	w.t.Helper()
	aggs := []gateway.Agg{gateway.AggMin, gateway.AggMax, gateway.AggMean, gateway.AggLast, gateway.AggEnvelope}
	steps := []time.Duration{5 * time.Minute, 15 * time.Minute, time.Hour, 24 * time.Hour, 7 * time.Minute}
	for range 40 {
		to := w.now.Add(-time.Duration(rnd.Int64N(int64(5 * 24 * time.Hour))))
		q := gateway.Query{Asset: "a-0", Points: []string{"temperature", "count"}, From: to.Add(-time.Duration(rnd.Int64N(int64(6 * 24 * time.Hour)))),
			To: to, Step: steps[rnd.IntN(len(steps))], Agg: aggs[rnd.IntN(len(aggs))]}
		got, err := s.Range(w.t.Context(), q)
		if err != nil {
			w.t.Fatal(err)
		}
		want, err := rangeOf(w.t.Context(), s.engine.db, nil, q)
		if err != nil {
			w.t.Fatal(err)
		}
		for i := range want {
			if !slices.EqualFunc(got[i].Samples, want[i].Samples, sameSample) {
				w.t.Fatalf("%+v: %s is\n%v, without rollups\n%v", q, q.Points[i], got[i].Samples, want[i].Samples)
			}
		}
	}
}

func sameSample(a, b gateway.Sample) bool {
	near := func(a, b float64) bool {
		return a == b || math.Abs(a-b) <= 1e-9*max(1, math.Abs(b)) || math.IsNaN(a) && math.IsNaN(b)
	}
	return a.Time.Equal(b.Time) && a.Quality == b.Quality && near(a.Number, b.Number) && near(a.Low, b.Low) && near(a.High, b.High)
}

func TestRolledDaysSayTheSame(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 3))
	w := newWorld(t)
	s := w.open()
	w.days(s, 6, rnd)
	if n := w.roll(s); n < 3 || n > 5 {
		t.Fatalf("%d days were rolled of six, want those that were over two days ago", n)
	}
	var rows, points int
	if err := s.rolled.db.QueryRow("SELECT count(*), count(DISTINCT point) FROM rollups").Scan(&rows, &points); err != nil || rows == 0 || points != 1 {
		t.Fatalf("%d rollups of %d points (%v): want those of the fast one alone", rows, points, err)
	}
	w.sameAsUnrolled(s, rnd)
	w.closed(s)
	s = w.open() // what is rolled is known after a restart
	if n := w.roll(s); n != 0 {
		t.Errorf("%d days were rolled a second time", n)
	}
	w.sameAsUnrolled(s, rnd)
}

// closed closes the store before the test's end.
func (w *world) closed(s *Store) {
	w.t.Helper()
	if err := s.Close(); err != nil {
		w.t.Fatal(err)
	}
}

// TestLateSampleUndoesItsDay: a sample for a rolled day, which only a clock
// set back makes possible, must not be missing in a chart of months.
func TestLateSampleUndoesItsDay(t *testing.T) {
	w := newWorld(t)
	rnd := rand.New(rand.NewPCG(1, 1))
	s := w.open()
	w.days(s, 4, rnd)
	day := floorDay(w.now.UnixMilli()) - 1 // for which the tsdb takes samples still
	if err := s.rollDay(t.Context(), day); err != nil || !s.rolled.has(day) {
		t.Fatalf("yesterday was not rolled: %v", err)
	}
	at := time.UnixMilli(day*dayMS + 12*3600_000 + 1).UTC()
	if err := s.Consume(t.Context(), w.feed.Batch(gateway.Reading{Asset: "a-0", Time: at, Received: at,
		Values: []gateway.Value{gateway.Good("temperature", 9999)}})); err != nil {
		t.Fatal(err)
	}
	highest := func() float64 {
		got, err := s.Range(t.Context(), gateway.Query{Asset: "a-0", Points: []string{"temperature"},
			From: at.Add(-time.Hour), To: at.Add(time.Hour), Step: time.Hour, Agg: gateway.AggMax})
		if err != nil {
			t.Fatal(err)
		}
		return slices.MaxFunc(got[0].Samples, func(a, b gateway.Sample) int { return int(a.Number - b.Number) }).Number
	}
	if s.rolled.has(day) || highest() != 9999 {
		t.Errorf("the day is rolled still: %v, its greatest %v, want 9999", s.rolled.has(day), highest())
	}
	if err := s.rollDay(t.Context(), day); err != nil || !s.rolled.has(day) || highest() != 9999 {
		t.Errorf("rolled again (%v) the greatest is %v, want 9999", err, highest())
	}
}

// TestLateSampleWhileItsDayIsRolled must not be lost between the two.
func TestLateSampleWhileItsDayIsRolled(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	day := floorDay(w.now.UnixMilli())
	if err := s.rolled.begin(t.Context(), day); err != nil {
		t.Fatal(err)
	}
	s.rolled.touched(t.Context(), day*dayMS+5)
	if err := s.rolled.finish(t.Context(), day); err != errLate || s.rolled.has(day) {
		t.Errorf("finish = %v, rolled %v; want the day to be made again", err, s.rolled.has(day))
	}
	s.rolled.end()
}

// TestDamagedRollupsAreMadeAgain: charts go on from the samples meanwhile.
func TestDamagedRollupsAreMadeAgain(t *testing.T) {
	for name, harm := range map[string]string{
		"a body":  "UPDATE rollups SET body = x'00ff00'",
		"a table": "DROP TABLE rollups",
	} {
		t.Run(name, func(t *testing.T) {
			rnd := rand.New(rand.NewPCG(1, 2))
			w := newWorld(t)
			s := w.open()
			w.days(s, 4, rnd)
			rolled := w.roll(s)
			if _, err := s.rolled.db.Exec(harm); err != nil {
				t.Fatal(err)
			}
			w.sameAsUnrolled(s, rnd)
			if n := w.roll(s); n != rolled || !strings.Contains(w.logged(), "made again") {
				t.Errorf("%d of %d days were rolled again; log: %s", n, rolled, w.logged())
			}
			w.sameAsUnrolled(s, rnd)
		})
	}
	t.Run("the whole file, while closed", func(t *testing.T) {
		w := newWorld(t)
		w.closed(w.open())
		path := filepath.Join(w.dir, rollupFile)
		if err := os.WriteFile(path, []byte(strings.Repeat("no database ", 1000)), 0o600); err != nil {
			t.Fatal(err)
		}
		w.open()
	})
}

func TestRollupsGoWithTheirSamples(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.days(s, 5, rand.New(rand.NewPCG(1, 4)))
	before := w.roll(s)
	later := w.now.Add(s.opt.Retention - 60*time.Hour)
	w.set(later)
	if w.roll(s); len(s.rolled.days) != before {
		t.Fatalf("a clock that is ahead took %d of %d rolled days away", before-len(s.rolled.days), before)
	}
	w.write(later) // now the newest sample says so too
	if err := s.Consume(t.Context(), w.journal[0]); err != nil {
		t.Fatal(err)
	}
	w.roll(s)
	kept := floorDay(later.Add(-s.opt.Retention).UnixMilli())
	var old, left int
	if err := s.rolled.db.QueryRowContext(t.Context(), "SELECT count(*) FILTER (WHERE day < ?1), count(*) FROM rollups", kept).Scan(&old, &left); err != nil || old > 0 || left == 0 {
		t.Errorf("%d rollups are left, %d of them of days whose samples go (%v)", left, old, err)
	}
}

// TestRefusedSampleLeavesItsDay: what is too old for the store changes nothing.
func TestRefusedSampleLeavesItsDay(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.days(s, 5, rand.New(rand.NewPCG(1, 5)))
	before := w.roll(s)
	at := w.now.Add(-100 * time.Hour)
	if err := s.Consume(t.Context(), w.feed.Batch(gateway.Reading{Asset: "a-0", Time: at, Received: at, Values: []gateway.Value{gateway.Good("temperature", 1)}})); err != nil {
		t.Fatal(err)
	}
	if n := len(s.rolled.days); n != before || len(s.Refused()) != 1 {
		t.Errorf("%d of %d rolled days are left, refused %v; want all, and the sample refused", n, before, s.Refused())
	}
}

// TestRollupsThatCannotBe: history goes on without them, and has them as soon
// as it can.
func TestRollupsThatCannotBe(t *testing.T) {
	w := newWorld(t)
	inTheWay := filepath.Join(w.dir, rollupFile, "folder")
	if err := os.MkdirAll(inTheWay, 0o700); err != nil {
		t.Fatal(err)
	}
	s := w.open()
	rnd := rand.New(rand.NewPCG(1, 6))
	w.days(s, 4, rnd)
	w.sameAsUnrolled(s, rnd)
	if _, err := s.rollNext(t.Context()); err == nil {
		t.Error("rolling up without a file for it says nothing")
	}
	if err := os.RemoveAll(filepath.Dir(inTheWay)); err != nil {
		t.Fatal(err)
	}
	if n := w.roll(s); n == 0 {
		t.Error("no day was rolled after there could be a file")
	}
	w.sameAsUnrolled(s, rnd)
}

// TestADayThatCannotBeReadHoldsUpNoOther.
func TestADayThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.days(s, 5, rand.New(rand.NewPCG(1, 7)))
	oldest, _ := s.engine.span()
	first := floorDay(oldest)
	s.rolled.putOff(first, w.now.Add(rollAgain))
	n := w.roll(s)
	if n == 0 || s.rolled.has(first) {
		t.Errorf("%d days were rolled, the one put off: %v", n, s.rolled.has(first))
	}
	w.set(w.now.Add(rollAgain))
	if n := w.roll(s); n == 0 || !s.rolled.has(first) {
		t.Errorf("%d days were rolled a day later, the one put off: %v", n, s.rolled.has(first))
	}
}

// TestFullDiskWaits: the store takes nothing while its disk is nearly full,
// says so, and goes on.
func TestFullDiskWaits(t *testing.T) {
	w := newWorld(t)
	opt := w.options(w.dir)
	free := int64(minFree - 1)
	opt.free = func(string) (int64, error) { return free, nil }
	s := mustOpen(t, opt)
	w.write(w.now.Add(-time.Minute))
	if err := s.Consume(t.Context(), w.journal[0]); err == nil || !strings.Contains(err.Error(), "191 MiB are free") || s.Status().State != gateway.StateDown {
		t.Fatalf("on a full disk: %v, state %s; want an error that tells what is free", err, s.Status().State)
	}
	free = minFree
	w.replay(s)
	w.complete(s, 0)
}

// FuzzPointDay reads bodies that are no rollups, and what it writes itself.
func FuzzPointDay(f *testing.F) {
	var d pointDay
	d[dayGood].add(0, 1)
	d[dayGood].add(dayMS-1, 2)
	d[dayOther].add(7*grainMS, float64(gateway.QualityLost))
	f.Add(d.encode())
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, body []byte) {
		var got, again pointDay
		if _, err := got.decode(body, nil); err != nil {
			return
		}
		if _, err := again.decode(got.encode(), nil); err != nil {
			t.Fatalf("what was written cannot be read: %v", err)
		}
		if got.samples() != again.samples() {
			t.Errorf("%d samples became %d", got.samples(), again.samples())
		}
	})
}
