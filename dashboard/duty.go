package dashboard

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/store"
)

// Desk is where people's actions go, and who knows the rules; *rules.Runner
// is one.
type Desk interface {
	// Act does what a person asks and returns when it is on disk. An error
	// wraps duty.ErrRefused or duty.ErrUnknown where the person is to be told.
	Act(context.Context, duty.Action) (duty.Changes, error)
	Rules() []duty.Rule
	// Explain says of every rule of an asset why it is or is not alarming.
	Explain(gateway.AssetID) ([]duty.Explanation, error)
	Facts() []duty.Fact
}

// Records know what happened; *store.Store does.
type Records interface {
	Alarms(ctx context.Context, site string, f store.AlarmFilter) ([]duty.Alarm, error)
	Alarm(ctx context.Context, site, id string) (duty.Alarm, []duty.Transition, error)
	Transitions(ctx context.Context, site string, f store.TransitionFilter) ([]duty.Transition, error)
	Tickets(ctx context.Context, site string, f store.TicketFilter) ([]duty.Ticket, error)
	Ticket(ctx context.Context, site, id string) (duty.Ticket, []duty.TicketEvent, error)
	Attach(ctx context.Context, site, name string, r io.Reader) (duty.Attachment, error)
	Attachment(ctx context.Context, site, id string) (duty.Attachment, *os.File, error)
	Audit(ctx context.Context, site string, f store.AuditFilter) ([]store.AuditRow, error)
	Record(ctx context.Context, site string, a store.Acted) error
	KPI(ctx context.Context, site string, from, to time.Time) (duty.KPI, error)
}

const (
	recordTimeout = 10 * time.Second
	kpiDefault    = 30 * 24 * time.Hour
	maxKPI        = 400 * 24 * time.Hour
)

// told makes an answer of an error of the desk or the records.
func told(err error) error {
	f := &failure{message: err.Error(), cause: err}
	switch {
	case errors.Is(err, duty.ErrUnknown):
		f.status, f.code = fiber.StatusNotFound, "unknown"
		return f
	case errors.Is(err, store.ErrTooLarge):
		f.status, f.code = fiber.StatusRequestEntityTooLarge, "too_large"
		return f
	case errors.Is(err, store.ErrNoPhoto): // before ErrRefused, which it is too
		f.status, f.code = fiber.StatusUnsupportedMediaType, "no_photo"
		return f
	case errors.Is(err, duty.ErrRefused):
		f.status, f.code = fiber.StatusConflict, "refused"
		return f
	}
	return &failure{status: fiber.StatusServiceUnavailable, code: "records_unavailable",
		message: "alarms and tickets cannot be read or kept at the moment", retry: 5 * time.Second, cause: err}
}

// filterQuery reads a list's filter from the address and notes its first fault.
type filterQuery struct {
	c    *fiber.Ctx
	view *siteView
	err  error
}

func (s *Server) filter(c *fiber.Ctx) (*filterQuery, error) {
	v, err := s.loaded()
	if err != nil {
		return nil, err
	}
	return &filterQuery{c: c, view: v}, nil
}

func (q *filterQuery) fail(format string, args ...any) {
	if q.err == nil {
		q.err = refuse(fiber.StatusBadRequest, "bad_query", fmt.Sprintf(format, args...))
	}
}

// among reads a list of words with commas between them.
func among[T ~string](q *filterQuery, name string, known []T) (out []T) {
	for _, word := range split(q.c.Query(name)) {
		if !slices.Contains(known, T(word)) {
			var all []string
			for _, k := range known {
				all = append(all, string(k))
			}
			q.fail("%s: %s is none of %s", name, quoted(word), strings.Join(all, ", "))
		}
		out = append(out, T(word))
	}
	return out
}

func split(s string) (words []string) {
	for _, w := range strings.Split(s, ",") {
		if w = strings.TrimSpace(w); w != "" {
			words = append(words, w)
		}
	}
	return words
}

func (q *filterQuery) priorities() (out []duty.Priority) {
	for _, word := range split(q.c.Query("priority")) {
		var p duty.Priority
		if err := p.UnmarshalText([]byte(word)); err != nil {
			q.fail("priority: %v", err)
		}
		out = append(out, p)
	}
	return out
}

// assets are those named and those of the areas named, with what lies below
// them. Names that the site does not have are allowed: records are older.
func (q *filterQuery) assets() (out []gateway.AssetID) {
	for _, word := range split(q.c.Query("asset")) {
		out = append(out, gateway.AssetID(word))
	}
	areas := split(q.c.Query("area"))
	if len(areas) == 0 {
		return out
	}
	below := areasBelow(q.view.Areas, areas)
	for _, a := range q.view.Assets {
		if below[a.Area] {
			out = append(out, a.ID)
		}
	}
	if len(out) == 0 {
		q.fail("area: there is no asset in %s", quoted(q.c.Query("area")))
	}
	return out
}

// areasBelow is a set of areas with all that lie below them.
func areasBelow(areas []gateway.Area, top []string) map[string]bool {
	below := map[string]bool{}
	for _, id := range top {
		below[id] = true
	}
	for grown := true; grown; {
		grown = false
		for _, a := range areas {
			if below[a.Parent] && !below[a.ID] {
				below[a.ID], grown = true, true
			}
		}
	}
	return below
}

func (q *filterQuery) time(name string) time.Time {
	text := q.c.Query(name)
	if text == "" {
		return time.Time{}
	}
	t, err := parseTime(name, text)
	if err != nil {
		q.fail("%v", err)
	}
	return t
}

func (q *filterQuery) flag(name string) bool {
	switch text := q.c.Query(name); text {
	case "", "false", "0":
	case "true", "1":
		return true
	default:
		q.fail("%s: %s is neither true nor false", name, quoted(text))
	}
	return false
}

func (q *filterQuery) number(name string, most uint64) uint64 {
	text := q.c.Query(name)
	if text == "" {
		return 0
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil || n > most {
		q.fail("%s: %s is no whole number up to %d", name, quoted(text), most)
	}
	return n
}

const pageLimit = 500

func (s *Server) recordContext() (context.Context, context.CancelFunc) {
	return context.WithTimeout(s.base, recordTimeout)
}

func (s *Server) getAlarms(c *fiber.Ctx) error {
	q, err := s.filter(c)
	if err != nil {
		return err
	}
	f := store.AlarmFilter{
		IDs: split(c.Query("id")), States: among(q, "state", duty.AlarmStates()), Priorities: q.priorities(), Assets: q.assets(),
		Rule: c.Query("rule"), Fault: c.Query("fault"), Open: q.flag("open"), From: q.time("from"), To: q.time("to"),
		After: c.Query("after"), Limit: int(q.number("limit", pageLimit)),
	}
	if q.err != nil {
		return q.err
	}
	ctx, cancel := s.recordContext()
	defer cancel()
	alarms, err := s.o.Records.Alarms(ctx, q.view.ID, f)
	if err != nil {
		return told(err)
	}
	return c.JSON(Alarms{Alarms: list(alarms)})
}

func (s *Server) getAlarm(c *fiber.Ctx) error {
	v, err := s.loaded()
	if err != nil {
		return err
	}
	ctx, cancel := s.recordContext()
	defer cancel()
	a, transitions, err := s.o.Records.Alarm(ctx, v.ID, c.Params("id"))
	if err != nil {
		return told(err)
	}
	return c.JSON(AlarmDetail{Alarm: a, Transitions: list(transitions)})
}

func (s *Server) getTransitions(c *fiber.Ctx) error {
	q, err := s.filter(c)
	if err != nil {
		return err
	}
	f := store.TransitionFilter{Alarm: c.Query("alarm"), Assets: q.assets(), Rule: c.Query("rule"), ByPeople: q.flag("by_people"),
		From: q.time("from"), To: q.time("to"), Newest: q.flag("newest"), After: q.number("after", 1<<62), Limit: int(q.number("limit", pageLimit))}
	if q.err != nil {
		return q.err
	}
	ctx, cancel := s.recordContext()
	defer cancel()
	all, err := s.o.Records.Transitions(ctx, q.view.ID, f)
	if err != nil {
		return told(err)
	}
	return c.JSON(Transitions{Transitions: list(all)})
}

func (s *Server) getTickets(c *fiber.Ctx) error {
	q, err := s.filter(c)
	if err != nil {
		return err
	}
	f := store.TicketFilter{
		IDs: split(c.Query("id")), States: among(q, "state", duty.TicketStates()),
		Classes:    among(q, "class", []duty.Class{duty.ClassEmergency, duty.ClassSimple, duty.ClassComplex, duty.ClassPlanned}),
		Priorities: q.priorities(), Assets: q.assets(), Unit: c.Query("unit"), Fault: c.Query("fault"), Open: q.flag("open"),
		Breached: q.flag("breached"), From: q.time("from"), To: q.time("to"), After: c.Query("after"), Limit: int(q.number("limit", pageLimit)),
	}
	if o := among(q, "origin", []duty.Origin{duty.OriginAlarm, duty.OriginPerson, duty.OriginPlan, duty.OriginRain}); len(o) > 0 {
		f.Origin = o[0]
	}
	if q.err != nil {
		return q.err
	}
	ctx, cancel := s.recordContext()
	defer cancel()
	tickets, err := s.o.Records.Tickets(ctx, q.view.ID, f)
	if err != nil {
		return told(err)
	}
	return c.JSON(Tickets{Tickets: list(tickets)})
}

func (s *Server) getTicket(c *fiber.Ctx) error {
	v, err := s.loaded()
	if err != nil {
		return err
	}
	ctx, cancel := s.recordContext()
	defer cancel()
	t, events, err := s.o.Records.Ticket(ctx, v.ID, c.Params("id"))
	if err != nil {
		return told(err)
	}
	return c.JSON(TicketDetail{Ticket: t, Timeline: list(events)})
}

func (s *Server) getRules(c *fiber.Ctx) error {
	rules := slices.Clone(s.o.Desk.Rules())
	for i := range rules {
		rules[i].Assets = list(rules[i].Assets)
	}
	return c.JSON(Rules{Rules: list(rules)})
}

func (s *Server) getExplanations(c *fiber.Ctx) error {
	a, err := s.asset(c)
	if err != nil {
		return err
	}
	all, err := s.o.Desk.Explain(a.ID)
	if err != nil {
		return told(err)
	}
	all = slices.Clone(list(all))
	for i := range all {
		all[i].Present, all[i].Rule.Assets = list(all[i].Present), list(all[i].Rule.Assets)
	}
	return c.JSON(Explanations{Rules: all})
}

func (s *Server) getKPI(c *fiber.Ctx) error {
	q, err := s.filter(c)
	if err != nil {
		return err
	}
	from, to := q.time("from"), q.time("to")
	if to.IsZero() {
		to = s.o.Now()
	}
	if from.IsZero() {
		from = to.Add(-kpiDefault)
	}
	if !from.Before(to) || to.Sub(from) > maxKPI {
		q.fail("from must be before to, by at most 400 days")
	}
	if q.err != nil {
		return q.err
	}
	ctx, cancel := s.recordContext()
	defer cancel()
	k, err := s.o.Records.KPI(ctx, q.view.ID, from, to)
	if err != nil {
		return told(err)
	}
	return c.JSON(k)
}

func (s *Server) getAudit(c *fiber.Ctx) error {
	q, err := s.filter(c)
	if err != nil {
		return err
	}
	f := store.AuditFilter{By: c.Query("by"), Do: split(c.Query("do")), About: c.Query("about"), From: q.time("from"), To: q.time("to"),
		After: int64(q.number("after", 1<<62)), Limit: int(q.number("limit", pageLimit))}
	if q.err != nil {
		return q.err
	}
	ctx, cancel := s.recordContext()
	defer cancel()
	rows, err := s.o.Records.Audit(ctx, q.view.ID, f)
	if err != nil {
		return told(err)
	}
	return c.JSON(AuditLog{Rows: list(rows)})
}

func (s *Server) getFacts(c *fiber.Ctx) error {
	return c.JSON(Facts{Facts: list(slices.Clone(s.o.Desk.Facts()))})
}
