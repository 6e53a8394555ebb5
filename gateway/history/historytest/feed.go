package historytest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"steward/gateway"
	"steward/gateway/line"
)

// Site is a site of n assets named a-0, a-1 … of one kind, each with a float
// "temperature", an int "count", a bool "running", an enum "mode", and the
// given number of further floats f0, f1 ….
func Site(n, floats int) *gateway.Site {
	points := []gateway.Point{
		{Name: "temperature", Unit: "degC", Type: gateway.Float},
		{Name: "count", Type: gateway.Int, Counter: true},
		{Name: "running", Type: gateway.Bool},
		{Name: "mode", Type: gateway.Enum, Labels: []gateway.Label{{Code: 0, Name: "off"}, {Code: 1, Name: "auto"}, {Code: 7, Name: "manual"}}},
	}
	for i := range floats {
		points = append(points, gateway.Point{Name: fmt.Sprintf("f%d", i), Type: gateway.Float})
	}
	site := &gateway.Site{ID: "test-site", Zone: time.UTC, Areas: []gateway.Area{{ID: "hall"}}}
	for i := range n {
		site.Assets = append(site.Assets, gateway.Asset{
			ID: gateway.AssetID(fmt.Sprintf("a-%d", i)), Kind: "pump", Area: "hall", Points: slices.Clone(points),
		})
	}
	return site
}

// Feed writes readings as the journal does and hands them out as batches
// that go on from one another.
type Feed struct {
	t    testing.TB
	enc  *line.Encoder
	next gateway.Seq
}

// NewFeed is a feed of a site's readings that begins at entry 1.
func NewFeed(t testing.TB, site *gateway.Site) *Feed {
	return &Feed{t: t, enc: line.NewEncoder(site), next: 1}
}

// Batch makes the next batch.
func (f *Feed) Batch(readings ...gateway.Reading) gateway.Batch {
	f.t.Helper()
	var b gateway.Batch
	for i := range readings {
		if readings[i].Received.IsZero() {
			readings[i].Received = readings[i].Time
		}
		l, err := f.enc.Append(nil, &readings[i])
		if err != nil {
			f.t.Fatalf("encode: %v", err)
		}
		b.Entries = append(b.Entries, gateway.Entry{Seq: f.next, Line: l})
		b.Last = f.next
		f.next++
	}
	return b
}

// Lines makes the next batch of lines as they are.
func (f *Feed) Lines(lines ...string) gateway.Batch {
	var b gateway.Batch
	for _, l := range lines {
		b.Entries = append(b.Entries, gateway.Entry{Seq: f.next, Line: []byte(l)})
		b.Last = f.next
		f.next++
	}
	return b
}
