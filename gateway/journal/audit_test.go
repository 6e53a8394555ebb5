package journal

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
)

// TestBooksBalance does anything in any order, takes copies of the files
// between transactions (what a kill at that instant leaves behind), and
// checks that every entry is accounted for, now and in every copy.
func TestBooksBalance(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 0))
	opt, _ := options(filepath.Join(t.TempDir(), "live"), "a", "b", "c")
	opt.MaxBytes = 30_000
	opt.MaxAge = 100 * time.Hour
	opt.hooks.tick = time.Millisecond
	var c clocks
	c.use(&opt)
	var copies []string
	wanted := make(chan string, 1)
	opt.hooks.settled = func() { // in the writer, between two transactions
		select {
		case dir := <-wanted:
			copyFiles(t, opt.Dir, dir)
			copies = append(copies, dir)
		default:
		}
	}
	j := open(t, opt)
	acked := uint64(0)
	for step := range 1500 {
		switch rnd.IntN(8) {
		case 0, 1, 2:
			n := make([]int, 1+rnd.IntN(20))
			emit(t, j, opt.Now(), n...)
			acked += uint64(len(n))
		case 3, 4:
			randomAdvance(t, j, rnd, opt.Readers[rnd.IntN(3)])
		case 5:
			c.pass(time.Duration(rnd.Int64N(int64(5 * time.Hour))))
		case 6:
			c.wall.Add(rnd.Int64N(int64(20*time.Hour)) - int64(10*time.Hour))
		case 7:
			if step%100 == 7 {
				if err := j.Close(); err != nil {
					t.Fatal(err)
				}
				start := c.running.Load()
				opt.hooks.running = func() time.Duration { return time.Duration(c.running.Load() - start) }
				j = open(t, opt)
			} else if len(wanted) == 0 {
				wanted <- filepath.Join(filepath.Dir(opt.Dir), strconv.Itoa(step))
			}
		}
		balanced(t, j)
	}
	hours := balanced(t, j)
	for _, reader := range opt.Readers {
		if got := total(hours, reader).Produced; got != acked {
			t.Errorf("%s: %d produced, %d were emitted", reader, got, acked)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if len(copies) < 20 {
		t.Fatalf("only %d copies were taken", len(copies))
	}
	opt.hooks.settled = nil
	for _, dir := range copies {
		copied := opt
		copied.Dir = dir
		j := open(t, copied)
		balanced(t, j)
		if j.Status().Corrupt != 0 || len(filesAside(t, dir)) != 0 {
			t.Errorf("%s: a kill damaged the file", dir)
		}
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func filesAside(t testing.TB, dir string) []string {
	t.Helper()
	aside, err := filepath.Glob(filepath.Join(dir, "*damaged*"))
	if err != nil {
		t.Fatal(err)
	}
	return aside
}

func randomAdvance(t testing.TB, j *Journal, rnd *rand.Rand, reader string) {
	t.Helper()
	ctx := context.Background()
	from, err := j.Cursor(ctx, reader)
	if err != nil {
		t.Fatal(err)
	}
	last := j.Status().Last
	if from == last {
		return
	}
	to := from + 1 + gateway.Seq(rnd.Int64N(int64(last-from)))
	var refused []gateway.Refused
	for seq := from + 1; seq <= to; seq++ {
		if rnd.IntN(10) == 0 {
			refused = append(refused, gateway.Refused{Seq: seq, Line: []byte("line"), Reason: "no"})
		}
	}
	if rnd.IntN(5) == 0 {
		j.lose(to, to)
	}
	if err := j.Advance(ctx, reader, to, refused); err != nil {
		t.Fatal(err)
	}
}

func TestReaderThatWasAbsent(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a")
	opt.MaxBytes = 60_000
	reopen := func(j *Journal, readers ...string) *Journal {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		opt.Readers = readers
		return open(t, opt)
	}
	j := open(t, opt)
	fill(t, j, 40_000)
	advance(t, j, "a", 30)
	j = reopen(j, "b")
	advance(t, j, "b", j.Status().Last)
	fill(t, j, 60_000)
	advance(t, j, "b", j.Status().Last)
	eventually(t, "old entries went", func() bool { return j.Status().First > 100 })
	eventually(t, "housekeeping has been", func() bool { return !dirty(j) })
	j = reopen(j, "a", "b")
	hours := balanced(t, j)
	first := j.Status().First
	want(t, total(hours, "a").Dropped, map[string]uint64{ReasonNoReader: uint64(first - 31)})
	seq, err := j.Cursor(context.Background(), "a")
	want(t, []any{seq, err}, []any{first - 1, nil})
}

func TestAsideIsBounded(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a")
	j := open(t, opt)
	ctx := context.Background()
	for range 6 {
		emit(t, j, epoch, make([]int, 2500)...)
		last := j.Status().Last
		refused := make([]gateway.Refused, 2500)
		for i := range refused {
			refused[i] = gateway.Refused{Seq: last - 2499 + gateway.Seq(i), Line: []byte("l"), Reason: "r"}
		}
		if err := j.Advance(ctx, "a", last, refused); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	r, err := OpenReadOnly(ctx, opt.Dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var seqs []gateway.Seq
	forgotten, err := r.Aside(ctx, func(_ string, _ time.Time, e gateway.Refused) error {
		seqs = append(seqs, e.Seq)
		return nil
	})
	want(t, []any{forgotten, err, len(seqs), seqs[0], seqs[len(seqs)-1]}, []any{5000, nil, keepAside, 5001, 15000})
}

// TestHoursGoByCount prunes by the number of hours, so that no jump of the
// clock empties the audit.
func TestHoursGoByCount(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.cursors["a"] = 0
	for hour := range int64(keepHours + 50) {
		b.add(b.last+1, 2, hour, 10)
		b.settle("a", b.last, kindStored, nil)
	}
	b.forget(b.last, b.bytes, "")
	keep, pruned := b.prune()
	want(t, []any{keep, pruned, len(b.hours)}, []any{50, true, 2 * keepHours})
}

// childDir tells a child process to emit until it is killed.
const childDir = "STEWARD_JOURNAL_TEST_CHILD"

func TestChildThatIsKilled(t *testing.T) {
	dir := os.Getenv(childDir)
	if dir == "" {
		t.Skip("only as the child of TestKill")
	}
	opt, _ := options(dir, "a")
	j, err := Open(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	c := &collector{name: "a", j: j}
	feedTo(t, c)
	var wg sync.WaitGroup
	var mu sync.Mutex
	for e := range 8 {
		wg.Go(func() {
			for i := 0; ; i++ {
				if err := j.Emit(context.Background(), []gateway.Reading{reading(1000*i+e, time.Now())}); err != nil {
					return
				}
				mu.Lock()
				fmt.Println("acked", 1000*i+e)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
}

// TestKill kills a process that emits and reads, for real, and looks for
// every number that it was told was on disk.
func TestKill(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	acked := map[int]int{}
	for range 8 {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond+rand.N(200*time.Millisecond))
		cmd := exec.CommandContext(ctx, self, "-test.run=^TestChildThatIsKilled$") // killed with SIGKILL when ctx ends
		cmd.Env = append(os.Environ(), childDir+"="+dir)
		out, err := cmd.Output()
		cancel()
		var exit *exec.ExitError
		if err != nil && !errors.As(err, &exit) {
			t.Fatal(err)
		}
		lines := strings.Split(string(out), "\n")
		for _, l := range lines[:len(lines)-1] {
			if n, err := strconv.Atoi(strings.TrimPrefix(l, "acked ")); err == nil && strings.HasPrefix(l, "acked ") {
				acked[n]++
			}
		}
	}
	if len(acked) == 0 {
		t.Fatal("the child never got anything on disk")
	}
	opt, log := options(dir, "a")
	j := open(t, opt)
	found := map[int]int{}
	err = j.Scan(context.Background(), 1, func(_ time.Time, e gateway.Entry) error {
		found[number(t, e)]++
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for n, times := range maps.All(acked) {
		if found[n] < times {
			t.Errorf("number %d was acknowledged %d times and lies there %d times", n, times, found[n])
		}
	}
	sum := total(balanced(t, j), "a")
	s := j.Status()
	want(t, sum.Produced, uint64(s.Last))
	want(t, []any{s.Corrupt, len(filesAside(t, dir))}, []any{0, 0})
	if strings.Contains(log.String(), "level=ERROR") {
		t.Error(log)
	}
	t.Logf("%d entries, %d stored, %d waiting", s.Last, sum.Stored, sum.Waiting)
}
