package embedded

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/history/historytest"
)

func TestTheCursorFollowsTheSync(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.write(w.every(w.now.Add(-time.Hour), time.Second, 10)...)
	w.replay(s)
	if at := w.ledger.At(Name); at != 0 {
		t.Errorf("the ledger is at %d before anything was forced to disk", at)
	}
	w.sync(s)
	if at := w.ledger.At(Name); at != 10 {
		t.Errorf("the ledger is at %d after the sync, want 10", at)
	}
	w.ledger.Fail(errors.New("journal is full"))
	w.write(w.now.Add(-time.Minute))
	w.replay(s)
	if err := s.syncNow(t.Context()); err == nil || !strings.Contains(err.Error(), "journal is full") {
		t.Errorf("sync: %v", err)
	}
	w.ledger.Fail(nil)
	w.sync(s)
	if at := w.ledger.At(Name); at != 11 {
		t.Errorf("the ledger is at %d, want 11", at)
	}
}

func TestTheCursorFollowsByItself(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.write(w.now)
	w.replay(s)
	historytest.Poll(t, 30*time.Second, "the ledger to hear of it", func() bool { return w.ledger.At(Name) == 1 })
}

func TestAKillMeansReplay(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rnd := rand.New(rand.NewPCG(seed, 3))
	w := newWorld(t)
	s := w.open()
	for round := range 8 {
		w.write(w.every(w.now.Add(time.Duration(round-20)*time.Minute), 100*time.Millisecond, 1+rnd.IntN(300))...)
		w.replay(s)
		if rnd.IntN(2) == 0 {
			w.sync(s)
		}
		w.write(w.now.Add(-time.Duration(21+rnd.IntN(600)) * time.Minute).Add(time.Duration(round) * time.Millisecond)) // backfill
		w.replay(s)
		w.dir = w.snapshot(s)
		s = w.open()
		if at, _ := s.Cursor(t.Context()); at != w.ledger.At(Name) {
			t.Fatalf("after the kill it goes on from %d, the ledger says %d", at, w.ledger.At(Name))
		}
		w.replay(s)
		w.complete(s, 0)
	}
	if r := w.ledger.Refused(); len(r) > 0 {
		t.Errorf("refused %v", r)
	}
}

func TestClosedAndOpenedAgain(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.write(w.every(w.now.Add(-time.Hour), time.Second, 100)...)
	w.replay(s)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if at := w.ledger.At(Name); at != 100 {
		t.Errorf("the ledger is at %d after Close, want 100", at)
	}
	if err := s.Consume(t.Context(), w.journal[0]); err == nil {
		t.Error("a closed store consumed")
	}
	if _, err := s.Range(t.Context(), gateway.Query{}); err == nil {
		t.Error("a closed store answered")
	}
	w.complete(w.open(), 0)
}

func TestWhatIsRefusedIsSaid(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.write(w.now)
	w.write(w.now)                            // another value at the same time
	w.write(w.now.Add(-49 * time.Hour))       // behind the window
	w.write(w.now.Add(-500 * 24 * time.Hour)) // older than the history is kept
	w.journal = append(w.journal, w.feed.Lines("no line at all"))
	w.write(w.now.Add(time.Second))
	w.replay(s)
	w.sync(s)
	if got := w.numbers(s); !slices.Equal(got, []int{0, 5}) {
		t.Errorf("stored %v, want 0 and 5", got)
	}
	want := []struct {
		seq    gateway.Seq
		reason string
	}{{2, "temperature: another value"}, {3, "temperature: more than 48h"}, {4, "older than the history"}, {5, "cannot be read: line: at byte"}}
	refused := w.ledger.Refused()
	if len(refused) != len(want) {
		t.Fatalf("refused %v, want %d", refused, len(want))
	}
	for i, x := range want {
		if r := refused[i]; r.Seq != x.seq || !strings.HasPrefix(r.Reason, x.reason) || !bytes.Equal(r.Line, w.journal[x.seq-1].Entries[0].Line) {
			t.Errorf("refused %d %q: %q, want %d: %q", r.Seq, r.Line, r.Reason, x.seq, x.reason)
		}
	}
	if n := s.Refused(); len(n) != 4 || n["cannot be read"] != 1 {
		t.Errorf("counted %v", n)
	}
	w.sync(s)
	if n := len(w.ledger.Refused()); n != 4 {
		t.Errorf("the second sync told them again: %d", n)
	}
}

func TestManyRefusedInOneBatchAndOneReading(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	r := gateway.Reading{Asset: "a-0", Time: w.now, Values: []gateway.Value{gateway.Good("temperature", 1), gateway.Good("count", 1), gateway.Good("mode", 0)}}
	again := gateway.Reading{Asset: "a-0", Time: w.now, Values: []gateway.Value{gateway.Good("temperature", 2), gateway.Good("count", 1), gateway.Good("mode", 7)}}
	if err := s.Consume(t.Context(), w.feed.Batch(r, again, r)); err != nil {
		t.Fatal(err)
	}
	w.sync(s)
	refused := w.ledger.Refused()
	if len(refused) != 1 || refused[0].Seq != 2 || !strings.Contains(refused[0].Reason, "and 1 more point") {
		t.Errorf("refused %v", refused)
	}
}

func TestALogDamagedInTheMiddleIsRebuilt(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.write(w.every(w.now.Add(-time.Hour), time.Second, 2000)...)
	w.replay(s)
	w.sync(s)
	w.dir = w.snapshot(s)
	segments, err := filepath.Glob(filepath.Join(w.dir, "wal", "0*"))
	if err != nil || len(segments) == 0 {
		t.Fatal(segments, err)
	}
	overwrite(t, segments[0], 20_000)
	s = w.open()
	if at, _ := s.Cursor(t.Context()); at != 0 {
		t.Fatalf("it goes on from %d, want from the beginning", at)
	}
	if !strings.Contains(w.logged(), "damaged") {
		t.Errorf("nobody was told: %s", w.logged())
	}
	// Killed while it is being built again, it goes on from there.
	for _, b := range w.journal[:700] {
		if err := s.Consume(t.Context(), b); err != nil {
			t.Fatal(err)
		}
	}
	w.sync(s)
	if at := w.ledger.At(Name); at != 2000 {
		t.Errorf("the ledger went back to %d", at)
	}
	w.dir = w.snapshot(s)
	s = w.open()
	if at, _ := s.Cursor(t.Context()); at != 700 {
		t.Fatalf("it goes on from %d, want 700", at)
	}
	w.replay(s)
	w.write(w.now)
	w.replay(s)
	w.sync(s)
	w.complete(s, 0)
	if at := w.ledger.At(Name); at != 2001 {
		t.Errorf("the ledger is at %d, want 2001", at)
	}
	if _, err := os.Stat(filepath.Join(w.dir, rebuildFile)); err == nil {
		t.Error("the building is not marked as done")
	}
	if r := w.ledger.Refused(); len(r) > 0 {
		t.Errorf("refused %v", r)
	}
}

// overwrite puts nonsense over some bytes of a file.
func overwrite(t *testing.T, path string, at int64) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(bytes.Repeat([]byte{0x5a}, 300), at); err != nil {
		t.Fatal(err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestDamageNeverPreventsAStart(t *testing.T) {
	for name, harm := range map[string]func(t *testing.T, dir string){
		"chunks_head is a file": func(t *testing.T, dir string) {
			must(t, os.RemoveAll(filepath.Join(dir, "chunks_head")))
			must(t, os.WriteFile(filepath.Join(dir, "chunks_head"), []byte("x"), 0o600))
		},
		"wal is a file": func(t *testing.T, dir string) {
			must(t, os.RemoveAll(filepath.Join(dir, "wal")))
			must(t, os.WriteFile(filepath.Join(dir, "wal"), []byte("x"), 0o600))
		},
		"the folder is gone": func(t *testing.T, dir string) { must(t, os.RemoveAll(dir)) },
		"a block's index is cut": func(t *testing.T, dir string) {
			must(t, os.Truncate(block(t, dir, "index"), 100))
		},
		"a block's meta is nonsense": func(t *testing.T, dir string) {
			must(t, os.WriteFile(block(t, dir, "meta.json"), []byte("{"), 0o600))
		},
		"the rebuild file is nonsense": func(t *testing.T, dir string) {
			must(t, os.WriteFile(filepath.Join(dir, rebuildFile), []byte("zzz"), 0o600))
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			s := w.open()
			w.write(w.every(w.now.Add(-6*time.Hour), time.Minute, 360)...)
			w.replay(s)
			must(t, s.engine.compact(t.Context()))
			w.sync(s)
			w.dir = w.snapshot(s)
			harm(t, w.dir)
			s = w.open()
			w.replay(s)
			w.complete(s, 0)
			if !strings.Contains(w.logged(), "built again") {
				t.Errorf("nobody was told: %s", w.logged())
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func block(t *testing.T, dir, file string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "0*", file))
	if err != nil || len(found) == 0 {
		t.Fatalf("no block in %s: %v", dir, err)
	}
	return found[0]
}

func TestAStoreInUseIsLeftAlone(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	if _, err := Open(t.Context(), w.options(w.dir)); err == nil {
		t.Fatal("the same folder was opened twice")
	}
	if aside, _ := filepath.Glob(w.dir + ".damaged*"); len(aside) > 0 {
		t.Errorf("it was set aside: %v", aside)
	}
	w.write(w.now)
	w.replay(s)
	w.complete(s, 0)
}

func TestAClockThatRanAheadIsHealed(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	today := w.now
	w.write(w.every(today.Add(-90*time.Hour), 5*time.Minute, 90*12)...)
	w.replay(s)
	must(t, s.engine.compact(t.Context()))
	good := len(w.journal)
	w.oldest = good                          // only the store has them now
	ahead := today.Add(600 * 24 * time.Hour) // beyond the retention
	for _, at := range w.every(ahead, time.Minute, 300) {
		w.set(at)
		w.write(at)
		w.replay(s)
	}
	must(t, s.engine.compact(t.Context()))
	w.set(today)
	w.write(w.every(today, time.Second, 10)...)
	w.replay(s)
	got := w.numbers(s)
	for i := range good {
		if _, there := slices.BinarySearch(got, i); !there {
			t.Fatalf("number %d of before the jump is gone; %d are left", i, len(got))
		}
	}
	for i := good + 300; i < len(w.journal); i++ {
		if _, there := slices.BinarySearch(got, i); !there {
			t.Fatalf("number %d of after the jump was not taken", i)
		}
	}
	if !strings.Contains(w.logged(), "was the clock wrong?") {
		t.Errorf("nobody was told: %s", w.logged())
	}
}

func TestAClockThatIsNotSetYetHarmsNothing(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.write(w.every(w.now.Add(-time.Hour), time.Minute, 60)...)
	w.replay(s)
	must(t, s.Close())
	today := w.now
	w.set(time.Unix(1000, 0))
	s = w.open()
	w.write(w.now)
	w.replay(s)
	w.set(today)
	w.write(today)
	w.replay(s)
	if got := w.numbers(s); len(got) != 61 {
		t.Errorf("%d numbers are there, want 61", len(got))
	}
	if aside, _ := filepath.Glob(w.dir + ".damaged*"); len(aside) > 0 {
		t.Errorf("it was set aside: %v", aside)
	}
}

func TestAJournalThatBeganAgain(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.write(w.every(w.now.Add(-time.Hour), time.Second, 50)...)
	w.replay(s)
	must(t, s.Close())
	w.ledger = &historytest.Ledger{} // the journal is new: its first entry is 1 again
	s = w.open()
	if at, _ := s.Cursor(t.Context()); at != 0 {
		t.Errorf("it goes on from %d, want 0", at)
	}
}

func TestAFailedCommitIsRetried(t *testing.T) {
	w := newWorld(t)
	s := w.open()
	w.write(w.every(w.now.Add(-time.Hour), time.Second, 20)...)
	w.replay(s)
	s.broken = fmt.Errorf("no space left on device")
	w.write(w.every(w.now.Add(-time.Minute), time.Second, 20)...)
	w.replay(s)
	w.complete(s, 0)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w.write(w.now)
	if err := s.Consume(ctx, w.journal[40]); err != nil && !errors.Is(err, context.Canceled) {
		t.Errorf("consume: %v", err)
	}
	w.replay(s)
	w.complete(s, 0)
}
