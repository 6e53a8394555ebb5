package rules

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/duty"
	"steward/gateway/line"
	"steward/gateway/store"
	"steward/rules/book"
	"steward/rules/ticket"
)

const runnerRules = `
rules:
  - {rule: PU-01, kind: pump, HEAD, priority: P2, on_delay: 5s, off_delay: 10s, when: running}
  - {rule: PU-02, kind: pump, HEAD, priority: P4, silent: {for: 2m}}
`

// rig is a runner over the real store, with a clock and a journal that the
// test moves.
type rig struct {
	t      *testing.T
	site   *gateway.Site
	store  *store.Store
	keeper Keeper
	ledger simLedger
	now    time.Time
	lines  [][]byte
	told   []duty.Changes
	log    bytes.Buffer
	r      *Runner
}

func newRig(t *testing.T) *rig {
	t.Helper()
	g := &rig{t: t, site: house(t, "Asia/Shanghai", "pump-1 pump area=a-1 running/0 flow/0", "pump-2 pump running/0"), now: morning}
	s, err := store.Open(t.Context(), store.Options{Dir: t.TempDir(), Now: func() time.Time { return g.now }, Log: newLoud(t)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	g.store, g.keeper = s, s
	return g
}

func (g *rig) judges(rules string) Judges {
	g.t.Helper()
	return judgesOf(g.site, load(g.t, g.site, rules))
}

func judgesOf(site *gateway.Site, b *book.Book) Judges {
	return func() (*Engine, *ticket.Desk, error) {
		e, err := New(Options{Site: site, Book: b})
		return e, ticket.New(ticket.Options{Site: site, Service: b.Service, View: e}), err
	}
}

// start makes a new runner, as a start of the gateway does.
func (g *rig) start() {
	g.t.Helper()
	check(g.t, g.open())
}

func (g *rig) open() error {
	g.t.Helper()
	g.r = NewRunner(RunnerOptions{Site: g.site, Judges: g.judges(runnerRules), Keeper: g.keeper, Ledger: &g.ledger, Now: func() time.Time { return g.now },
		Log: slog.New(slog.NewTextHandler(&g.log, nil)), Tell: func(c duty.Changes) { g.told = append(g.told, c) }})
	return g.r.Open(g.t.Context())
}

// at moves the clock to so long after the morning.
func (g *rig) at(d time.Duration) *rig {
	g.now = morning.Add(d)
	return g
}

// entry puts a reading into the journal.
func (g *rig) entry(asset gateway.AssetID, values ...gateway.Value) gateway.Entry {
	g.t.Helper()
	text, err := line.NewEncoder(g.site).Append(nil, &gateway.Reading{Asset: asset, Time: g.now, Received: g.now, Values: values})
	if err != nil {
		g.t.Fatal(err)
	}
	g.lines = append(g.lines, text)
	g.ledger.head++
	return gateway.Entry{Seq: g.ledger.head, Line: text}
}

func (g *rig) consume(entries ...gateway.Entry) error {
	return g.r.Consume(g.t.Context(), gateway.Batch{Entries: entries, Last: entries[len(entries)-1].Seq})
}

// reads has the runner step a reading.
func (g *rig) reads(asset gateway.AssetID, point string, number float64) {
	g.t.Helper()
	if err := g.consume(g.entry(asset, gateway.Good(point, number))); err != nil {
		g.t.Fatal(err)
	}
}

func (g *rig) tick() { g.r.tick(g.t.Context()) }

// kept is what lies in the store, in words.
func (g *rig) kept() string {
	g.t.Helper()
	ctx := g.t.Context()
	var b strings.Builder
	transitions, err := g.store.Transitions(ctx, "garden", store.TransitionFilter{Limit: 500})
	check(g.t, err)
	for _, t := range transitions {
		fmt.Fprintf(&b, "%d %s %s %s %s %s\n", t.Seq, t.At.Sub(morning), t.Alarm.ID, t.Alarm.Asset, t.Event, t.To)
	}
	tickets, err := g.store.Tickets(ctx, "garden", store.TicketFilter{})
	check(g.t, err)
	for i := range tickets {
		k, events, err := g.store.Ticket(ctx, "garden", tickets[i].ID)
		check(g.t, err)
		fmt.Fprintf(&b, "%s %s %s, %d events\n", k.ID, k.Asset, k.State, len(events))
	}
	out, err := g.store.Outbox(ctx, "garden", 0, 500)
	check(g.t, err)
	for _, m := range out {
		fmt.Fprintf(&b, "%s\n", m.Message.Key)
	}
	return b.String()
}

func (g *rig) want(lines ...string) {
	g.t.Helper()
	if got, want := g.kept(), strings.Join(append(lines, ""), "\n"); got != want {
		g.t.Fatalf("kept\n%swant\n%s", got, want)
	}
}

func (g *rig) saved() store.Saved {
	g.t.Helper()
	s, err := g.store.Load(g.t.Context(), "garden", func(string, []byte) error { return nil })
	check(g.t, err)
	return s
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// failing is a keeper whose disk refuses while told to.
type failing struct {
	Keeper
	refuse func() bool
	tried  int
	last   store.Commit
}

func (f *failing) Commit(ctx context.Context, c store.Commit) error {
	f.tried++
	if f.refuse() {
		return errSimDisk
	}
	f.last = c
	return f.Keeper.Commit(ctx, c)
}
