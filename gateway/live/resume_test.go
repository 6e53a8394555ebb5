package live

import (
	"strings"
	"testing"
	"time"

	"steward/gateway"
)

// TestResume cuts a subscriber off and lets it go on behind its last event.
func TestResume(t *testing.T) {
	site := &gateway.Site{ID: "hall", Assets: []gateway.Asset{
		{ID: "pump", Points: []gateway.Point{{Name: "running", Type: gateway.Bool, Fresh: time.Hour}}},
		{ID: "tank", Points: []gateway.Point{{Name: "level", Type: gateway.Bool, Fresh: time.Hour}}},
	}}
	now := time.Now()
	set := func(h *Hub, asset gateway.AssetID, point string, n float64) {
		now = now.Add(time.Second)
		h.Apply(1, []gateway.Reading{{Asset: asset, Time: now, Received: now, Values: []gateway.Value{gateway.Good(point, n)}}})
		h.cut(levelRefreshed)
	}
	h := NewHub(Options{Site: site, Now: time.Now})
	last := func(s *Subscription) (id string) {
		for {
			ev, _ := s.Next()
			if ev.Kind == None {
				return id
			}
			id = s.ID(ev.Position)
		}
	}
	for _, c := range []struct {
		name   string
		filter []gateway.AssetID
		again  []gateway.AssetID
		before func(h *Hub)
		id     func(id string) string
		want   bool
	}{
		{name: "whole site", want: true},
		{name: "one asset", filter: []gateway.AssetID{"pump"}, again: []gateway.AssetID{"pump"}, want: true},
		{name: "another filter", filter: []gateway.AssetID{"pump"}, again: nil, want: false},
		{name: "the site was loaded again", before: func(h *Hub) { h.SetSite(site) }, want: false},
		{name: "another hub's", id: func(id string) string { return "zz" + id }, want: false},
		{name: "a position to come", id: func(id string) string { return id + "0000" }, want: false},
		{name: "no number", id: func(id string) string { return id + "x" }, want: false},
		{name: "nothing", id: func(string) string { return "" }, want: false},
	} {
		t.Run(c.name, func(t *testing.T) {
			set(h, "pump", "running", 0)
			set(h, "tank", "level", 0)
			first := h.Subscribe(c.filter...)
			id := last(first)
			first.Close()
			if c.before != nil {
				c.before(h)
			}
			if c.id != nil {
				id = c.id(id)
			}
			set(h, "pump", "running", 1)
			again := h.Subscribe(c.again...)
			defer again.Close()
			if got := again.Resume(id); got != c.want {
				t.Fatalf("Resume(%q) = %v, want %v", id, got, c.want)
			}
			ev, _ := again.Next()
			if !c.want {
				if ev.Kind != Description {
					t.Errorf("after a refused resume the first event is a %s, want the description", ev.Kind)
				}
				return
			}
			if ev.Kind != Change || !strings.Contains(string(ev.Data), `[[0,0,1,"good"`) || strings.Count(string(ev.Data), `"good"`) != 1 {
				t.Errorf("first event is a %s: %s; want the one change since", ev.Kind, ev.Data)
			}
		})
	}
}
