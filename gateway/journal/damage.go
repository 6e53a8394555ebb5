package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"steward/gateway"
	"steward/gateway/sqlite"
)

// openFile opens the journal's file at the start, or sets a damaged one aside
// and begins another.
func (j *Journal) openFile(ctx context.Context) error {
	st, unchecked, err := openStore(ctx, j.opt.Dir)
	var l *loaded
	if err == nil {
		if l, err = load(ctx, st.w, j.opt.Site.ID); err != nil {
			_ = st.close() // the first error says more
		}
	}
	if errors.Is(err, sqlite.ErrDamaged) {
		st, l, err = j.salvage(ctx, err)
	}
	if err != nil {
		return fmt.Errorf("journal: opening: %w", err)
	}
	if l.site != "" && l.site != j.opt.Site.ID {
		return errors.Join(fmt.Errorf("journal: %s belongs to site %q, not %q: give this site another data folder",
			st.path, l.site, j.opt.Site.ID), st.close())
	}
	j.st, j.books, j.forgotten = st, l.books, l.forgotten
	j.writer.unchecked = unchecked
	j.writer.clockBase = l.clock + j.downtime(l.wall)
	j.books.adopt(j.opt.Readers)
	j.books.dirty = true // so that others who look know whose it is
	j.opt.hooks.opened(st)
	j.head() // for Status
	return nil
}

// downtime is how long the gateway was down since a wall-clock time, as far
// as that is believed: not less than nothing, and at most half of MaxAge, so
// that one jump of the clock never makes everything too old.
func (j *Journal) downtime(wall int64) int64 {
	if wall == 0 {
		return 0
	}
	return min(max(j.opt.Now().UnixNano()-wall, 0), int64(j.opt.MaxAge/2))
}

// salvage takes out of a damaged file what can be read of its cursors and
// counters, sets it aside and begins another one, whose numbers go on above
// every cursor.
func (j *Journal) salvage(ctx context.Context, cause error) (*store, *loaded, error) {
	l, complete := &loaded{books: newBooks()}, false
	if db, err := fileIn(j.opt.Dir).Readers(1); err == nil {
		var errLoad error
		l, errLoad = load(ctx, db, j.opt.Site.ID)
		complete = errLoad == nil
		_ = db.Close() // it is being given up
	}
	name, err := fileIn(j.opt.Dir).SetAside(j.opt.Now())
	if err != nil {
		return nil, nil, err
	}
	st, _, err := openStore(ctx, j.opt.Dir)
	if err != nil {
		return nil, nil, err
	}
	b := l.books
	for _, seq := range b.cursors {
		b.last = max(b.last, seq)
	}
	if !complete {
		// Nobody knows how far the numbers went: a million entries more,
		// or a million a second since 1970, are above all of them.
		b.last = max(b.last+1<<20, gateway.Seq(max(j.opt.Now().Unix(), 0))<<20)
	}
	j.setAside(name, cause, b.startOver(ReasonDamaged))
	l.site = j.opt.Site.ID
	return st, l, nil
}

func (j *Journal) setAside(name string, cause error, dropped uint64) {
	j.health.setAside(name, j.opt.Now())
	j.health.drop(ReasonDamaged, dropped)
	j.log.Error("the journal's file is damaged: it was set aside and a new one begun",
		"aside", name, "dropped", dropped, "err", cause)
}

// replace sets the file aside while running, and begins another. What no
// reader had passed is counted as dropped.
func (j *Journal) replace(cause error) error {
	j.storeMu.Lock()
	defer j.storeMu.Unlock()
	if j.st != nil {
		_ = j.st.close() // it is being given up
		j.st = nil
	}
	name, err := fileIn(j.opt.Dir).SetAside(j.opt.Now())
	if err != nil {
		return err
	}
	j.writer.queue, j.writer.deleteTo = nil, 0
	j.mu.Lock()
	j.setAside(name, cause, j.books.startOver(ReasonDamaged))
	j.ring, j.oldest = ring{}, blockInfo{}
	j.mu.Unlock()
	return j.openNew()
}

// reopen opens a file where none could be opened before.
func (j *Journal) reopen() error {
	j.storeMu.Lock()
	defer j.storeMu.Unlock()
	return j.openNew()
}

func (j *Journal) openNew() error {
	st, _, err := openStore(context.Background(), j.opt.Dir)
	if err != nil {
		return err
	}
	j.opt.hooks.opened(st)
	j.st = st
	return nil
}

// suspicion tells the writer that a file may be damaged.
func (j *Journal) suspicion(err error) {
	if errors.Is(err, sqlite.ErrDamaged) {
		j.damaged.Store(&err)
		signal(j.kick)
	}
}

// suspect looks through the file when a reader met damage, and replaces it
// when that is so.
func (j *Journal) suspect(ctx context.Context) {
	if j.damaged.Swap(nil) == nil || j.st == nil {
		return
	}
	if err := sqlite.Check(context.WithoutCancel(ctx), j.st.w); errors.Is(err, sqlite.ErrDamaged) {
		if err := j.replace(err); err != nil {
			j.refused(err)
		}
	}
}

// checkLater looks through a large file beside the work, once, until ctx
// ends.
func (j *Journal) checkLater(ctx context.Context) {
	start := time.Now()
	j.storeMu.RLock()
	defer j.storeMu.RUnlock()
	if j.st == nil {
		return
	}
	err := sqlite.Check(ctx, j.st.r)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		j.suspicion(err)
	default:
		j.log.Info("the journal's file was checked", "file", j.st.path, "took", time.Since(start).Round(time.Millisecond))
	}
}
