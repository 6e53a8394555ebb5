package gateway

import (
	"errors"
	"math"
	"testing"
	"time"
)

func TestReadingTime(t *testing.T) {
	received := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const retention = 400 * 24 * time.Hour
	for _, c := range []struct {
		name      string
		source    time.Time
		plausible bool
	}{
		{"a source without a clock", time.Time{}, true},
		{"a second ago", received.Add(-time.Second), true},
		{"backfill of last month", received.AddDate(0, -1, 0), true},
		{"five minutes ahead", received.Add(MaxAhead), true},
		{"more than five minutes ahead", received.Add(MaxAhead + time.Nanosecond), false},
		{"as old as history reaches", received.Add(-retention), true},
		{"older than history reaches", received.Add(-retention - time.Nanosecond), false},
		{"a clock never set", time.Unix(0, 0), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ReadingTime(c.source, received, retention)
			want := c.source
			if !c.plausible || c.source.IsZero() {
				want = received
			}
			if !got.Equal(want) {
				t.Errorf("time %s, want %s", got, want)
			}
			var why ErrImplausible
			if implausible := errors.As(err, &why); implausible == c.plausible {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestQuality(t *testing.T) {
	if (Value{}).Quality != QualityUnknown || QualityUnknown.HasNumber() {
		t.Error("the zero value must be unknown and carry no number")
	}
	if v := NotGood("leak", QualityLost, "no answer"); !math.IsNaN(v.Number) {
		t.Errorf("a lost value carries %v", v.Number)
	}
	for q := QualityUnknown; q <= QualityLost; q++ {
		text, _ := q.MarshalText()
		var back Quality
		if err := back.UnmarshalText(text); err != nil || back != q {
			t.Errorf("%s comes back as %s, %v", q, back, err)
		}
		if want := q == QualityGood || q == QualityUncertain; q.HasNumber() != want {
			t.Errorf("%s has a number: %v", q, q.HasNumber())
		}
	}
	if _, err := ParseQuality("excellent"); err == nil {
		t.Error("an unknown quality was read")
	}
}

func TestText(t *testing.T) {
	both := Text{ZH: "水泵", EN: "Pump"}
	for _, c := range []struct {
		text           Text
		language, want string
	}{
		{both, "zh", "水泵"}, {both, "en", "Pump"}, {both, "", "Pump"},
		{Text{ZH: "水泵"}, "en", "水泵"}, {Text{EN: "Pump"}, "zh", "Pump"},
	} {
		if got := c.text.In(c.language); got != c.want {
			t.Errorf("%+v in %q: %q, want %q", c.text, c.language, got, c.want)
		}
	}
}
