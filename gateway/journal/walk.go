package journal

import (
	"context"
	"database/sql"
	"fmt"
	"sort"
	"time"

	"steward/gateway"
	"steward/gateway/line"
	"steward/gateway/sqlite"
)

// walk reads blocks from disk into entries.
type walk struct {
	entries    []gateway.Entry
	body       []byte // what they point into
	from, last gateway.Seq
	end        gateway.Seq // the last entry that was looked at
	received   int64       // ns: of the first block
}

// run reads from..last, until a batch is full.
func (w *walk) run(ctx context.Context, s *store) error {
	rows, err := s.blocks.QueryContext(ctx, int64(w.from))
	if err != nil {
		return sqlite.Judge(err)
	}
	defer rows.Close()
	w.end = w.from - 1
	for rows.Next() {
		var first gateway.Seq
		var received int64
		var sums, body sql.RawBytes
		if err := rows.Scan(&first, &received, &sums, &body); err != nil {
			return fmt.Errorf("%w: %w", sqlite.ErrDamaged, err)
		}
		if first > w.last {
			break
		}
		if len(w.entries) > 0 && (len(w.entries)+len(sums)/4 > batchEntries || len(w.body)+len(body) > batchBytes) {
			w.end = max(w.end, first-1)
			return nil
		}
		if w.received == 0 {
			w.received = received
		}
		w.add(first, sums, body)
		w.end = max(w.end, min(first+gateway.Seq(len(sums)/4)-1, w.last))
	}
	if err := rows.Err(); err != nil {
		return sqlite.Judge(err)
	}
	w.end = w.last // whatever has no block has to be passed all the same
	return nil
}

// add takes in the entries of a block that lie in from..last and behind what
// was taken in already.
func (w *walk) add(first gateway.Seq, sums, body []byte) {
	start := len(w.body)
	w.body = append(w.body, body...)
	n := len(w.entries)
	from := w.from
	if n > 0 {
		from = max(from, w.entries[n-1].Seq+1)
	}
	w.entries = decodeBlock(w.entries, first, sums, w.body[start:])
	add := w.entries[n:]
	lo := sort.Search(len(add), func(i int) bool { return add[i].Seq >= from })
	hi := sort.Search(len(add), func(i int) bool { return add[i].Seq > w.last })
	w.entries = append(w.entries[:n], add[lo:max(lo, hi)]...)
}

// scan calls f for every entry of a file from a number on, in order, until f
// returns an error. Corrupt entries are left out.
func scan(ctx context.Context, s *store, from, last gateway.Seq, f func(time.Time, gateway.Entry) error) error {
	dec := line.NewDecoder()
	var r gateway.Reading
	for from <= last {
		w := walk{from: from, last: last}
		if err := w.run(ctx, s); err != nil {
			return fmt.Errorf("journal: reading from entry %d: %w", from, err)
		}
		for _, e := range w.entries {
			received := time.Unix(0, w.received).UTC()
			if dec.Decode(e.Line, &r) == nil {
				received = r.Received
			}
			if err := f(received, e); err != nil {
				return err
			}
		}
		from = w.end + 1
	}
	return nil
}

// Scan calls f for every entry on disk from a number on, in order, with the
// time it was received, until f returns an error, which it returns. The line
// is valid until f returns. Corrupt entries are left out.
func (j *Journal) Scan(ctx context.Context, from gateway.Seq, f func(received time.Time, e gateway.Entry) error) error {
	j.mu.Lock()
	from, last := max(from, j.books.oldest), j.books.last
	j.mu.Unlock()
	j.storeMu.RLock()
	defer j.storeMu.RUnlock()
	if j.st == nil {
		return ErrClosed
	}
	return scan(ctx, j.st, from, last, f)
}
