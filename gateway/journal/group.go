package journal

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/line"
)

const (
	// maxPending bounds the lines that wait for the disk, in bytes. Emit
	// blocks beyond it.
	maxPending = 2 << 20
	// maxRuns bounds the blocks one group makes because its entries were
	// received in different hours; beyond, an entry counts for the hour of
	// the one before it.
	maxRuns = 16
	// maxSpare is how many values are kept for reuse, at most.
	maxSpare = 1 << 15
)

// outcome is what all emitters of one group wait for.
type outcome struct {
	done chan struct{}
	err  error // set before done is closed
}

// group is what the next transaction puts on disk.
type group struct {
	out  *outcome
	body []byte   // the lines, each with its newline
	ends []uint32 // where each ends
	runs []run
	keep bool // whether it copies readings for observers
	heap
}

// heap holds copies of readings: a caller whose context ends early may use
// its slices again while the group is still on its way to the disk.
type heap struct {
	readings []gateway.Reading
	values   []gateway.Value
}

// run is where a block begins in a group, and what it is made of.
type run struct {
	entry  int
	offset uint32 // in body
	hour   int64
	lo, hi int64
}

func (g *group) empty() bool { return len(g.ends) == 0 }

// add encodes readings behind the group, all or none of them.
func (g *group) add(enc *line.Encoder, r []gateway.Reading) error {
	size, entries := len(g.body), len(g.ends)
	for i := range r {
		var err error
		if g.body, err = enc.Append(g.body, &r[i]); err != nil {
			g.body, g.ends = g.body[:size], g.ends[:entries]
			return err
		}
		g.body = append(g.body, '\n')
		if len(g.body) > math.MaxInt32 {
			g.body, g.ends = g.body[:size], g.ends[:entries]
			return fmt.Errorf("journal: %d readings at once are over 2 GiB", len(r))
		}
		g.ends = append(g.ends, uint32(len(g.body)))
	}
	for i := range r {
		g.addRun(entries+i, r[i].Received.UnixNano())
	}
	if g.keep {
		g.copy(r)
	}
	return nil
}

func (g *group) addRun(entry int, received int64) {
	var start uint32
	if entry > 0 {
		start = g.ends[entry-1]
	}
	hour := hourOf(received)
	if n := len(g.runs); n > 0 {
		last := &g.runs[n-1]
		if n >= maxRuns {
			hour = last.hour
		}
		if hour == last.hour && g.ends[entry]-last.offset <= maxBlock {
			last.lo, last.hi = min(last.lo, received), max(last.hi, received)
			return
		}
	}
	g.runs = append(g.runs, run{entry: entry, offset: start, hour: hour, lo: received, hi: received})
}

func hourOf(ns int64) int64 {
	const hour = int64(time.Hour)
	if ns < 0 {
		return (ns+1)/hour - 1
	}
	return ns / hour
}

func (h *heap) copy(r []gateway.Reading) {
	for i := range r {
		reading := r[i]
		start := len(h.values)
		h.values = append(h.values, reading.Values...)
		reading.Values = h.values[start:len(h.values):len(h.values)]
		h.readings = append(h.readings, reading)
	}
}

// reset makes the heap ready for another group and lets go of what it held.
func (h *heap) reset() {
	clear(h.readings)
	clear(h.values)
	h.readings, h.values = h.readings[:0], h.values[:0]
	if cap(h.values) > maxSpare {
		*h = heap{}
	}
}

// blocks cuts the group into rows, the first with the number given.
func (g *group) blocks(first gateway.Seq) []*block {
	out := make([]*block, 0, len(g.runs))
	for i, r := range g.runs {
		to, end := len(g.ends), uint32(len(g.body))
		if i+1 < len(g.runs) {
			to, end = g.runs[i+1].entry, g.runs[i+1].offset
		}
		b := &block{first: first + gateway.Seq(r.entry), hour: r.hour, lo: r.lo, hi: r.hi,
			body: g.body[r.offset:end:end], ends: g.ends[r.entry:to:to]}
		if r.offset > 0 {
			b.ends = slices.Clone(b.ends)
			for k := range b.ends {
				b.ends[k] -= r.offset
			}
		}
		out = append(out, b)
	}
	return out
}

// Emit is a gateway.Emit. When ctx ends while it waits, its error wraps
// ctx.Err() and the readings may or may not be on disk: a source that emits
// them again repeats them, which every reader bears.
func (j *Journal) Emit(ctx context.Context, r []gateway.Reading) error {
	if len(r) == 0 {
		return nil
	}
	out, err := j.enqueue(ctx, r)
	if err != nil {
		return err
	}
	select {
	case <-out.done:
		return out.err
	case <-ctx.Done():
		return fmt.Errorf("journal: waiting for the disk: %w", ctx.Err())
	}
}

// enqueue puts readings into the pending group, when that has room.
func (j *Journal) enqueue(ctx context.Context, r []gateway.Reading) (*outcome, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("journal: %w", err)
	}
	j.emitMu.Lock()
	for !j.closing && len(j.pending.body) >= maxPending {
		room := j.room
		j.emitMu.Unlock()
		select {
		case <-room:
		case <-ctx.Done():
			return nil, fmt.Errorf("journal: waiting for the disk: %w", ctx.Err())
		}
		j.emitMu.Lock()
	}
	defer j.emitMu.Unlock()
	if j.closing {
		return nil, ErrClosed
	}
	g := &j.pending
	if g.body == nil {
		g.body = make([]byte, 0, j.bodyHint)
		g.ends = make([]uint32, 0, j.endsHint)
	}
	if g.empty() {
		g.keep = len(j.observers) > 0
	}
	if err := g.add(j.encoder, r); err != nil {
		return nil, err
	}
	j.lastAdd = j.opt.hooks.running()
	if g.out == nil {
		g.out = &outcome{done: make(chan struct{})}
		signal(j.kick)
	}
	return g.out, nil
}

// take hands the pending group to the writer and begins another one with the
// spare heap.
func (j *Journal) take() group {
	j.emitMu.Lock()
	defer j.emitMu.Unlock()
	g := j.pending
	j.pending = group{runs: j.spareRuns[:0], heap: j.spare}
	j.spare, j.spareRuns = heap{}, nil
	if !g.empty() {
		j.writing = g.oldest()
		// The next group will be about as large as the last ones were.
		j.bodyHint = min(max(len(g.body)+len(g.body)/4, j.bodyHint-j.bodyHint/8), maxBlock)
		j.endsHint = min(max(len(g.ends)+len(g.ends)/4, j.endsHint-j.endsHint/8), maxBlock/64)
	}
	close(j.room)
	j.room = make(chan struct{})
	return g
}

// giveBack returns a finished group's buffers for reuse.
func (j *Journal) giveBack(g *group) {
	g.reset()
	j.emitMu.Lock()
	j.spare, j.spareRuns, j.writing = g.heap, g.runs, 0
	j.emitMu.Unlock()
}

// oldest is when the oldest entry of a group was received, 0 of none.
func (g *group) oldest() (received int64) {
	for i, r := range g.runs {
		if i == 0 || r.lo < received {
			received = r.lo
		}
	}
	return received
}

// Waiting returns when the oldest reading was received that was emitted and
// is not on disk yet; false when all are. Asked before Head, it tells a reader
// who has come to the head what may still come behind it.
func (j *Journal) Waiting() (received time.Time, ok bool) {
	j.emitMu.Lock()
	defer j.emitMu.Unlock()
	ns := j.pending.oldest()
	if j.writing != 0 && (ns == 0 || j.writing < ns) {
		ns = j.writing
	}
	return time.Unix(0, ns).UTC(), ns != 0
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
