package journal

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/line"
)

func TestEmitThenFeedInOrder(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a", "b")
	j := open(t, opt)
	a := &collector{name: "a", j: j}
	feedTo(t, a)
	for i := range 500 {
		emit(t, j, epoch, 2*i, 2*i+1)
	}
	b := &collector{name: "b", j: j}
	feedTo(t, b)
	for _, c := range []*collector{a, b} {
		eventually(t, c.name+" has everything", func() bool { return lastSeq(c) == 1000 })
		for i, e := range c.entries() {
			if e.Seq != gateway.Seq(i+1) || number(t, e) != i {
				t.Fatalf("%s: place %d holds entry %d, number %d", c.name, i, e.Seq, number(t, e))
			}
		}
	}
	balanced(t, j)
}

func TestEmitRefusesWhatTheSiteHasNot(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir())
	j := open(t, opt)
	unknown := reading(2, epoch)
	unknown.Asset = "nobody"
	err := j.Emit(context.Background(), []gateway.Reading{reading(1, epoch), unknown})
	if !errors.Is(err, line.ErrUnknownAsset) {
		t.Fatalf("got %v", err)
	}
	emit(t, j, epoch, 3)
	want(t, j.Status().Last, 1)
	site := testSite()
	site.Assets[0].ID = "nobody"
	j.SetSite(site)
	if err := j.Emit(context.Background(), []gateway.Reading{unknown}); err != nil {
		t.Fatal(err)
	}
	if err := j.Emit(context.Background(), []gateway.Reading{reading(1, epoch)}); !errors.Is(err, line.ErrUnknownAsset) {
		t.Fatalf("after SetSite got %v", err)
	}
}

func TestRestartGoesOnFromCursors(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a")
	j := open(t, opt)
	emit(t, j, epoch, 0, 1, 2, 3)
	if err := j.Advance(context.Background(), "a", 3, []gateway.Refused{{Seq: 2, Line: []byte("x"), Reason: "no"}}); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Emit(context.Background(), []gateway.Reading{reading(1, epoch)}); !errors.Is(err, ErrClosed) {
		t.Fatalf("emit after close: %v", err)
	}
	j = open(t, opt)
	a := &collector{name: "a", j: j}
	feedTo(t, a)
	emit(t, j, epoch, 4)
	eventually(t, "the rest came", func() bool { return lastSeq(a) == 5 })
	got := a.entries()
	want(t, len(got), 2)
	want(t, number(t, got[0]), 3)
	sum := total(balanced(t, j), "a")
	want(t, sum.Produced, 5)
	want(t, sum.Stored, 4)
	want(t, sum.Dropped, map[string]uint64{ReasonRefused: 1})
}

func TestAdvance(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a")
	j := open(t, opt)
	emit(t, j, epoch, 0, 1)
	ctx := context.Background()
	if err := j.Advance(ctx, "nobody", 1, nil); err == nil {
		t.Error("a reader nobody configured may advance")
	}
	if _, err := j.Cursor(ctx, "nobody"); err == nil {
		t.Error("a reader nobody configured has a cursor")
	}
	if err := j.Advance(ctx, "a", 3, nil); err == nil {
		t.Error("a reader may pass what is not there")
	}
	for _, to := range []gateway.Seq{2, 1} { // back is nothing
		if err := j.Advance(ctx, "a", to, nil); err != nil {
			t.Fatal(err)
		}
	}
	seq, err := j.Cursor(ctx, "a")
	want(t, []any{seq, err}, []any{2, nil})
}

// TestConcurrentEmitters shares commits and checks that observers see every
// reading once, in order, although the emitters use their slices again.
func TestConcurrentEmitters(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a")
	opt.hooks.interval = 0
	opt.hooks.interval = 2 * time.Millisecond
	j := open(t, opt)
	type seen struct {
		first gateway.Seq
		n     []float64
	}
	var observed []seen
	j.Observe(func(first gateway.Seq, r []gateway.Reading) {
		s := seen{first: first}
		for i := range r {
			s.n = append(s.n, r[i].Values[0].Number)
		}
		observed = append(observed, s)
	})
	const emitters, each = 40, 50
	var wg sync.WaitGroup
	for e := range emitters {
		wg.Go(func() {
			r := []gateway.Reading{reading(0, epoch)}
			for i := range each {
				r[0].Values[0] = gateway.Good("n", float64(e*each+i))
				if err := j.Emit(context.Background(), r); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	next, last := gateway.Seq(1), map[int]int{}
	for _, s := range observed {
		want(t, s.first, next)
		for _, n := range s.n {
			e, i := int(n)/each, int(n)%each
			if i != last[e] {
				t.Fatalf("emitter %d: number %d came where %d should", e, i, last[e])
			}
			last[e]++
			next++
		}
	}
	want(t, next-1, emitters*each)
	if commits := j.Status().Commits; commits > emitters*each/4 {
		t.Errorf("%d commits for %d emits: they do not share", commits, emitters*each)
	}
}

// TestCancelledEmit lets contexts end while the disk holds the group back:
// the caller scribbles over its readings at once, and neither the disk nor an
// observer may see that. Run with -race.
func TestCancelledEmit(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir(), "a")
	refuse := make(chan struct{})
	opt.hooks.refuse = func() error {
		select {
		case <-refuse:
			return nil
		default:
			return errors.New("not now")
		}
	}
	j := open(t, opt)
	var observed []float64
	j.Observe(func(_ gateway.Seq, r []gateway.Reading) {
		for i := range r {
			observed = append(observed, r[i].Values[0].Number)
		}
	})
	const n = 100
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
			defer cancel()
			r := []gateway.Reading{reading(i, epoch)}
			err := j.Emit(ctx, r)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("emit %d: %v", i, err)
			}
			r[0].Values[0] = gateway.Good("n", -1)
			r[0].Asset = "scribble"
		})
	}
	wg.Wait()
	want(t, j.Status().State, gateway.StateDown)
	close(refuse)
	a := &collector{name: "a", j: j}
	feedTo(t, a)
	emit(t, j, epoch, n)
	eventually(t, "the last one came", func() bool {
		got := a.entries()
		return len(got) > 0 && number(t, got[len(got)-1]) == n
	})
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	want(t, len(a.entries()), len(observed))
	for i, e := range a.entries() {
		if got := number(t, e); got < 0 || float64(got) != observed[i] {
			t.Fatalf("entry %d holds %d, its observer saw %v", e.Seq, got, observed[i])
		}
	}
	want(t, j.books.bytes > 0, true)
}

func TestBackPressure(t *testing.T) {
	t.Parallel()
	opt, log := options(t.TempDir(), "a")
	refuse := make(chan struct{})
	opt.hooks.refuse = func() error {
		select {
		case <-refuse:
			return nil
		default:
			return errors.New("disk is sulking")
		}
	}
	j := open(t, opt)
	big := make([]gateway.Reading, 1000)
	for i := range big {
		big[i] = reading(i, epoch)
		big[i].Values = append(big[i].Values, gateway.NotGood("flow", gateway.QualityBad, strings.Repeat("x", 200)))
	}
	const emits = 40
	var wg sync.WaitGroup
	done := make(chan struct{}, emits)
	for range emits {
		wg.Go(func() {
			if err := j.Emit(context.Background(), big); err != nil {
				t.Error(err)
			}
			done <- struct{}{}
		})
	}
	eventually(t, "the pending group is full", func() bool {
		j.emitMu.Lock()
		defer j.emitMu.Unlock()
		return len(j.pending.body) >= maxPending
	})
	eventually(t, "retries were counted", func() bool {
		j.mu.Lock()
		defer j.mu.Unlock()
		return j.health.failures > 3
	})
	if s := j.Status(); s.State != gateway.StateDown || !strings.Contains(s.Error, "sulking") {
		t.Errorf("status says %s %q", s.State, s.Error)
	}
	want(t, len(done), 0)
	j.emitMu.Lock()
	if size := len(j.pending.body); size > maxPending+1000*400 {
		t.Errorf("%d bytes are pending: no back-pressure", size)
	}
	j.emitMu.Unlock()
	close(refuse)
	wg.Wait()
	want(t, j.Status().Last, emits*1000)
	eventually(t, "it is up again", func() bool { return j.Status().State == gateway.StateUp })
	if n := strings.Count(log.String(), "cannot write"); n != 1 {
		t.Errorf("the refusal was logged %d times, want once:\n%s", n, log)
	}
}

func TestCloseWhileTheDiskRefuses(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir())
	opt.hooks.refuse = func() error { return errors.New("gone") }
	opt.hooks.retry = time.Hour
	j := open(t, opt)
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := j.Emit(context.Background(), []gateway.Reading{reading(1, epoch)}); !errors.Is(err, ErrClosed) {
			t.Errorf("emit: %v", err)
		}
	})
	eventually(t, "the disk has refused", func() bool { return j.Status().State == gateway.StateDown })
	_ = j.Close()
	wg.Wait()
}
