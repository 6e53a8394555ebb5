package mqtt

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"steward/gateway"
)

func TestStatusRateAndSamples(t *testing.T) {
	now := time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC)
	st := newStatus("main", "tcp://x", func() time.Time { return now })
	st.set(gateway.StateUp, "")
	up := now
	for range 90 { // 10 messages a second
		now = now.Add(time.Second)
		st.received(10)
	}
	st.set(gateway.StateUp, "")
	if r := st.report(); r.Rate != 10 || r.Received != 900 || !r.Since.Equal(up) {
		t.Errorf("rate %g, received %d, since %s", r.Rate, r.Received, r.Since)
	}
	now = now.Add(30 * time.Second)
	if r := st.report(); r.Rate != 5 {
		t.Errorf("rate %g half a minute after the last message, want 5", r.Rate)
	}
	now = now.Add(time.Minute)
	if r := st.report(); r.Rate != 0 {
		t.Errorf("rate %g after a silent minute", r.Rate)
	}
	for i := range sampleCount + 5 {
		m := message{topic: strings.Repeat("t", i), payload: strings.Repeat("漏", 100)}
		st.refused(unknown, &m, "no mapping")
	}
	r := st.report()
	if r.Unknown != sampleCount+5 || len(r.Samples) != sampleCount || len(r.Samples[0].Topic) != 5 {
		t.Errorf("%d unknown, %d samples, oldest %q", r.Unknown, len(r.Samples), r.Samples[0].Topic)
	}
	if p := r.Samples[0].Payload; len(p) > sampleBytes || !utf8.ValidString(p) || !strings.HasSuffix(p, "漏…") {
		t.Errorf("sample payload %q of %d bytes", p, len(p))
	}
}
