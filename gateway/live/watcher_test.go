package live

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
)

// plant makes a site: assets a0, a1, … of points f (float), i (int), b
// (bool), e (enum), each fresh for 10 s, and m (float) that never gets stale.
func plant(assets int) *gateway.Site {
	s := &gateway.Site{ID: "plant"}
	for i := range assets {
		a := gateway.Asset{ID: gateway.AssetID(fmt.Sprintf("a%d", i))}
		for _, p := range []gateway.Point{
			{Name: "f", Type: gateway.Float}, {Name: "i", Type: gateway.Int},
			{Name: "b", Type: gateway.Bool}, {Name: "e", Type: gateway.Enum},
		} {
			p.Fresh = 10 * time.Second
			a.Points = append(a.Points, p)
		}
		a.Points = append(a.Points, gateway.Point{Name: "m"})
		s.Assets = append(s.Assets, a)
	}
	return s
}

func reading(asset string, at time.Time, values ...gateway.Value) []gateway.Reading {
	return []gateway.Reading{{Asset: gateway.AssetID(asset), Time: at, Received: at, Values: values}}
}

// watcher is a client: it rebuilds the state from events alone.
type watcher struct {
	t        *testing.T
	sub      *Subscription
	assets   []gateway.Asset
	rows     map[string][]any
	position uint64
	changes  int
}

func watch(t *testing.T, h *Hub, assets ...gateway.AssetID) *watcher {
	w := &watcher{t: t, sub: h.Subscribe(assets...)}
	t.Cleanup(w.sub.Close)
	return w
}

// step takes one event; false when there is none.
func (w *watcher) step() (Event, <-chan struct{}) {
	w.t.Helper()
	ev, more := w.sub.Next()
	switch ev.Kind {
	case None:
		return ev, more
	case Description:
		w.rows, w.assets = nil, ev.Site.Assets
		if ev.Assets != nil {
			w.assets = nil
			for _, i := range ev.Assets {
				w.assets = append(w.assets, ev.Site.Assets[i])
			}
		}
		return ev, more
	}
	var batch struct {
		Position uint64  `json:"position"`
		Now      int64   `json:"now"`
		Values   [][]any `json:"values"`
	}
	if err := json.Unmarshal(ev.Data, &batch); err != nil {
		w.t.Fatalf("%s: %v: %s", ev.Kind, err, ev.Data)
	}
	if batch.Position != ev.Position || batch.Position < w.position || (ev.Kind == Change && batch.Position == w.position) {
		w.t.Fatalf("%s at %d (data says %d) after %d", ev.Kind, ev.Position, batch.Position, w.position)
	}
	w.position = batch.Position
	if ev.Kind == Snapshot {
		w.rows = map[string][]any{}
	} else {
		w.changes++
	}
	for _, r := range batch.Values {
		a := w.assets[int(r[0].(float64))]
		w.rows[string(a.ID)+"."+a.Points[int(r[1].(float64))].Name] = r[2:]
	}
	return ev, more
}

// drain takes what there is and returns how many changes that was.
func (w *watcher) drain() int {
	w.t.Helper()
	was := w.changes
	for {
		if ev, _ := w.step(); ev.Kind == None {
			return w.changes - was
		}
	}
}

// row is what the client sees of a point, without its time.
func (w *watcher) row(point string) string {
	w.t.Helper()
	r, ok := w.rows[point]
	if !ok {
		return "absent"
	}
	return strings.TrimSpace(fmt.Sprint(r[0], " ", r[1], " ", fmt.Sprint(r[3:]...)))
}

func (w *watcher) want(point, row string) {
	w.t.Helper()
	if got := w.row(point); got != row {
		w.t.Errorf("%s is %q, want %q", point, got, row)
	}
}

// equal compares what the client rebuilt with what the hub holds.
func (w *watcher) equal(h *Hub) {
	w.t.Helper()
	for _, a := range w.assets {
		values, ok := h.Values(a.ID)
		if !ok {
			w.t.Fatalf("the hub does not have %s", a.ID)
		}
		for i, v := range values {
			var number any
			if v.Quality.HasNumber() {
				number = v.Number
			} else if !math.IsNaN(v.Number) {
				w.t.Errorf("%s.%s is %s and has the number %v", a.ID, v.Point, v.Quality, v.Number)
			}
			want := []any{number, v.Quality.String(), 0.0}
			if !v.Time.IsZero() {
				want[2] = float64(v.Time.UnixMilli())
			}
			if v.Reason != "" {
				want = append(want, v.Reason)
			}
			got := w.rows[string(a.ID)+"."+a.Points[i].Name]
			if !slices.Equal(got, want) {
				w.t.Errorf("%s.%s: client has %v, hub has %v", a.ID, v.Point, got, want)
			}
		}
	}
}

// run starts a hub inside a synctest bubble; it ends with the test.
func run(t *testing.T, site *gateway.Site) *Hub {
	h := NewHub(Options{Site: site, Now: time.Now})
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	})
	return h
}

func pass(d time.Duration) {
	time.Sleep(d) // the bubble's clock, no real time
	synctest.Wait()
}
