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

// TicketFilter says which tickets a list shows; an empty field asks for
// nothing.
type TicketFilter struct {
	IDs        []string // at most MaxIDs of duty: what stands behind a figure
	States     []duty.TicketState
	Classes    []duty.Class
	Priorities []duty.Priority
	Assets     []gateway.AssetID
	Areas      []string // of the ticket itself
	Unit       string
	Fault      string
	Origin     duty.Origin
	Open       bool      // not over
	Breached   bool      // one of its clocks was broken
	From, To   time.Time // its life touches [From, To)
	After      string    // ID of the last one of the page before
	Limit      int       // at most 500; 0: 100
}

// Tickets lists a site's tickets, the newest first.
func (s *Store) Tickets(ctx context.Context, site string, f TicketFilter) ([]duty.Ticket, error) {
	q := of(site)
	q.ids("tickets", site, f.IDs)
	among(q, "state", f.States)
	among(q, "class", f.Classes)
	q.priorities(f.Priorities)
	among(q, "asset", f.Assets)
	among(q, "area", f.Areas)
	q.is("unit", f.Unit)
	q.is("fault", f.Fault)
	q.is("origin", string(f.Origin))
	if f.Open {
		q.and("open = 1")
	}
	if f.Breached {
		q.and("breached = 1")
	}
	q.lived(f.From, f.To)
	q.older("tickets", f.After, site)
	out, err := bodiesOf[duty.Ticket](ctx, s, s.r, "tickets", q.where.String()+" ORDER BY n DESC LIMIT ?", append(q.args, limit(f.Limit)))
	if err != nil {
		return nil, fmt.Errorf("store: listing tickets of site %s: %w", site, err)
	}
	return out, nil
}

// Ticket returns one ticket with its timeline, the newest 500 lines of it;
// Timeline has the others. An error wraps duty.ErrUnknown when there is no
// such ticket.
func (s *Store) Ticket(ctx context.Context, site, id string) (duty.Ticket, []duty.TicketEvent, error) {
	var rows []duty.Ticket
	var events []duty.TicketEvent
	err := s.read(ctx, func(tx *sql.Tx) (err error) { // both of one instant
		if rows, err = bodiesOf[duty.Ticket](ctx, s, tx, "tickets", "site = ? AND id = ?", []any{site, id}); err != nil {
			return err
		}
		if between := s.opt.hooks.between; between != nil {
			between()
		}
		events, err = s.timeline(ctx, tx, site, id, 0, maxLimit)
		return err
	})
	if err != nil {
		return duty.Ticket{}, nil, fmt.Errorf("store: ticket %s of site %s: %w", id, site, err)
	}
	k, err := one(rows, "ticket", id, site)
	if err != nil {
		return k, nil, err
	}
	return k, events, nil
}

// Timeline returns the last lines of a ticket's timeline before the line
// numbered before (0: all), in their order.
func (s *Store) Timeline(ctx context.Context, site, ticket string, before, n int) ([]duty.TicketEvent, error) {
	out, err := s.timeline(ctx, s.r, site, ticket, before, n)
	if err != nil {
		return nil, fmt.Errorf("store: timeline of ticket %s of site %s: %w", ticket, site, err)
	}
	return out, nil
}

func (s *Store) timeline(ctx context.Context, db querier, site, ticket string, before, n int) ([]duty.TicketEvent, error) {
	q := of(site)
	q.and("ticket = ?", ticket)
	if before > 0 {
		q.and("no < ?", before)
	}
	out, err := bodiesOf[duty.TicketEvent](ctx, s, db, "ticket_events", q.where.String()+" ORDER BY no DESC LIMIT ?", append(q.args, limit(n)))
	if err != nil {
		return nil, err
	}
	slices.Reverse(out)
	return out, nil
}
