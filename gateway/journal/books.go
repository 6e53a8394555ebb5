package journal

import (
	"slices"
	"sort"

	"steward/gateway"
)

// The kinds of counters beside the reasons for which entries are dropped.
const (
	kindProduced = "produced"
	kindStored   = "stored"
)

// Why an entry was dropped, as audit and status name it.
const (
	ReasonRefused  = "refused"       // by the sink, kept aside with its reason
	ReasonCorrupt  = "corrupt"       // its checksum no longer fitted
	ReasonFull     = "journal full"  // the limit in bytes came before the reader
	ReasonTooOld   = "too old"       // the limit in age came before the reader
	ReasonReserve  = "disk reserve"  // it went so that others have disk
	ReasonDamaged  = "damaged file"  // it is in a file that was set aside
	ReasonNoReader = "reader absent" // it went while this reader was not configured
)

// keepHours is how many hours the audit goes back.
const keepHours = 1000

// span is a run of entries received in the same hour.
type span struct {
	first gateway.Seq
	n     uint64
	hour  int64
}

func (s span) last() gateway.Seq { return s.first + gateway.Seq(s.n) - 1 }

// hourKey names one counter. Produced counts for the journal: no reader.
type hourKey struct {
	hour   int64
	reader string
	kind   string
}

type counter struct {
	n     uint64
	dirty bool
}

// lostRange is a run of entries found corrupt.
type lostRange struct{ first, last gateway.Seq }

// books accounts for every entry: where its hour lies, how far each reader
// is, what became of it. It does no I/O and is guarded by the journal's lock.
type books struct {
	oldest  gateway.Seq // the first entry held; last+1 when there is none
	last    gateway.Seq // the newest entry on disk
	bytes   int64
	spans   []span
	hours   map[hourKey]*counter
	cursors map[string]gateway.Seq
	lost    []lostRange

	dirty     bool        // something is to be written
	spansFrom gateway.Seq // spans that end here or later are to be written
	cut       bool        // the first span lost its beginning and is to be written
}

func newBooks() *books {
	return &books{oldest: 1, hours: map[hourKey]*counter{}, cursors: map[string]gateway.Seq{}}
}

// count adds to a counter.
func (b *books) count(key hourKey, n uint64) {
	if n == 0 {
		return
	}
	c := b.hours[key]
	if c == nil {
		c = &counter{}
		b.hours[key] = c
	}
	c.n += n
	c.dirty, b.dirty = true, true
}

// add takes in entries that are now on disk.
func (b *books) add(first gateway.Seq, n uint64, hour, size int64) {
	if n == 0 {
		return
	}
	if len(b.spans) == 0 {
		b.oldest = first
	}
	if k := len(b.spans) - 1; k >= 0 && b.spans[k].hour == hour && b.spans[k].last()+1 == first {
		b.spans[k].n += n
	} else {
		b.spans = append(b.spans, span{first, n, hour})
	}
	b.last = first + gateway.Seq(n) - 1
	b.bytes += size
	b.dirty = true
	b.count(hourKey{hour, "", kindProduced}, n)
}

// each calls f with the number of entries of each hour in (from, to].
func (b *books) each(from, to gateway.Seq, f func(hour int64, n uint64)) {
	i := sort.Search(len(b.spans), func(i int) bool { return b.spans[i].last() > from })
	for ; i < len(b.spans) && b.spans[i].first <= to; i++ {
		s := b.spans[i]
		f(s.hour, uint64(min(s.last(), to)-max(s.first, from+1))+1)
	}
}

// held is how many entries lie in (from, to].
func (b *books) held(from, to gateway.Seq) (total uint64) {
	b.each(from, to, func(_ int64, n uint64) { total += n })
	return total
}

// settle moves a reader's cursor and counts what it passed as kind, but for
// the corrupt ones and those refused.
func (b *books) settle(reader string, to gateway.Seq, kind string, refused []gateway.Refused) {
	from := b.cursors[reader]
	if to <= from {
		return
	}
	passed := map[int64]int64{}
	b.each(from, to, func(hour int64, n uint64) { passed[hour] += int64(n) })
	take := func(first, last gateway.Seq, reason string) {
		b.each(max(from+1, first)-1, min(last, to), func(hour int64, n uint64) {
			n = min(n, uint64(max(passed[hour], 0)))
			passed[hour] -= int64(n)
			b.count(hourKey{hour, reader, reason}, n)
		})
	}
	for _, l := range b.lost {
		take(l.first, l.last, ReasonCorrupt)
	}
	for _, r := range refused {
		if !b.isLost(r.Seq) {
			take(r.Seq, r.Seq, ReasonRefused)
		}
	}
	for hour, n := range passed {
		b.count(hourKey{hour, reader, kind}, uint64(n))
	}
	b.cursors[reader] = to
	b.dirty = true
}

func (b *books) isLost(seq gateway.Seq) bool {
	return slices.ContainsFunc(b.lost, func(l lostRange) bool { return l.first <= seq && seq <= l.last })
}

// addLost notes entries found corrupt and returns how many were news.
func (b *books) addLost(first, last gateway.Seq) (news uint64) {
	for seq := first; seq <= last; {
		if i := slices.IndexFunc(b.lost, func(l lostRange) bool { return l.first <= seq && seq <= l.last }); i >= 0 {
			seq = b.lost[i].last + 1
			continue
		}
		end := last
		for _, l := range b.lost {
			if l.first > seq && l.first <= end {
				end = l.first - 1
			}
		}
		b.lost = append(b.lost, lostRange{seq, end})
		news += uint64(end-seq) + 1
		seq = end + 1
	}
	return news
}

// slowest is the lowest cursor of all readers, or last without any.
func (b *books) slowest() gateway.Seq {
	to := b.last
	for _, seq := range b.cursors {
		to = min(to, seq)
	}
	return to
}

// forget takes out entries up to and with last: readers that had not passed
// them have them counted as dropped. It returns how many drops that made.
func (b *books) forget(last gateway.Seq, size int64, reason string) (dropped uint64) {
	for reader, seq := range b.cursors {
		if seq < last {
			dropped += b.held(seq, last)
			b.settle(reader, last, reason, nil)
		}
	}
	for len(b.spans) > 0 && b.spans[0].first <= last {
		if s := &b.spans[0]; s.last() > last {
			s.n = uint64(s.last() - last)
			s.first = last + 1
			b.cut = true
			break
		}
		b.spans = b.spans[1:]
	}
	b.lost = slices.DeleteFunc(b.lost, func(l lostRange) bool { return l.last <= last })
	b.oldest = max(b.oldest, last+1)
	b.bytes = max(0, b.bytes-size)
	b.dirty = true
	return dropped
}

// adopt takes in the readers of this run. One that is new begins before the
// oldest entry; what went while it was absent is said so.
func (b *books) adopt(readers []string) {
	for reader := range b.cursors {
		if !slices.Contains(readers, reader) {
			delete(b.cursors, reader)
		}
	}
	for _, reader := range readers {
		seq, known := b.cursors[reader]
		if seq > b.last {
			b.cursors[reader], b.dirty = b.last, true
			continue
		}
		if known && seq+1 >= b.oldest {
			continue
		}
		b.cursors[reader], b.dirty = max(seq, b.oldest-1), true
		for hour, row := range b.rows(reader) {
			if had := row.stored + row.waiting + row.droppedTotal(); row.produced > had {
				b.count(hourKey{hour, reader, ReasonNoReader}, row.produced-had)
			}
		}
	}
}

// row is one hour of one reader.
type row struct {
	produced, stored, waiting uint64
	dropped                   map[string]uint64
}

func (r *row) droppedTotal() (n uint64) {
	for _, k := range r.dropped {
		n += k
	}
	return n
}

// rows makes a reader's hours.
func (b *books) rows(reader string) map[int64]*row {
	rows := map[int64]*row{}
	at := func(hour int64) *row {
		if rows[hour] == nil {
			rows[hour] = &row{dropped: map[string]uint64{}}
		}
		return rows[hour]
	}
	for key, c := range b.hours {
		switch {
		case key.kind == kindProduced:
			at(key.hour).produced = c.n
		case key.reader != reader:
		case key.kind == kindStored:
			at(key.hour).stored = c.n
		default:
			at(key.hour).dropped[key.kind] = c.n
		}
	}
	b.each(b.cursors[reader], b.last, func(hour int64, n uint64) { at(hour).waiting += n })
	return rows
}

// prune forgets the oldest hours beyond keepHours and returns the first hour
// that is kept. It goes by the number of hours and not by the clock, which
// may jump.
func (b *books) prune() (keep int64, pruned bool) {
	var hours []int64
	for key := range b.hours {
		if key.kind == kindProduced {
			hours = append(hours, key.hour)
		}
	}
	if len(hours) <= keepHours {
		return 0, false
	}
	slices.Sort(hours)
	keep = hours[len(hours)-keepHours]
	for _, s := range b.spans {
		keep = min(keep, s.hour)
	}
	for key := range b.hours {
		if key.hour < keep {
			delete(b.hours, key)
		}
	}
	return keep, true
}
