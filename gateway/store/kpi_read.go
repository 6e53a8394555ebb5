package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"steward/gateway/duty"
	"steward/gateway/sqlite"
)

// before is how much of the time before a period its figures look at: a flood
// may have begun there.
const before = 24 * time.Hour

// KPI makes the figures of a site over [from, to), as far as that lies
// between the site's first commit, or what is kept, and now. One operator is assumed. Alarms of
// Options.NotCounted are left out. Periods within it begin at from.
func (s *Store) KPI(ctx context.Context, site string, from, to time.Time) (duty.KPI, error) {
	if !from.Before(to) {
		return duty.KPI{}, fmt.Errorf("store: figures of site %s: the period ends at %s, before it begins at %s: %w",
			site, to.Format(time.RFC3339), from.Format(time.RFC3339), duty.ErrRefused)
	}
	select { // one at a time: they take memory, and a second one would not be sooner
	case s.figures <- struct{}{}:
		defer func() { <-s.figures }()
	case <-ctx.Done():
		return duty.KPI{}, fmt.Errorf("store: figures of site %s: waiting for others: %w", site, ctx.Err())
	}
	log := newAlarmLog()
	var tickets []duty.Ticket
	p := span{from.UTC(), to.UTC()}
	err := s.read(ctx, func(tx *sql.Tx) (err error) {
		if p, err = s.clip(ctx, tx, site, p); err != nil {
			return err
		}
		if err = s.steps(ctx, tx, site, p, log); err != nil {
			return err
		}
		tickets, err = bodiesOf[duty.Ticket](ctx, s, tx, "tickets", "site = ? AND began < ? AND ended >= ? ORDER BY n",
			[]any{site, ns(p.to), ns(p.from)})
		return err
	})
	if err != nil {
		return duty.KPI{}, fmt.Errorf("store: figures of site %s: %w", site, err)
	}
	k := duty.KPI{Site: site, From: p.from, To: p.to, Service: serviceFigures(p, tickets)}
	k.Alarms, k.Top, k.Rules = alarmFigures(p, log)
	return k, nil
}

// clip cuts a period to the time that the site was watched.
func (s *Store) clip(ctx context.Context, tx *sql.Tx, site string, p span) (span, error) {
	now := s.opt.Now().UTC()
	began := now
	var first int64
	err := tx.QueryRowContext(ctx, "SELECT began FROM cursors WHERE site = ?", site).Scan(&first)
	if err == nil {
		began = at(first)
	} else if !errors.Is(err, sql.ErrNoRows) {
		return p, err
	}
	if kept := now.Add(-s.opt.Keep); s.opt.Keep > 0 && began.Before(kept) {
		began = kept // what was over before may be deleted
	}
	if p.from.Before(began) {
		p.from = began
	}
	if p.to.After(now) {
		p.to = now
	}
	if p.to.Before(p.from) {
		p.to = p.from
	}
	return p, nil
}

// steps reads what happened to alarms in a period and a day before it, and,
// of those that began earlier, the last step before: where they stood. What came earlier, months of a chattering alarm it may be,
// says nothing about the period and is not read.
func (s *Store) steps(ctx context.Context, tx *sql.Tx, site string, p span, log *alarmLog) error {
	since := ns(p.from.Add(-before))
	in := &query{args: []any{site, since, ns(p.to)}}
	in.where.WriteString("t.site = ? AND t.at >= ? AND t.at < ?")
	stood := &query{args: []any{since, site, min(since, ns(p.to)), since}}
	stood.where.WriteString("a.site = ? AND a.began < ? AND a.ended >= ?")
	for _, rule := range s.opt.NotCounted {
		in.and("t.rule <> ?", rule)
		stood.and("a.rule <> ?", rule)
	}
	add := func(scan func(...any) error) error {
		var seq uint64
		var when int64
		var alarm, by string
		var key duty.AlarmKey
		var priority duty.Priority
		var event duty.AlarmEvent
		var was, is duty.AlarmState
		var active bool
		if err := scan(&seq, &when, &alarm, &key.Asset, &key.Rule, &priority, &event, &was, &is, &active, &by); err != nil {
			return err
		}
		log.add(seq, at(when), alarm, key, priority, event, was, is, active, by)
		return nil
	}
	const columns = "SELECT t.seq, t.at, t.alarm, t.asset, t.rule, t.priority, t.event, t.was, t.state, t.active, t.who FROM "
	err := each(ctx, tx, columns+"transitions t WHERE "+in.where.String(), in.args, add)
	if err == nil {
		// CROSS JOIN: SQLite is to begin with the alarms.
		err = each(ctx, tx, columns+`alarms a CROSS JOIN transitions t ON t.site = a.site AND t.seq = (SELECT x.seq FROM transitions x
			WHERE x.site = a.site AND x.alarm = a.id AND x.at < ? ORDER BY x.at DESC, x.seq DESC LIMIT 1) WHERE `+stood.where.String(), stood.args, add)
	}
	return sqlite.Judge(err)
}
