package store

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
)

// AlarmFilter says which alarms a list shows; an empty field asks for
// nothing. Areas are the caller's: it knows which assets lie in them.
type AlarmFilter struct {
	IDs        []string // at most MaxIDs of duty: what stands behind a figure
	States     []duty.AlarmState
	Priorities []duty.Priority
	Assets     []gateway.AssetID
	Rule       string
	Fault      string
	Open       bool      // not normal
	From, To   time.Time // its life touches [From, To)
	After      string    // ID of the last one of the page before
	Limit      int       // at most 500; 0: 100
}

// Alarms lists a site's alarms, the newest first.
func (s *Store) Alarms(ctx context.Context, site string, f AlarmFilter) ([]duty.Alarm, error) {
	q := of(site)
	q.ids("alarms", site, f.IDs)
	among(q, "state", f.States)
	q.priorities(f.Priorities)
	among(q, "asset", f.Assets)
	q.is("rule", f.Rule)
	q.is("fault", f.Fault)
	if f.Open {
		q.and("open = 1")
	}
	q.lived(f.From, f.To)
	q.older("alarms", f.After, site)
	out, err := bodiesOf[duty.Alarm](ctx, s, s.r, "alarms", q.where.String()+" ORDER BY n DESC LIMIT ?", append(q.args, limit(f.Limit)))
	if err != nil {
		return nil, fmt.Errorf("store: listing alarms of site %s: %w", site, err)
	}
	return out, nil
}

// Alarm returns one alarm with its transitions in their order, the newest 500
// of them; Transitions has the others. An error wraps duty.ErrUnknown when
// there is no such alarm.
func (s *Store) Alarm(ctx context.Context, site, id string) (duty.Alarm, []duty.Transition, error) {
	var rows []duty.Alarm
	var t []duty.Transition
	err := s.read(ctx, func(tx *sql.Tx) (err error) { // both of one instant
		if rows, err = bodiesOf[duty.Alarm](ctx, s, tx, "alarms", "site = ? AND id = ?", []any{site, id}); err != nil {
			return err
		}
		if between := s.opt.hooks.between; between != nil {
			between()
		}
		t, err = s.transitions(ctx, tx, site, TransitionFilter{Alarm: id, Newest: true, Limit: maxLimit})
		return err
	})
	if err != nil {
		return duty.Alarm{}, nil, fmt.Errorf("store: alarm %s of site %s: %w", id, site, err)
	}
	a, err := one(rows, "alarm", id, site)
	if err != nil {
		return a, nil, err
	}
	slices.Reverse(t)
	return a, t, nil
}

// TransitionFilter says which transitions a list shows; an empty field asks
// for nothing.
type TransitionFilter struct {
	Alarm    string
	Assets   []gateway.AssetID
	Rule     string
	Events   []duty.AlarmEvent
	ByPeople bool      // only what somebody did
	From, To time.Time // At in [From, To)
	Newest   bool      // the newest first
	After    uint64    // Seq of the last one of the page before; 0: from the first one
	Limit    int       // at most 500; 0: 100
}

// Transitions lists a site's transitions in the order in which they happened,
// or the other way round.
func (s *Store) Transitions(ctx context.Context, site string, f TransitionFilter) ([]duty.Transition, error) {
	out, err := s.transitions(ctx, s.r, site, f)
	if err != nil {
		return nil, fmt.Errorf("store: listing transitions of site %s: %w", site, err)
	}
	return out, nil
}

func (s *Store) transitions(ctx context.Context, db querier, site string, f TransitionFilter) ([]duty.Transition, error) {
	q := of(site)
	q.is("alarm", f.Alarm)
	among(q, "asset", f.Assets)
	q.is("rule", f.Rule)
	among(q, "event", f.Events)
	if f.ByPeople {
		q.and("who <> ''")
	}
	q.within(f.From, f.To)
	seq, order := "seq", " ORDER BY seq LIMIT ?"
	if !f.From.IsZero() || !f.To.IsZero() {
		seq = "+seq" // let SQLite search by time, not walk a whole history in order
	}
	switch {
	case f.After > 0 && f.Newest:
		q.and(seq+" < ?", int64(f.After))
	case f.After > 0:
		q.and(seq+" > ?", int64(f.After))
	}
	if f.Newest {
		order = " ORDER BY seq DESC LIMIT ?"
	}
	return bodiesOf[duty.Transition](ctx, s, db, "transitions", q.where.String()+order, append(q.args, limit(f.Limit)))
}
