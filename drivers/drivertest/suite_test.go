package drivertest

import (
	"context"
	"sync/atomic"
	"testing"
	"time"

	"steward/gateway"
)

// counter is the smallest source that keeps the contract: it asks a device
// that answers 1, 2, 3 …
type counter struct{ n atomic.Int64 }

var _ gateway.Source = (*counter)(nil)

func (c *counter) Run(ctx context.Context, emit gateway.Emit) error {
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case now := <-tick.C:
			r := gateway.Reading{Asset: "a", Time: now, Received: now,
				Values: []gateway.Value{gateway.Good("n", float64(c.n.Add(1)))}}
			if err := emit(ctx, []gateway.Reading{r}); err != nil {
				continue // refused readings are gone
			}
		}
	}
}

func TestSuiteAcceptsACorrectSource(t *testing.T) {
	Run(t, func(*testing.T) Wire {
		c := &counter{}
		return Wire{
			Source: c,
			Assets: []gateway.AssetID{"a"},
			Number: func(r gateway.Reading) (int, bool) { return int(r.Values[0].Number), true },
			Held:   1,
			Taken:  func() int { return int(c.n.Load()) },
		}
	})
}
