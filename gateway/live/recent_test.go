package live

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"steward/gateway"
)

// news is a site whose points tell all that can be news.
func newsPlant() *gateway.Site {
	return &gateway.Site{ID: "s", Assets: []gateway.Asset{{ID: "a", Points: []gateway.Point{
		{Name: "power"},
		{Name: "valve", Type: gateway.Bool, Fresh: time.Minute},
		{Name: "door", Type: gateway.Bool, Routine: true},
		{Name: "leak", Type: gateway.Bool, Alarm: true},
		{Name: "code", Type: gateway.Int, Alarm: true},
		{Name: "starts", Type: gateway.Int},
		{Name: "mode", Type: gateway.Enum, Routine: true, Labels: []gateway.Label{{Code: 0, Name: "auto"}, {Code: 9, Name: "fault", Alarm: true}}},
	}}}}
}

func TestRecentHasStatesAndNoMeasurements(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, newsPlant())
		say := func(v ...gateway.Value) {
			pass(3 * time.Second)
			h.Apply(1, reading("a", time.Now(), v...))
		}
		say(gateway.Good("power", 1), gateway.Good("valve", 0), gateway.Good("door", 0), gateway.Good("leak", 0), gateway.Good("code", 0),
			gateway.Good("starts", 1), gateway.Good("mode", 0))
		if got := h.Recent(); len(got) != 0 {
			t.Fatalf("what was said for the first time is news: %v", got)
		}
		say(gateway.Good("power", 2), gateway.Good("door", 1), gateway.Good("starts", 2)) // no news
		say(gateway.Good("valve", 1))
		say(gateway.Good("code", 41))
		say(gateway.Good("mode", 9))
		say(gateway.NotGood("leak", gateway.QualityLost, "no answer"), gateway.NotGood("door", gateway.QualityLost, "no answer"))
		pass(2 * time.Minute) // the valve becomes stale
		var got []string
		for _, x := range h.Recent() {
			got = append(got, fmt.Sprintf("%s %v %s > %v %s +%d", x.Point, x.Old.Number, x.Old.Quality, x.New.Number, x.New.Quality, x.More))
		}
		want := []string{
			"valve 1 good > NaN stale +0", "leak 0 good > NaN lost +1", "mode 0 good > 9 good +0", "code 0 good > 41 good +0", "valve 0 good > 1 good +0",
		}
		if fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("recent is\n%q, want\n%q", got, want)
		}
	})
}

// TestRecentOfAPointThatFlaps ends with what is so now.
func TestRecentOfAPointThatFlaps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, newsPlant())
		for i := range 6 {
			pass(100 * time.Millisecond)
			v := gateway.Good("valve", 0)
			if i%2 == 1 {
				v = gateway.NotGood("valve", gateway.QualityLost, "no answer")
			}
			h.Apply(gateway.Seq(i), reading("a", time.Now(), v))
		}
		got := h.Recent()
		if len(got) != 5 || got[0].New.Quality != gateway.QualityLost || got[0].More != 0 {
			t.Errorf("%d changes, the newest to %s with %d more points; want 5, lost and none", len(got), got[0].New.Quality, got[0].More)
		}
	})
}

func TestRecentKeepsTheNewest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := run(t, newsPlant())
		const n = maxRecent + 50
		for i := range n {
			h.Apply(gateway.Seq(i), reading("a", time.Now(), gateway.Good("valve", float64(i%2))))
			pass(time.Second)
		}
		got := h.Recent()
		if len(got) != maxRecent || got[0].New.Number != float64((n-1)%2) {
			t.Fatalf("%d are kept, the newest %v", len(got), got[0])
		}
		for i := 1; i < len(got); i++ {
			if got[i-1].Time.Sub(got[i].Time) != time.Second {
				t.Fatalf("%d and %d are %s apart, want 1s", i-1, i, got[i-1].Time.Sub(got[i].Time))
			}
		}
	})
}
