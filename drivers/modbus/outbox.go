package modbus

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"steward/drivers"
	"steward/gateway"
)

// grace is how long readings that were already taken may still take to reach
// the disk after the source was told to stop.
const grace = 500 * time.Millisecond

// outbox lets the next poll run while the last ones are being committed. It
// holds a bounded number of readings; when it is full, the line waits.
type outbox struct {
	limit int
	log   *slog.Logger
	wake  chan struct{} // something was put
	space chan struct{} // something was taken

	mu     sync.Mutex
	queue  []gateway.Reading // its slots keep their Values from one use to the next
	n      int
	closed bool

	sending []gateway.Reading
	fault   drivers.Fault
}

// outboxMax bounds the readings of a bus that wait for the disk.
const outboxMax = 64

// newOutbox makes an outbox for that many assets.
func newOutbox(assets int, log *slog.Logger) *outbox {
	return &outbox{limit: min(2*assets, outboxMax), log: log,
		wake: make(chan struct{}, 1), space: make(chan struct{}, 1)}
}

// put copies the reading and waits only while the outbox is full.
func (o *outbox) put(ctx context.Context, r *gateway.Reading) error {
	for !o.tryPut(r) {
		select {
		case <-o.space:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	signal(o.wake)
	return nil
}

func (o *outbox) tryPut(r *gateway.Reading) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n == o.limit {
		return false
	}
	if o.n == len(o.queue) {
		o.queue = append(o.queue, gateway.Reading{})
	}
	slot := &o.queue[o.n]
	slot.Asset, slot.Time, slot.Received = r.Asset, r.Time, r.Received
	slot.Values = append(slot.Values[:0], r.Values...)
	o.n++
	return true
}

// close lets run end when everything was emitted.
func (o *outbox) close() {
	o.mu.Lock()
	o.closed = true
	o.mu.Unlock()
	signal(o.wake)
}

// run emits what is put until close, in order. After ctx has ended, emit has
// grace left for the rest.
func (o *outbox) run(ctx context.Context, emit gateway.Emit) {
	out, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	for {
		readings, closed := o.take()
		if len(readings) == 0 {
			if closed {
				return
			}
			<-o.wake
			continue
		}
		o.emit(out, emit, readings)
	}
}

func (o *outbox) take() (readings []gateway.Reading, closed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.n > 0 {
		o.queue, o.sending = o.sending, o.queue
		readings = o.sending[:o.n]
		o.n = 0
		signal(o.space)
	}
	return readings, o.closed
}

// emit hands readings over together and, when that was refused, each alone,
// so that one the site does not know costs the others nothing.
func (o *outbox) emit(ctx context.Context, emit gateway.Emit, readings []gateway.Reading) {
	if emit(ctx, readings) == nil {
		o.fault.Clear(o.log, "readings are taken again")
		return
	}
	for i := range readings {
		if err := emit(ctx, readings[i:i+1]); err != nil {
			o.fault.Fail(o.log, "a reading was not taken and is gone", fmt.Errorf("asset %s: %w", readings[i].Asset, err))
		}
	}
}

// signal wakes whoever waits, or will wait next, on c.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
