package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"testing"
	"time"

	"steward/gateway/journal"
)

// ledger is the journal's books, which say what was asked of them.
type ledger struct {
	from, to time.Time
	err      error
}

func (l *ledger) Audit(_ context.Context, from, to time.Time) ([]journal.AuditHour, error) {
	l.from, l.to = from, to
	return []journal.AuditHour{{Hour: from, Reader: "history", Produced: 5, Stored: 3, Waiting: 1, Dropped: map[string]uint64{"refused": 1}}}, l.err
}

func TestBooks(t *testing.T) {
	l := &ledger{}
	b := serve(t, func(o *Options) { o.Books = l }).signIn()
	var got JournalBooks
	if err := json.Unmarshal(b.get("/api/v1/journal/books?from=1700000000000&to=1700003600000", 200), &got); err != nil {
		t.Fatal(err)
	}
	if len(got.Hours) != 1 || !got.Hours[0].Balanced() || l.to.Sub(l.from) != time.Hour {
		t.Errorf("got %+v of %s to %s", got, l.from, l.to)
	}
	b.get("/api/v1/journal/books", 200)
	if l.to.Sub(l.from) != booksSpan {
		t.Errorf("unless told %s, want %s", l.to.Sub(l.from), booksSpan)
	}
	for _, q := range []string{"from=x", "to=x", "from=1700003600000&to=1700000000000", "from=1600000000000&to=1700000000000"} {
		b.get("/api/v1/journal/books?"+q, 400)
	}
	l.err = errors.New("disk")
	b.get("/api/v1/journal/books", 503)
}

func TestBooksNotThere(t *testing.T) {
	serve(t, nil).signIn().get("/api/v1/journal/books", 503)
}
