package rules

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/line"
	"steward/gateway/store"
	"steward/rules/ticket"
)

// RunnerName is the runner's name as a reader of the journal.
const RunnerName = "rules"

// The runner's pace.
const (
	tickEvery  = 100 * time.Millisecond // looks for what is due
	tickBehind = 500 * time.Millisecond // readings received so long ago have come through the journal
	saveEvery  = 30 * time.Second       // state without effects, and its cursor; what is younger is played again after a crash
	saveBehind = 50_000                 // entries: with more to be played again it is saved sooner
	clockEvery = 10 * time.Second       // the time alone, when no entry comes that tells it; well under downAfter
)

// Keeper keeps what the runner commits; *store.Store does.
type Keeper interface {
	// Load gives every part of the site's saved state.
	Load(ctx context.Context, site string, part func(key string, body []byte) error) (store.Saved, error)
	// Commit keeps all of it or, with an error, nothing.
	Commit(ctx context.Context, c store.Commit) error
}

// Ledger is what the runner needs of the journal.
type Ledger interface {
	// Advance lets the journal drop what the reader has passed.
	Advance(ctx context.Context, reader string, to gateway.Seq, refused []gateway.Refused) error
	// Head is the position of the newest entry.
	Head() gateway.Seq
	// Waiting returns since when the oldest reading waits to become an entry;
	// false when none does.
	Waiting() (received time.Time, ok bool)
}

// Judges makes an engine and a desk in their first state, of a site and rules
// that do not change.
type Judges func() (*Engine, *ticket.Desk, error)

// RunnerOptions is what a runner is made of.
type RunnerOptions struct {
	Site   *gateway.Site
	Judges Judges
	Keeper Keeper
	Ledger Ledger
	Now    func() time.Time
	Log    *slog.Logger
	Tell   func(duty.Changes) // after each commit that changed something; must not wait
}

// Runner reads the journal, steps the engine and the desk, and commits their
// effects, their state and its cursor in one transaction. What people do goes
// through the same transaction. Its methods are safe for concurrent use.
//
// Readings that change nothing are not committed one by one: the state is
// saved every half minute, and what lies behind the saved cursor is played again
// after a crash, with the same times and so with the same result. Where no
// reading comes only the time is saved: it alone makes of the saved state what
// there is now.
type Runner struct {
	o       RunnerOptions
	decoder *line.Decoder
	reading gateway.Reading // decoded into, again and again

	told atomic.Pointer[gateway.RulesStatus]

	mu       sync.Mutex
	core     Core
	position gateway.Seq       // stepped up to here
	saved    gateway.Seq       // committed up to here
	savedAt  time.Time         // wall clock of the last commit of the state
	timedAt  time.Time         // wall clock when the time was last on disk: by a commit, or by an entry
	keptAt   time.Time         // wall clock of the last commit of any sort
	whole    bool              // the state is not the saved one grown older
	action   *store.Acted      // not yet committed
	parts    map[string][]byte // of the state, changed and not yet committed
	failures int
	rewound  uint64 // times that the clock was set back
	reloads  uint64 // times that the saved state was loaded again
	stored   bool   // the last commit was refused: something of it is there already
	reread   bool   // what the journal gave last is not what comes next
	bad      uint64 // entries that could not be decoded
}

// NewRunner makes a runner. Call Open before anything else.
func NewRunner(o RunnerOptions) *Runner {
	return &Runner{o: o, decoder: line.NewDecoder(), parts: map[string][]byte{}}
}

var _ gateway.Consumer = (*Runner)(nil)

// Open makes engine and desk and brings them to the saved state.
func (r *Runner) Open(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	saved, err := r.load(ctx)
	if err != nil {
		return err
	}
	if !saved.Found {
		// The first start: what the journal has from before is history.
		r.position = r.o.Ledger.Head()
		r.core.Engine.Resume(r.o.Now())
		_, err := r.commit(ctx) // or a crash before the first commit would skip what came meanwhile
		return err
	}
	if head := r.o.Ledger.Head(); saved.Cursor > head {
		r.o.Log.Error("the journal is behind the rules: it must have been lost; they go on with what comes", "cursor", saved.Cursor, "last", head)
		r.position = head
	}
	return nil
}

// load makes other judges and brings them to the saved state. With an error
// those there are go on.
func (r *Runner) load(ctx context.Context) (store.Saved, error) {
	e, d, err := r.o.Judges()
	if err != nil {
		return store.Saved{}, err
	}
	saved, err := r.o.Keeper.Load(ctx, r.o.Site.ID, r.forgiving(Parts(e, d)))
	if err != nil {
		return saved, fmt.Errorf("rules: load the state of site %s: %w", r.o.Site.ID, err)
	}
	r.core, r.action = Core{Engine: e, Desk: d, Log: r.o.Log}, nil
	clear(r.parts)
	r.position, r.saved, r.whole = saved.Cursor, saved.Cursor, true
	r.savedAt, r.timedAt = r.o.Now(), r.o.Now()
	if saved.Found { // what was due by then is to find alarms and tickets as they were then
		r.core.Advance(saved.Clock)
	}
	return saved, nil
}

// again goes on from the saved state after a commit that will never succeed:
// some of it is stored already, be it that the disk took it and then failed.
func (r *Runner) again(ctx context.Context, cause error) error {
	if _, err := r.load(ctx); err != nil {
		return err
	}
	r.reloads++
	r.reread = true
	if !r.stored {
		r.stored = true
		r.o.Log.Error("a part of what is to be kept is stored already; the rules go on from what is stored, and what somebody did last may have to be done again",
			"entry", r.saved, "error", cause)
	}
	return nil
}

// forgiving passes over a part of the saved state that cannot be read: it costs
// itself, and is no reason not to start. Without the counters there is no going
// on: numbers that were given out would be given out again.
func (r *Runner) forgiving(part func(string, []byte) error) func(string, []byte) error {
	return func(key string, body []byte) error {
		err := part(key, body)
		if err == nil || slices.Contains([]string{"e/n", "e/a/meta", "d/desk"}, key) {
			return err
		}
		r.o.Log.Error("a part of the saved state cannot be read and is passed over: what it is of begins anew", "part", key, "error", err)
		return nil
	}
}

// Name is the runner's name as a reader of the journal.
func (r *Runner) Name() string { return RunnerName }

// Cursor is where the journal is to go on.
func (r *Runner) Cursor(context.Context) (gateway.Seq, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.reread = false
	return r.position, nil
}

var errReread = errors.New("rules: they went back to their saved state, and read again from there")

// Consume steps through a batch and commits what came of it. Called again
// with the same entries after an error, it steps through none of them twice.
func (r *Runner) Consume(ctx context.Context, b gateway.Batch) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.reread {
		return errReread
	}
	for i := range b.Entries {
		e := &b.Entries[i]
		if e.Seq <= r.position {
			continue
		}
		if err := r.decoder.Decode(e.Line, &r.reading); err != nil {
			if r.bad++; r.bad == 1 {
				r.o.Log.Error("an entry of the journal cannot be read and is passed over; more are counted", "entry", e.Seq, "error", err)
			}
		} else {
			if err := r.followClock(ctx, r.reading.Received); err != nil {
				return err
			}
			r.core.Take(r.reading)
			r.timedAt = r.o.Now()
		}
		r.position = e.Seq
	}
	r.position = max(r.position, b.Last)
	return r.commitWhenDue(ctx)
}

// Act takes what a person does and returns when it is on disk. An error that
// wraps duty.ErrRefused or duty.ErrUnknown changed nothing.
func (r *Runner) Act(ctx context.Context, a duty.Action) (duty.Changes, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := ctx.Err(); err != nil { // it waited for too long: whoever asked was told that it failed
		return duty.Changes{}, fmt.Errorf("rules: %s was not begun: %w", a.Do, err)
	}
	if r.action != nil { // one that the disk has refused so far
		if _, err := r.commit(ctx); err != nil {
			return duty.Changes{}, err
		}
	}
	if err := r.watchClock(ctx); err != nil {
		return duty.Changes{}, err
	}
	now, _ := r.upTo(r.o.Now())
	if err := r.core.Act(now, a); err != nil {
		return duty.Changes{}, err
	}
	r.action = &store.Acted{At: r.o.Now(), By: a.By, Do: string(a.Do), About: about(a), Text: r.core.Engine.saying(a)}
	return r.commit(ctx)
}

// Run fires what is due while no readings come, and saves the state, until
// ctx ends.
func (r *Runner) Run(ctx context.Context) error {
	tick := time.NewTicker(tickEvery)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return r.leave(context.WithoutCancel(ctx))
		case <-tick.C:
			r.tick(ctx)
		}
	}
}

// leave saves the state, so that the next start need not play it again.
func (r *Runner) leave(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	if _, err := r.commit(ctx); err != nil {
		return fmt.Errorf("rules: save the state: %w", err)
	}
	return nil
}

func (r *Runner) tick(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	err := r.look(ctx)
	defer func() { s := r.status(); r.told.Store(&s) }()
	switch {
	case err == nil && r.failures > 0:
		r.o.Log.Info("alarms and tickets are kept again", "failed", r.failures)
		r.failures = 0
	case err != nil && !errors.Is(err, context.Canceled):
		if r.failures++; r.failures == 1 {
			r.o.Log.Error("alarms and tickets cannot be kept; trying again", "error", err)
		}
	}
}

// look fires what is due and saves what is to be saved.
func (r *Runner) look(ctx context.Context) error {
	if err := r.watchClock(ctx); err != nil {
		return err
	}
	if now, ok := r.upTo(r.o.Now().Add(-tickBehind)); ok && now.After(r.core.Engine.Now()) {
		r.core.Wake(now)
		r.core.Advance(now)
	}
	err := r.commitWhenDue(ctx)
	if err == nil && r.o.Now().Sub(r.timedAt) >= clockEvery {
		err = r.saveTime(ctx)
	}
	return err
}

// Exchange goes on with another engine and desk, made of a site file and
// rules that were loaded again. They begin in the state of the old ones. With
// an error the old ones go on.
func (r *Runner) Exchange(ctx context.Context, next *gateway.Site, judges Judges) error {
	e, d, err := judges()
	if err != nil {
		return err
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	now, _ := r.upTo(r.o.Now())
	r.core.Wake(now)
	r.core.Advance(now) // at an instant of its own, whenever the last tick was
	if _, err := r.commit(ctx); err != nil {
		return err
	}
	was, o := r.core, r.o
	r.core, r.o.Site, r.o.Judges = Core{Engine: e, Desk: d, Log: r.o.Log}, next, judges
	_, err = r.o.Keeper.Load(ctx, next.ID, Parts(e, d))
	if err == nil {
		r.core.Advance(was.Engine.Now())
		_, err = r.commit(ctx)
	}
	if err != nil {
		r.core, r.o = was, o
		clear(r.parts) // of the new ones: the old ones have nothing to save
		return fmt.Errorf("rules: give the new rules the state of the old: %w", err)
	}
	return nil
}
