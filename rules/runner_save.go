package rules

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"steward/gateway/duty"
	"steward/gateway/store"
)

// commitWhenDue commits at once what playing entries again would not bring
// about alike, and state alone now and then.
func (r *Runner) commitWhenDue(ctx context.Context) error {
	if r.core.Done.Empty() && r.action == nil && !r.core.woken && (r.position == r.saved ||
		r.o.Now().Sub(r.savedAt) < saveEvery && r.position-r.saved < saveBehind) {
		return nil
	}
	_, err := r.commit(ctx)
	return err
}

// saveTime saves how late it is. After a crash the saved state is brought to
// that time, and is what it is now: nothing but time has changed it. Where
// something else has, all of it is saved.
func (r *Runner) saveTime(ctx context.Context) error {
	if r.whole || r.position != r.saved || len(r.parts) > 0 {
		_, err := r.commit(ctx)
		return err
	}
	c := store.Commit{Site: r.o.Site.ID, Cursor: r.saved, Clock: r.core.Engine.Now()}
	if err := r.o.Keeper.Commit(ctx, c); err != nil {
		return fmt.Errorf("rules: keep the time at entry %d: %w", r.saved, err)
	}
	r.timedAt = r.o.Now()
	r.keptAt = r.timedAt
	return nil
}

// commit writes all that is pending in one transaction. What could not be
// written stays pending.
func (r *Runner) commit(ctx context.Context) (duty.Changes, error) {
	c := r.pending()
	if err := r.o.Keeper.Commit(ctx, c); err != nil {
		err = fmt.Errorf("rules: keep alarms and tickets up to entry %d: %w", r.position, err)
		if errors.Is(err, store.ErrDuplicate) {
			err = errors.Join(err, r.again(ctx, err))
		}
		return duty.Changes{}, err
	}
	now := r.o.Now()
	r.stored, r.whole, r.core.woken = false, false, false
	r.saved, r.savedAt, r.timedAt, r.keptAt = r.position, now, now, now
	r.action, r.core.Done = nil, Done{}
	clear(r.parts)
	changes := changesOf(c)
	if r.o.Tell != nil && len(changes.Alarms)+len(changes.Tickets) > 0 {
		r.o.Tell(changes)
	}
	if err := r.o.Ledger.Advance(ctx, RunnerName, r.saved, nil); err != nil {
		r.o.Log.Warn("the journal was not told how far the rules are; it keeps entries for longer", "error", err)
	}
	return changes, nil
}

// pending is all that is to be kept.
func (r *Runner) pending() store.Commit {
	keep := func(prefix string) func(string, []byte) {
		return func(key string, body []byte) { r.parts[prefix+key] = body }
	}
	r.core.Engine.Save(keep("e/"))
	r.core.Desk.Save(keep("d/"))
	d := &r.core.Done
	c := store.Commit{
		Site: r.o.Site.ID, Cursor: r.position, Clock: r.core.Engine.Now(), State: make([]store.State, 0, len(r.parts)),
		Transitions: d.Transitions, Tickets: d.Tickets, Events: d.Events, Outbox: d.Outbox, Action: r.action,
	}
	for _, key := range slices.Sorted(maps.Keys(r.parts)) {
		c.State = append(c.State, store.State{Key: key, Body: r.parts[key]})
	}
	return c
}
