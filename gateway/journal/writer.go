package journal

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"steward/gateway"
	"steward/gateway/sqlite"
)

// writerState is what only the writer's goroutine touches.
type writerState struct {
	unchecked bool          // the file was too large to be checked at the start
	begin     time.Duration // running time when the last commit began
	clockBase int64         // running clock at Open, ns
	deleteTo  gateway.Seq   // blocks the books no longer hold but the disk does
	queue     []blockInfo   // the oldest blocks, as read from disk
	refusing  error         // why nothing may be written although the disk would take it
	scratch   []byte
	closeErr  error
}

// clock is how long the gateway has been running over this journal's life,
// plus what it was down, as far as that is believed. The wall clock may jump
// as it likes.
func (j *Journal) clock() int64 { return j.writer.clockBase + int64(j.opt.hooks.running()) }

// write is the writer: it puts groups on disk, one transaction each, and
// keeps house, until ctx ends.
func (j *Journal) write(ctx context.Context) {
	tick := time.NewTicker(j.opt.hooks.tick)
	defer tick.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-j.kick:
			j.pace(ctx)
			j.commit(ctx)
		case <-tick.C:
			j.keepHouse()
		}
		j.suspect(ctx)
	}
	j.commit(ctx)
	j.mu.Lock()
	j.books.dirty = true // the running clock, at least
	j.mu.Unlock()
	j.writer.closeErr = j.flush()
}

// pace waits until the last commit began one interval ago: at most 200
// commits a second under load, no wait at all when idle. While readings keep
// coming, at more than 400 a second, it waits for more of them: up to 20 ms.
// Emitters that wait for their commit before they go on stop coming, and are
// not kept waiting.
func (j *Journal) pace(ctx context.Context) {
	interval, running := j.opt.hooks.interval, j.opt.hooks.running
	if wait := j.writer.begin + interval - running(); wait > 0 {
		sleep(ctx, wait)
	}
	j.emitMu.Lock()
	coming := running()-j.lastAdd < interval/2 && len(j.pending.body) < maxBlock
	j.emitMu.Unlock()
	if wait := j.writer.begin + gatherIntervals*interval - running(); coming && wait > 0 {
		sleep(ctx, wait)
	}
	j.writer.begin = running()
}

// sleep waits for d; false when ctx ended first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// commit puts the pending group on disk, however long the disk refuses, and
// tells everybody.
func (j *Journal) commit(ctx context.Context) {
	g := j.take()
	if g.empty() {
		j.giveBack(&g)
		return
	}
	j.mu.Lock()
	first := j.books.last + 1
	j.mu.Unlock()
	blocks := g.blocks(first)
	for attempt := 0; ; attempt++ {
		err := j.transact(blocks, nil)
		if err == nil {
			break
		}
		if !j.again(ctx, err, attempt) {
			g.out.err = fmt.Errorf("%w while the disk refused: %w", ErrClosed, err)
			close(g.out.done)
			return
		}
	}
	j.publish(&g, blocks)
}

// publish makes a group that is on disk known: to readers, to observers, to
// its emitters.
func (j *Journal) publish(g *group, blocks []*block) {
	clock := j.clock()
	j.mu.Lock()
	for _, b := range blocks {
		if j.oldest.first == 0 {
			j.oldest = blockInfo{first: b.first, last: b.last(), bytes: b.size(), at: clock, received: b.lo}
		}
		j.books.add(b.first, uint64(len(b.ends)), b.hour, b.size())
		j.ring.add(b)
	}
	j.health.commits++
	close(j.wake)
	j.wake = make(chan struct{})
	full := j.books.bytes > j.opt.MaxBytes
	j.mu.Unlock()
	if g.keep {
		j.emitMu.Lock()
		observers := j.observers
		j.emitMu.Unlock()
		for _, f := range observers {
			f(blocks[0].first, g.readings)
		}
	}
	close(g.out.done)
	j.giveBack(g)
	if full {
		j.retain()
	}
}

// transact is one transaction of the writer.
func (j *Journal) transact(blocks []*block, due *dues) (err error) {
	if blocks != nil {
		err = j.writer.refusing // cursors and counters take no more disk
	}
	if err == nil {
		err = j.opt.hooks.refuse()
	}
	if err == nil && j.st == nil {
		err = j.reopen()
	}
	if err == nil {
		j.writer.scratch, err = j.st.write(blocks, j.clock(), due, j.writer.scratch)
	}
	if err != nil {
		return err
	}
	j.recovered()
	j.opt.hooks.settled()
	return nil
}

// again deals with a transaction the disk refused: it waits, or replaces a
// damaged file. It returns false when ctx ended: no more attempts.
func (j *Journal) again(ctx context.Context, err error, attempt int) bool {
	j.refused(err)
	if ctx.Err() != nil {
		return false
	}
	if errors.Is(err, sqlite.ErrDamaged) {
		if err = j.replace(err); err == nil {
			return true
		}
		j.refused(err)
	}
	pause := min(j.opt.hooks.retry<<min(attempt, 20), retryLast)
	if !sleep(ctx, pause/2+rand.N(pause/2+1)) {
		return false
	}
	j.keepHouse()
	return true
}

// keepHouse is what the writer does once a second: watch the free disk, let
// old entries go, and put cursors and counters on disk.
func (j *Journal) keepHouse() {
	j.guardReserve()
	j.retain()
	if err := j.flush(); err != nil {
		j.refused(err)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.health.rounds++
}

// flush puts on disk what the books owe.
func (j *Journal) flush() error {
	j.mu.Lock()
	if !j.books.dirty && j.writer.deleteTo == 0 && len(j.aside) == 0 {
		j.mu.Unlock()
		return nil
	}
	d := j.books.dues()
	d.site, d.clock, d.wall = j.opt.Site.ID, j.clock(), j.opt.Now().UnixNano()
	d.deleteTo, d.forgotten = j.writer.deleteTo, j.forgotten
	d.aside, j.aside = j.aside, nil
	j.mu.Unlock()

	err := j.transact(nil, d)

	j.mu.Lock()
	defer j.mu.Unlock()
	if err != nil {
		j.books.owed(d)
		late := j.aside
		j.aside = d.aside
		j.trimAside(late)
		return fmt.Errorf("putting cursors and counters on disk: %w", err)
	}
	j.books.settled(d)
	j.writer.deleteTo = 0
	return nil
}

// putAside keeps refused entries until the next flush; the caller holds the
// lock.
func (j *Journal) putAside(reader string, refused []gateway.Refused) {
	if len(refused) == 0 {
		return
	}
	rows := make([]asideRow, len(refused))
	at := j.opt.Now().UnixNano()
	for i, r := range refused {
		r.Line = append([]byte{}, r.Line...) // the batch's lines are only lent
		rows[i] = asideRow{reader: reader, Refused: r, at: at}
	}
	j.trimAside(rows)
}

// trimAside adds rows and keeps the newest keepAside.
func (j *Journal) trimAside(rows []asideRow) {
	j.aside = append(j.aside, rows...)
	if over := len(j.aside) - keepAside; over > 0 {
		j.forgotten += uint64(over)
		j.aside = append([]asideRow{}, j.aside[over:]...)
	}
}

// refused notes a refusal: said once, then counted.
func (j *Journal) refused(err error) {
	j.mu.Lock()
	first := j.health.refused(err, j.opt.Now())
	j.mu.Unlock()
	if first {
		j.log.Error("the journal cannot write: sources are held back until it can", "dir", j.opt.Dir, "err", err)
	}
}

// recovered notes that the disk took a transaction.
func (j *Journal) recovered() {
	j.mu.Lock()
	failures := j.health.recovered(j.opt.Now())
	j.mu.Unlock()
	if failures > 0 {
		j.log.Info("the journal writes again", "dir", j.opt.Dir, slog.Int("refusals", failures))
	}
}
