package journal

import (
	"context"
	"errors"
	"testing"
	"time"

	"steward/gateway"
)

// TestWaitingTellsWhatMayStillCome: while the disk refuses, a reader at the
// head knows since when readings wait.
func TestWaitingTellsWhatMayStillCome(t *testing.T) {
	t.Parallel()
	opt, _ := options(t.TempDir())
	refusing, tried := make(chan struct{}), make(chan struct{}, 1000)
	opt.hooks.refuse = func() error {
		select {
		case <-refusing:
			return nil
		default:
			tried <- struct{}{}
			return errors.New("no")
		}
	}
	j := open(t, opt)
	if at, ok := j.Waiting(); ok {
		t.Fatalf("an empty journal waits for what came at %s", at)
	}
	done := make(chan error, 2)
	put := func(d time.Duration) {
		done <- j.Emit(context.Background(), []gateway.Reading{reading(1, epoch.Add(d))})
	}
	waits := func(d time.Duration) func() bool {
		return func() bool {
			at, ok := j.Waiting()
			return ok && at.Equal(epoch.Add(d))
		}
	}
	go put(5 * time.Second) // ends with the test
	<-tried                 // the writer has it
	eventually(t, "it waits for the first", waits(5*time.Second))
	go put(3 * time.Second) // ends with the test
	eventually(t, "it waits for the older one", waits(3*time.Second))
	close(refusing)
	for range 2 {
		if err := <-done; err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, "all is on disk", func() bool { _, ok := j.Waiting(); return !ok })
}
