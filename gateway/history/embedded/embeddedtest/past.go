// Package embeddedtest makes a past for a store that is to be measured: months
// of samples, written as blocks in seconds instead of being lived through.
package embeddedtest

import (
	"context"
	"log/slog"
	"os"
	"testing"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"
)

// Point is one point's past: its number at the i-th second.
type Point struct {
	Asset, Name string
	Number      func(i int) float64
}

const block = 10 * 24 * time.Hour

// Write puts a good sample of every point and second of [from, to) into the
// folder of a store that is not open. Times are of whole seconds.
func Write(tb testing.TB, dir string, from, to time.Time, points ...Point) {
	tb.Helper()
	if err := os.MkdirAll(dir, 0o750); err != nil {
		tb.Fatal(err)
	}
	for begin := from; begin.Before(to); {
		end := begin.Truncate(block).Add(block)
		if end.After(to) {
			end = to
		}
		if err := writeBlock(tb.Context(), dir, from, begin, end, points); err != nil {
			tb.Fatalf("past of %s to %s: %v", begin, end, err)
		}
		begin = end
	}
}

func writeBlock(ctx context.Context, dir string, from, begin, end time.Time, points []Point) error {
	w, err := tsdb.NewBlockWriter(slog.New(slog.DiscardHandler), dir, block.Milliseconds())
	if err != nil {
		return err
	}
	defer w.Close() //nolint:errcheck // a folder that is left over is all it could tell
	refs := make([]storage.SeriesRef, len(points))
	for at := begin; at.Before(end); {
		app := w.Appender(ctx)
		for n := 0; n < 1000 && at.Before(end); n++ {
			i := int(at.Sub(from) / time.Second)
			for p := range points {
				refs[p], err = app.Append(refs[p], labels.FromStrings("asset", points[p].Asset, "point", points[p].Name), at.UnixMilli(), points[p].Number(i))
				if err != nil {
					return err
				}
			}
			at = at.Add(time.Second)
		}
		if err := app.Commit(); err != nil {
			return err
		}
	}
	_, err = w.Flush(ctx)
	return err
}
