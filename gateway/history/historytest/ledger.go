package historytest

import (
	"bytes"
	"context"
	"slices"
	"sync"

	"steward/gateway"
)

// Ledger is a journal's bookkeeping in memory. Its zero value is ready.
type Ledger struct {
	mu       sync.Mutex
	cursors  map[string]gateway.Seq
	refused  []gateway.Refused
	advances int
	err      error
}

// Cursor is where the reader is.
func (l *Ledger) Cursor(ctx context.Context, reader string) (gateway.Seq, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cursors[reader], ctx.Err()
}

// Advance moves the reader, or fails as Fail said.
func (l *Ledger) Advance(ctx context.Context, reader string, to gateway.Seq, refused []gateway.Refused) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if ctx.Err() != nil || l.err != nil {
		return cmpErr(ctx.Err(), l.err)
	}
	if l.cursors == nil {
		l.cursors = map[string]gateway.Seq{}
	}
	l.advances++
	l.cursors[reader] = to
	for _, r := range refused {
		r.Line = bytes.Clone(r.Line)
		l.refused = append(l.refused, r)
	}
	return nil
}

func cmpErr(a, b error) error {
	if a != nil {
		return a
	}
	return b
}

// Set puts the reader somewhere.
func (l *Ledger) Set(reader string, to gateway.Seq) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.cursors == nil {
		l.cursors = map[string]gateway.Seq{}
	}
	l.cursors[reader] = to
}

// Fail makes Advance return err from now on; nil ends that.
func (l *Ledger) Fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.err = err
}

// At is where the reader is.
func (l *Ledger) At(reader string) gateway.Seq {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.cursors[reader]
}

// Refused is all that was refused so far.
func (l *Ledger) Refused() []gateway.Refused {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.refused)
}
