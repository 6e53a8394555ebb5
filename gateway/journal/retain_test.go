package journal

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"steward/gateway"
)

// fill emits about so many bytes in groups of 20 entries.
func fill(t testing.TB, j *Journal, bytes int) {
	t.Helper()
	r := make([]gateway.Reading, 20)
	for sent := 0; sent < bytes; sent += 20 * 300 {
		for i := range r {
			r[i] = reading(i, epoch)
			r[i].Values = append(r[i].Values, gateway.NotGood("flow", gateway.QualityBad, strings.Repeat("x", 180)))
		}
		if err := j.Emit(context.Background(), r); err != nil {
			t.Fatal(err)
		}
	}
}

func advance(t testing.TB, j *Journal, reader string, to gateway.Seq) {
	t.Helper()
	if err := j.Advance(context.Background(), reader, to, nil); err != nil {
		t.Fatal(err)
	}
}

func TestWhatEveryReaderPassedGoes(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a", "b")
	opt.MaxBytes = 1 << 20
	j := open(t, opt)
	fill(t, j, 600_000)
	advance(t, j, "a", j.Status().Last)
	eventually(t, "housekeeping has been", func() bool { return !dirty(j) })
	if s := j.Status(); s.Bytes < 500_000 || s.First != 1 {
		t.Fatalf("entries went that b had not: %+v", s)
	}
	advance(t, j, "b", j.Status().Last)
	eventually(t, "all but a tenth went", func() bool { return j.Status().Bytes <= opt.MaxBytes/10 })
	s := j.Status()
	if s.Bytes < opt.MaxBytes/20 || len(s.Dropped) != 0 || s.First == 1 {
		t.Errorf("status says %+v", s)
	}
	balanced(t, j)
}

func dirty(j *Journal) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.books.dirty
}

func TestFullJournalDropsTheOldest(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "slow", "gone")
	opt.MaxBytes = 300_000
	opt.hooks.tick = time.Hour
	j := open(t, opt)
	fill(t, j, 250_000)
	if s := j.Status(); s.State != gateway.StateWarning || len(s.Dropped) > 0 {
		t.Fatalf("at %d of %d bytes status says %s %v", s.Bytes, s.MaxBytes, s.State, s.Dropped)
	}
	advance(t, j, "slow", 100)
	fill(t, j, 250_000)
	s := j.Status()
	if s.Bytes > opt.MaxBytes || s.Bytes < opt.MaxBytes*9/10 {
		t.Errorf("%d bytes are held, the limit is %d", s.Bytes, opt.MaxBytes)
	}
	sums := map[string]AuditHour{}
	for _, reader := range opt.Readers {
		sums[reader] = total(balanced(t, j), reader)
	}
	want(t, sums["gone"].Dropped[ReasonFull], uint64(s.First-1))
	want(t, sums["slow"].Dropped[ReasonFull], uint64(s.First-1-100))
	want(t, s.Dropped[ReasonFull], uint64(s.First-1)*2-100)
	c := &collector{name: "gone", j: j}
	feedTo(t, c)
	eventually(t, "the rest comes", func() bool { return lastSeq(c) == s.Last })
	want(t, c.entries()[0].Seq, s.First)
	want(t, j.Status().Corrupt, 0)
}

// TestPagesAreUsedAgain keeps writing at the limit: the file must not grow
// with it.
func TestPagesAreUsedAgain(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "gone")
	opt.MaxBytes = 300_000
	j := open(t, opt)
	size := func() int64 {
		info, err := os.Stat(filepath.Join(opt.Dir, fileName))
		if err != nil {
			t.Fatal(err)
		}
		return info.Size()
	}
	fill(t, j, 3_000_000)
	if n := size(); n > 3*opt.MaxBytes {
		t.Errorf("the file has %d bytes for %d of entries", n, opt.MaxBytes)
	}
	info, err := os.Stat(filepath.Join(opt.Dir, fileName+"-wal"))
	if err != nil || info.Size() > 4*walPages*pageSize+1<<20 {
		t.Errorf("the log has %d bytes, %v", info.Size(), err)
	}
}

// clocks are a wall clock and a running one that a test moves.
type clocks struct {
	wall    atomic.Int64
	running atomic.Int64
}

func (c *clocks) use(opt *Options) {
	c.wall.Store(epoch.UnixNano())
	c.running.Store(int64(time.Hour))
	opt.Now = func() time.Time { return time.Unix(0, c.wall.Load()).UTC() }
	start := c.running.Load()
	opt.hooks.running = func() time.Duration { return time.Duration(c.running.Load() - start) }
	opt.hooks.interval = time.Nanosecond
}

func (c *clocks) pass(d time.Duration) { c.wall.Add(int64(d)); c.running.Add(int64(d)) }

func TestAge(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a")
	opt.MaxAge = 24 * time.Hour
	var c clocks
	c.use(&opt)
	j := open(t, opt)
	emit(t, j, opt.Now(), 0, 1)
	c.pass(20 * time.Hour)
	emit(t, j, opt.Now(), 2)

	c.wall.Add(int64(100 * 24 * time.Hour)) // somebody sets the clock
	emit(t, j, opt.Now(), 3)
	keepHouse(t, j)
	if s := j.Status(); s.First != 1 || len(s.Dropped) != 0 {
		t.Fatalf("a jump of the clock made entries too old: %+v", s)
	}
	c.wall.Add(-int64(200 * 24 * time.Hour))
	emit(t, j, opt.Now(), 4)
	got := &collector{name: "a", j: j}
	stop := feedTo(t, got)
	eventually(t, "all came", func() bool { return lastSeq(got) == 5 })
	for i, e := range got.entries() {
		want(t, number(t, e), i) // in order, whatever the clock said
	}
	stop()
	emit(t, j, opt.Now(), 5)
	c.pass(5 * time.Hour)
	keepHouse(t, j)
	s := j.Status()
	want(t, s.First, 3) // the first two are 25 h old, and had been read
	want(t, len(s.Dropped), 0)
	c.pass(24 * time.Hour)
	keepHouse(t, j)
	want(t, j.Status().Dropped, map[string]uint64{ReasonTooOld: 1})
	balanced(t, j)
}

// keepHouse waits until the writer has kept house once more.
func keepHouse(t testing.TB, j *Journal) {
	t.Helper()
	j.mu.Lock()
	before := j.health.rounds
	j.mu.Unlock()
	eventually(t, "housekeeping", func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		return j.health.rounds > before+1
	})
}

func TestAgeOverRestarts(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a")
	opt.MaxAge = 24 * time.Hour
	var c clocks
	c.use(&opt)
	restart := func(j *Journal, down time.Duration) *Journal {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		c.wall.Add(int64(down))
		start := c.running.Load()
		opt.hooks.running = func() time.Duration { return time.Duration(c.running.Load() - start) }
		return open(t, opt)
	}
	j := open(t, opt)
	emit(t, j, opt.Now(), 0)
	j = restart(j, 50*365*24*time.Hour) // it began without a clock
	keepHouse(t, j)
	want(t, j.Status().First, 1)
	j = restart(j, -40*365*24*time.Hour)
	keepHouse(t, j)
	want(t, j.Status().First, 1)
	c.pass(11 * time.Hour)
	j = restart(j, 2*time.Hour) // 12 h believed + 11 h + 2 h
	keepHouse(t, j)
	want(t, j.Status().Dropped, map[string]uint64{ReasonTooOld: 1})
	balanced(t, j)
}

// TestFullDisk gives SQLite no more pages: the real error, then room again.
func TestFullDisk(t *testing.T) {
	t.Parallel()
	opt, log := options(t.TempDir(), "a")
	var st atomic.Pointer[store]
	opt.hooks.opened = func(s *store) { st.Store(s) }
	j := open(t, opt)
	emit(t, j, epoch, 0)
	var limit atomic.Int64
	limit.Store(12)
	var mu sync.Mutex
	applied := int64(0)
	j2 := func() error {
		mu.Lock()
		defer mu.Unlock()
		if l := limit.Load(); l != applied {
			if _, err := st.Load().w.Exec("PRAGMA max_page_count = " + strconv.FormatInt(l, 10)); err != nil {
				return err
			}
			applied = l
		}
		return nil
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	opt.hooks.refuse = j2
	j = open(t, opt)
	var wg sync.WaitGroup
	wg.Go(func() { fill(t, j, 400_000) })
	eventually(t, "the disk is full", func() bool {
		s := j.Status()
		return s.State == gateway.StateDown && strings.Contains(s.Error, "full")
	})
	before := j.Status().Last
	limit.Store(1 << 30)
	wg.Wait()
	eventually(t, "it heals", func() bool { return j.Status().State == gateway.StateUp })
	if j.Status().Last <= before {
		t.Error("nothing came behind the refusal")
	}
	// A small transaction may fit in between: then the next refusal is another one.
	n, healed := strings.Count(log.String(), "cannot write"), strings.Count(log.String(), "writes again")
	if n < 1 || n != healed {
		t.Errorf("%d refusals and %d recoveries were logged:\n%s", n, healed, log)
	}
	c := &collector{name: "a", j: j}
	feedTo(t, c)
	eventually(t, "all is there", func() bool { return lastSeq(c) == j.Status().Last })
	want(t, len(c.entries()), int(j.Status().Last))
	balanced(t, j)
}

// TestReserve simulates a disk of a given size on which the journal's own
// files count.
func TestReserve(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	opt, _ := options(dir, "a")
	opt.Reserve = 1 << 20
	var capacity atomic.Int64
	capacity.Store(1 << 30)
	opt.hooks.free = func(string) (int64, error) {
		free := capacity.Load()
		for _, suffix := range []string{"", "-wal"} {
			if info, err := os.Stat(filepath.Join(dir, fileName+suffix)); err == nil {
				free -= info.Size()
			}
		}
		return free, nil
	}
	j := open(t, opt)
	fill(t, j, 3_000_000)
	last := j.Status().Last
	advance(t, j, "a", last/2)

	capacity.Store(opt.Reserve + 3_000_000) // others took disk: what was read is enough to give
	eventually(t, "the reserve is free", func() bool { s := j.Status(); return s.FreeDisk >= s.Reserve })
	keepHouse(t, j)
	if s := j.Status(); s.State != gateway.StateUp || s.First == 1 || len(s.Dropped) != 0 {
		t.Fatalf("status says %+v", s)
	}
	capacity.Store(opt.Reserve + 1_000_000) // more than that: unread entries go too
	eventually(t, "the reserve is free again", func() bool { s := j.Status(); return s.FreeDisk >= s.Reserve })
	if s := j.Status(); s.Dropped[ReasonReserve] == 0 || s.First >= last {
		t.Fatalf("status says %+v", s)
	}
	dropped := j.Status().Dropped[ReasonReserve]
	capacity.Store(0) // whatever the journal gives, it is not enough: it keeps what it has
	eventually(t, "it refuses", func() bool { return j.Status().State == gateway.StateDown })
	var wg sync.WaitGroup
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	if err := j.Emit(ctx, []gateway.Reading{reading(1, epoch)}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("emit under the reserve: %v", err)
	}
	wg.Go(func() { emit(t, j, epoch, 2) })
	want(t, j.Status().Dropped[ReasonReserve], dropped)
	capacity.Store(1 << 30)
	wg.Wait()
	eventually(t, "it is up", func() bool { return j.Status().State == gateway.StateUp })
	balanced(t, j)
}
