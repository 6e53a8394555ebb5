package gateway

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Emit hands readings to the journal. It returns nil only when every one of
// them is on disk (fsync). While the disk refuses it blocks: that is the
// back-pressure, and a source passes it on (no broker ack, no next poll). It
// returns an error when ctx ends first or when a reading is of an asset that
// the site does not have; nothing of r was then promised. It keeps nothing of
// r after it has returned, so a source may use its slices again.
type Emit func(ctx context.Context, r []Reading) error

// Source is one wire: a bus or a broker connection with all its assets. Run
// reads and emits until ctx ends (nil) or the wire breaks (an error that says
// which wire and why); the supervisor calls it again after a pause. A source
// owns no goroutine outside Run.
type Source interface {
	Run(ctx context.Context, emit Emit) error
}

// Entry is one reading as it lies in the journal.
type Entry struct {
	Seq  Seq
	Line []byte // InfluxDB line protocol, nanoseconds, without the newline
}

// Batch is a run of entries in the journal's order. Numbers may be missing
// where an entry was corrupt or had to go. Last is the position behind the
// batch even when its tail is missing. The lines belong to the journal: they
// are valid until Consume returns.
type Batch struct {
	Entries []Entry
	Last    Seq
}

// Consumer is a reader of the journal with a cursor of its own. Consume is
// called with the entries behind Cursor, again and again with the same ones
// until it returns nil; it then has kept their effect and moved its cursor to
// b.Last. It is never called concurrently with itself. An error that wraps
// context.Canceled ends the feed; any other is retried after a pause.
type Consumer interface {
	Name() string
	Cursor(ctx context.Context) (Seq, error)
	Consume(ctx context.Context, b Batch) error
}

// Refused is an entry that a sink will never take, with the sink's reason.
type Refused struct {
	Seq    Seq
	Line   []byte
	Reason string
}

// Agg says how the samples of one step become one.
type Agg uint8

// The aggregates. AggNone returns raw samples; AggEnvelope is AggMean that
// also tells the least and the greatest, for a chart's band.
const (
	AggNone Agg = iota
	AggMin
	AggMax
	AggMean
	AggLast
	AggEnvelope
)

var aggNames = [...]string{"none", "min", "max", "mean", "last", "envelope"}

func (a Agg) String() string { return name(aggNames[:], int(a)) }

// ParseAgg reads an aggregate's name.
func ParseAgg(s string) (Agg, error) {
	i := slices.Index(aggNames[:], s)
	if i < 0 {
		return AggNone, fmt.Errorf("unknown aggregate %q: want one of %v", s, aggNames)
	}
	return Agg(i), nil
}

// Query asks for some points of one asset over [From, To).
type Query struct {
	Asset    AssetID
	Points   []string
	From, To time.Time
	Step     time.Duration // steps begin at multiples of Step since the Unix epoch
	Agg      Agg           // AggNone: raw samples, Step ignored
}

// Sample is one instant (or one step, at its beginning) of a series. Number
// is NaN where the quality has none. A step that saw good values is good and
// is made of them alone; without any, it has its last sample's quality and,
// where that is uncertain, the aggregate of its uncertain values. Low and
// High are of AggEnvelope alone, and NaN where Number is.
type Sample struct {
	Time      time.Time
	Number    float64
	Low, High float64
	Quality   Quality
}

// Series is one point's samples in order of time. A step with no sample at
// all is absent: a gap stays a gap.
type Series struct {
	Point   string
	Samples []Sample
}

// History answers charts. Range returns one series per asked point, in the
// order asked, an empty one where nothing is stored. An unknown asset or
// point is not an error: history may be older than the site file.
type History interface {
	Range(ctx context.Context, q Query) ([]Series, error)
}
