package journal

import (
	"context"
	"slices"
	"strings"
	"time"

	"steward/gateway"
)

// AuditHour is what became of the entries received in one hour, for one
// reader. Every entry produced is stored, waiting, or dropped for a reason.
type AuditHour struct {
	Hour     time.Time         `json:"hour"` // its beginning, UTC
	Reader   string            `json:"reader"`
	Produced uint64            `json:"produced"`
	Stored   uint64            `json:"stored"`  // the reader has kept their effect
	Waiting  uint64            `json:"waiting"` // in the journal, not passed yet
	Dropped  map[string]uint64 `json:"dropped"` // by reason
}

// Balanced reports whether every entry is accounted for.
func (a AuditHour) Balanced() bool {
	n := a.Stored + a.Waiting
	for _, d := range a.Dropped {
		n += d
	}
	return n == a.Produced
}

// Audit accounts for every hour that begins in [from, to), one row for each
// reader, in order of hour and reader. It goes back about 40 days.
func (j *Journal) Audit(_ context.Context, from, to time.Time) ([]AuditHour, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.books.audit(from, to), nil
}

func (b *books) audit(from, to time.Time) []AuditHour {
	var out []AuditHour
	for reader := range b.cursors {
		for hour, row := range b.rows(reader) {
			at := time.Unix(hour*3600, 0).UTC()
			if at.Before(from) || !at.Before(to) {
				continue
			}
			out = append(out, AuditHour{Hour: at, Reader: reader, Produced: row.produced,
				Stored: row.stored, Waiting: row.waiting, Dropped: row.dropped})
		}
	}
	slices.SortFunc(out, func(x, y AuditHour) int {
		if c := x.Hour.Compare(y.Hour); c != 0 {
			return c
		}
		return strings.Compare(x.Reader, y.Reader)
	})
	return out
}

// warnAt is the share of MaxBytes from which on Status warns.
const warnAt = 0.8

// Status returns the journal's health. It reads no file.
func (j *Journal) Status() gateway.JournalStatus {
	free, errFree := j.opt.hooks.free(j.opt.Dir)
	now := j.opt.Now()
	j.mu.Lock()
	defer j.mu.Unlock()
	b, h := j.books, &j.health
	s := gateway.JournalStatus{
		State: gateway.StateUp, First: b.oldest, Last: b.last, Bytes: b.bytes,
		MaxBytes: j.opt.MaxBytes, MaxAge: j.opt.MaxAge, FreeDisk: free, Reserve: j.opt.Reserve,
		Commits: h.commits, Corrupt: h.corrupt, Dropped: make(map[string]uint64, len(h.dropped)),
		Readers: []gateway.ReaderStatus{},
	}
	if len(b.spans) > 0 && j.oldest.first != 0 {
		s.Oldest = time.Unix(0, j.oldest.received).UTC()
	}
	for reason, n := range h.dropped {
		s.Dropped[reason] = n
	}
	s.State, s.Error = j.judgement(errFree)
	for _, name := range j.readers() {
		s.Readers = append(s.Readers, j.readerStatus(name, now))
	}
	return s
}

// Head is the position of the newest entry on disk, 0 when there never was one.
func (j *Journal) Head() gateway.Seq {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.books.last
}

// judgement is the state and what to say of it; the caller holds the lock.
func (j *Journal) judgement(errFree error) (gateway.State, string) {
	h := &j.health
	switch full := float64(j.books.bytes) / float64(j.opt.MaxBytes); {
	case j.closed:
		return gateway.StateDown, ErrClosed.Error()
	case h.err != nil:
		return gateway.StateDown, h.err.Error()
	case full >= warnAt:
		return gateway.StateWarning, percent(full) + " full: a reader is behind; at 100 % the oldest entries go"
	case h.aside != "":
		return gateway.StateWarning, "a damaged file was set aside as " + h.aside
	case h.corrupt > 0:
		return gateway.StateWarning, "corrupt entries were found and left out"
	case errFree != nil && j.opt.Reserve > 0:
		return gateway.StateWarning, "the reserve cannot be watched: " + errFree.Error()
	default:
		return gateway.StateUp, ""
	}
}

// readers are those that entries are kept for, then those that are fed
// besides.
func (j *Journal) readers() []string {
	names := slices.Clone(j.opt.Readers)
	for name := range j.feeds {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names[len(j.opt.Readers):])
	return names
}

func (j *Journal) readerStatus(name string, now time.Time) gateway.ReaderStatus {
	f := j.feeds[name]
	seq, ok := j.books.cursors[name]
	if !ok {
		seq = f.pos
	}
	r := gateway.ReaderStatus{Name: name, Cursor: seq, Lag: j.books.held(seq, j.books.last)}
	if r.Lag > 0 {
		r.LagAge = max(0, now.Sub(time.Unix(0, j.receivedAfter(seq, f))))
	}
	if f != nil && f.err != nil {
		r.Error = f.err.Error()
	}
	return r
}

// receivedAfter is about when the entry behind seq was received: as the ring
// or the reader's feed knows it, else the beginning of its hour.
func (j *Journal) receivedAfter(seq gateway.Seq, f *feedState) int64 {
	if i := j.ring.from(seq + 1); i >= 0 {
		return j.ring.blocks[i].lo
	}
	if f != nil && f.next == seq+1 {
		return f.received
	}
	if o := j.oldest; o.first <= seq+1 && seq+1 <= o.last {
		return o.received
	}
	var hour int64
	j.books.each(seq, seq+1, func(h int64, _ uint64) { hour = h })
	return hour * int64(time.Hour)
}
